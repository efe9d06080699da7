"""The SQLite file of users: its tables, and a log (WAL) that can be emptied."""

import sqlite3
import time
from pathlib import Path

BUSY_S = 5.0
"""how long a statement waits for another process's write"""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS engagements (
    uid TEXT, id TEXT, episode_id TEXT NOT NULL, type TEXT NOT NULL,
    timestamp_us INTEGER NOT NULL, progress REAL,
    episode_title TEXT NOT NULL, series_name TEXT NOT NULL,
    PRIMARY KEY (uid, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS newest ON engagements (uid, timestamp_us DESC, id);
CREATE TABLE IF NOT EXISTS profiles (uid TEXT PRIMARY KEY, fields BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS summaries (
    uid TEXT PRIMARY KEY, document BLOB NOT NULL, revision TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL, engagement_id TEXT
);
"""


def open_file(path: Path) -> sqlite3.Connection:
    """A connection to the file, which is made if it is not there. Raises sqlite3.Error, OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    _use_wal(db)
    db.execute("PRAGMA synchronous = FULL")  # acknowledged is on disk
    db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
    db.executescript(_SCHEMA)
    return db


def empty_log(db: sqlite3.Connection) -> bool:
    """Write the log into the file and cut it to nothing; False if another process reads it now."""
    db.execute("PRAGMA busy_timeout = 0")
    try:
        busy, *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    finally:
        db.execute(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}")


def _use_wal(db: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite itself does not wait where two who open a new file do it at once."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
