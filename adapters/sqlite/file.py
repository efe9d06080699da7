"""Opens the SQLite file of users, creates its tables, and empties its write-ahead log (WAL)."""

import sqlite3
import time
from contextlib import suppress
from pathlib import Path

BUSY_S = 5.0
"""how long a statement waits for the write of another process"""

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
    uid TEXT PRIMARY KEY, document BLOB NOT NULL, revision TEXT NOT NULL,
    updated_us INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS conversations (
    uid TEXT, id TEXT, turns BLOB NOT NULL, expires_us INTEGER NOT NULL, revision TEXT NOT NULL,
    PRIMARY KEY (uid, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL, engagement_id TEXT
);
"""


def open_file(path: Path) -> sqlite3.Connection:
    """A connection to the file, created if it is missing. Raises sqlite3.Error, OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    _use_wal(db)
    db.execute("PRAGMA synchronous = FULL")  # an acknowledged write is on disk
    db.execute("PRAGMA secure_delete = ON")  # deleted data are overwritten
    db.executescript(_SCHEMA)
    if not has_update_times(db):  # made by an earlier version
        with suppress(sqlite3.OperationalError):  # unless another process is faster
            db.execute("ALTER TABLE summaries ADD COLUMN updated_us INTEGER NOT NULL DEFAULT 0")
    db.execute("CREATE INDEX IF NOT EXISTS updated ON summaries (updated_us)")
    return db


def has_update_times(db: sqlite3.Connection) -> bool:
    """Whether summaries have their update time: not in a file that only an earlier version used."""
    return "updated_us" in {column[1] for column in db.execute("PRAGMA table_info(summaries)")}


def empty_log(db: sqlite3.Connection) -> bool:
    """Move the log into the file and truncate it; False if another process is reading it."""
    db.execute("PRAGMA busy_timeout = 0")
    try:
        busy, *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    finally:
        db.execute(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}")


def _use_wal(db: sqlite3.Connection) -> None:
    """Switch to WAL, with retries: SQLite does not wait for another process that does it, too."""
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
