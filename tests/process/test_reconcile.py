"""`python -m operations.reconcile` over a SQLite file, as an operator runs it."""

import asyncio
import re
import signal
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.sqlite.users import SqliteStore
from operations.reconcile.__main__ import main
from tests.support.drift_cases import CASES, assert_exact, found, seed
from tests.support.reconcile import Reconcile
from tests.support.server import until

USERS = sorted(uid for uid in CASES if uid != "nobody")
SUMMARY = "INSERT OR REPLACE INTO summaries (uid, document, revision) VALUES (?, ?, 'r')"
ENGAGEMENT = "INSERT INTO engagements VALUES (?, ?, 'episode', 'click', ?, NULL, '', '')"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "users.db"


@pytest.fixture
def reconcile(tmp_path: Path, database: Path) -> Reconcile:
    return Reconcile(tmp_path, STORE=str(database))


@pytest.fixture
def drifted(database: Path) -> Path:
    """A store with summaries that are wrong in every way, and one that cannot be decoded."""
    asyncio.run(seed(SqliteStore(database)))
    with sqlite3.connect(database) as db:
        db.execute(SUMMARY, ("unreadable", b"\xc1"))
        db.execute(ENGAGEMENT, ("unreadable", "a", 1))
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database


def crowd(database: Path, number: int) -> list[str]:
    """Store this number of users without summaries; return their ids in order."""
    asyncio.run(SqliteStore(database).count())
    uids = [f"user-{one:04}" for one in range(number)]
    with sqlite3.connect(database) as db:
        db.executemany(ENGAGEMENT, [(uid, f"{i}", i) for uid in uids for i in range(3)])
    return uids


def exact(database: Path, uids: Any) -> None:
    asyncio.run(assert_exact(SqliteStore(database), uids))


def test_check_reports_every_drift_and_a_run_repairs_it(
    reconcile: Reconcile, drifted: Path
) -> None:
    totals, reported, errors = reconcile.report("--check", code=4)
    assert (reported, errors) == (found() | {"unreadable": {"unreadable": True}}, {})
    assert (totals["users"], totals["drifted"], totals["writes"]) == (14, 13, 0)
    assert totals["kinds"]["engagements_missing"] == 4

    done = reconcile.run()
    assert done.returncode == 0
    assert "one-missing: engagements missing (1)\n" in done.stdout
    assert "profile: profile (muted_series)\n" in done.stdout
    assert re.fullmatch(
        r"14 users: 13 summaries rebuilt, 0 failed; \d+ reads, \d+ writes, \$0\.\d{4}",
        done.stdout.splitlines()[-1],
    )
    exact(drifted, [*CASES, "unreadable"])
    totals, reported, errors = reconcile.report("--check")
    assert (reported, errors) == ({}, {})
    assert totals["users"] == 12  # two had only a summary, which is gone


@pytest.mark.parametrize(("kind", "code"), [("--dry-run", 0), ("--check", 4)])
def test_dry_run_and_check_leave_the_file_as_it_is(
    reconcile: Reconcile, drifted: Path, kind: str, code: int
) -> None:
    before = drifted.read_bytes()
    assert reconcile.start(kind).wait() == code
    assert drifted.read_bytes() == before
    assert [path for path in drifted.parent.iterdir() if path.stat().st_size] == [drifted]


def test_a_dry_run_estimates_from_counts(reconcile: Reconcile, database: Path) -> None:
    crowd(database, 50)
    done = reconcile.run()
    spent = re.findall(r"([\d,]+) reads, ([\d,]+) writes", done.stdout)[-1]
    assert spent == ("452", "100")  # without a summary, the engagements are read once
    done = reconcile.run("--dry-run", "--read-price", "1", "--write-price", "2")
    assert "50 summaries, 150 engagements: 50 users or more" in done.stdout
    assert "none drifted, about 300 reads and 0 writes: $0.0030" in done.stdout
    assert "every summary drifted, about 550 reads and 100 writes: $0.0075" in done.stdout


def test_only_the_users_named_are_rebuilt(reconcile: Reconcile, drifted: Path) -> None:
    totals, reported, _ = reconcile.report("--user", "much", "lost", "--user", "right", "no-one")
    assert reported == {uid: found()[uid] for uid in ("lost", "much")}
    assert totals["users"] == 4
    exact(drifted, ["much", "lost"])
    totals, reported, _ = reconcile.report("--check", code=4)
    assert reported.keys() == found().keys() - {"much", "lost"} | {"unreadable"}


def test_runs_stopped_by_a_budget_continue_from_the_checkpoint_until_all_users_are_done(
    reconcile: Reconcile, database: Path, tmp_path: Path
) -> None:
    checkpoint, uids = tmp_path / "at.json", crowd(database, 300)
    done_users, drifted = 0, set[str]()
    options = ("--checkpoint", checkpoint, "--concurrency", 2, "--budget", 0.002)
    for _ in range(20):
        done = reconcile.run("--json", reconcile.json, *options)
        *findings, last = map(msgspec.json.decode, reconcile.json.read_bytes().splitlines())
        drifted |= {one["user"] for one in findings}
        done_users += last["totals"]["users"]
        assert last["totals"]["dollars"] <= 0.002
        if done.returncode == 0:
            break
        assert done.returncode == 3
        assert "stopped before going over $0.002" in done.stderr
        assert f"--checkpoint {checkpoint}" in done.stderr
    assert done_users == len(uids)
    assert drifted == {*uids}
    assert not checkpoint.exists()
    exact(database, uids)


def test_a_killed_run_continues_from_its_checkpoint_and_skips_no_user(
    reconcile: Reconcile, database: Path, tmp_path: Path
) -> None:
    checkpoint, uids = tmp_path / "at.json", crowd(database, 1000)
    process = reconcile.start("--checkpoint", checkpoint, "--concurrency", 2)

    def done() -> str:
        at = msgspec.json.decode(checkpoint.read_bytes()) if checkpoint.exists() else {}
        return at.get("after") or ""

    until(lambda: done() > uids[250], 60)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    passed = uids.index(done()) + 1
    assert 250 < passed < 1000
    exact(database, uids[:passed])

    totals, reported, _ = reconcile.report("--checkpoint", checkpoint)
    assert totals["users"] == 1000 - passed
    assert reported.keys() <= {*uids[passed:]}
    assert len(reported) > 1000 - passed - 101  # but for the batch that the kill broke off
    exact(database, uids)
    assert not checkpoint.exists()


def test_a_user_that_fails_stays_in_the_checkpoint_until_it_succeeds(
    reconcile: Reconcile, drifted: Path, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "at.json"
    with sqlite3.connect(drifted) as db:
        good = db.execute("SELECT fields FROM profiles WHERE uid = 'much'").fetchone()
        db.execute("UPDATE profiles SET fields = '[' WHERE uid = 'much'")
    for _ in range(2):
        _, _, errors = reconcile.report("--checkpoint", checkpoint, code=1)
        assert errors.keys() == {"much"}
        assert msgspec.json.decode(checkpoint.read_bytes())["again"] == ["much"]
    with sqlite3.connect(drifted) as db:
        db.execute("UPDATE profiles SET fields = ? WHERE uid = 'much'", good)
    totals, reported, _ = reconcile.report("--checkpoint", checkpoint)
    assert totals["users"] == 1
    assert reported == {"much": found()["much"]}
    assert not checkpoint.exists()
    exact(drifted, USERS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--concurrency", "0"], "--concurrency: expected a number from 1 to 256, got '0'"),
        (["--concurrency", "x"], "--concurrency: expected a number from 1"),
        (["--budget", "-1"], "--budget: expected dollars like 0.5, got '-1'"),
        (["--budget", "nan"], "--budget: expected dollars"),
        (["--budget", "0.001"], "--budget: expected at least 0.0050 dollars with --concurrency 8"),
        (["--read-price", "inf"], "--read-price: expected dollars"),
        (["--check", "--dry-run"], "not allowed with"),
        (["--dry-run", "--user", "u"], "--dry-run takes no --user"),
        (["--user", "u", "--checkpoint", "f"], "--checkpoint is for a run over all users"),
        (["--user"], "--user: expected at least one argument"),
        (["--dry"], "unrecognized arguments: --dry"),
        (["u"], "unrecognized arguments: u"),
    ],
)
def test_a_wrong_option_is_named(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "arguments", "said"),
    [
        ({"STORE": "none.db"}, [], "STORE: expected firestore or a SQLite file, got none.db"),
        ({"STORE": "firestore"}, [], "FIREBASE_PROJECT: expected the id"),
        ({"STORE": str(Path(__file__))}, [], "file is not a database"),
        ({}, ["--checkpoint", "/nowhere/at.json"], "/nowhere"),
        ({}, ["--json", "/nowhere/r.json"], "/nowhere/r.json"),
        ({}, ["--checkpoint", str(Path(__file__))], "test_reconcile.py: not a checkpoint"),
    ],
)
def test_a_file_or_store_that_cannot_be_opened_is_named(
    tmp_path: Path, drifted: Path, settings: dict[str, str], arguments: list[str], said: str
) -> None:
    done = Reconcile(tmp_path, **({"STORE": str(drifted)} | settings)).run(*arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("drifted")
def test_a_checkpoint_of_another_store_is_refused(reconcile: Reconcile, tmp_path: Path) -> None:
    checkpoint = tmp_path / "at.json"
    at = {"store": "firestore: elsewhere", "check": False, "after": "u", "again": []}
    checkpoint.write_bytes(msgspec.json.encode(at))
    done = reconcile.run("--checkpoint", checkpoint)
    assert done.returncode == 1
    assert "a checkpoint of firestore: elsewhere, and this is " in done.stderr
    assert msgspec.json.decode(checkpoint.read_bytes()) == at
