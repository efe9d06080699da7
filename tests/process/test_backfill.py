"""`python -m operations.backfill` on the real Firestore emulator."""

import asyncio
import re
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from google.cloud import firestore

from adapters.firestore.listed_users import ListedUsersStore
from adapters.firestore.users import FirestoreStore
from emulators.firestore import FirestoreEmulator
from feed.model.engagement import Engagement, Summary, newest
from feed.summary.writer import refresh_summary
from operations.backfill import __main__ as backfills
from tests.support.app import APP, SCHEMA, listen
from tests.support.emulators import client
from tests.support.reconcile import Reconcile
from tests.support.server import until

__all__ = ["client"]

NOW_US = time.time_ns() // 1_000_000 * 1000
CSV = """\
user_id,episode_id,type,timestamp,progress
ada,one,listen,2026-02-06T03:00:00Z,0.5
ada,one,listen,2026-02-06T03:00:00Z,0.5
ada,two,like,2026-02-07T03:00:00Z,
bob,two,skip,2026-02-07T03:00:00Z,
bob/x,two,like,2026-02-07T03:00:00Z,
bob,two,like,2026-02-07T03:00:00Z,
"""


@pytest.fixture
def settings(
    tmp_path: Path, firestore_project: str, firestore_emulator: FirestoreEmulator
) -> dict[str, str]:
    (tmp_path / "schema.toml").write_text(SCHEMA)
    settings = {"STORE": "firestore", "FIREBASE_PROJECT": firestore_project}
    return settings | {"FIRESTORE_EMULATOR_HOST": firestore_emulator.host}


@pytest.fixture
def plain(tmp_path: Path, settings: dict[str, str]) -> Reconcile:
    return Reconcile(tmp_path, backfills, **settings)


@pytest.fixture
def of_an_app(tmp_path: Path, settings: dict[str, str]) -> Reconcile:
    return Reconcile(tmp_path, backfills, SCHEMA=str(tmp_path / "schema.toml"), **settings)


def summaries(store: FirestoreStore, *uids: str) -> dict[str, Summary | None]:
    async def read() -> dict[str, Summary | None]:
        found = await asyncio.gather(*map(store.read_summary, uids))
        return {uid: one and one.summary for uid, one in zip(uids, found, strict=True)}

    return asyncio.run(read())


def test_history_of_a_file_is_stored_once_and_becomes_summaries(
    plain: Reconcile, tmp_path: Path, firestore_project: str
) -> None:
    history = tmp_path / "history.csv"
    history.write_text(CSV)
    dry = plain.run("--dry-run", "--history", history)
    assert dry.returncode == 0, dry.stderr
    assert "5 engagements in the history file" in dry.stdout
    assert "left out: history: type is not valid, as in line 5" in dry.stdout

    first = plain.run("--history", history)
    assert first.returncode == 0, first.stderr
    assert "6 lines of history: 3 engagements stored, 1 known before\n" in first.stdout
    assert "        1  left out: history: type is not valid, as in line 5\n" in first.stdout
    assert "        1  left out: history: user_id can be no id, as in line 6\n" in first.stdout
    assert "2 users: 2 summaries written, 0 unchanged, 0 failed\n" in first.stdout
    found = summaries(FirestoreStore(firestore_project), "ada", "bob")
    assert [[one.type for one in summary.engagements] for summary in found.values() if summary] == [
        ["like", "listen"],
        ["like"],
    ]

    second = plain.run("--history", history)
    assert "6 lines of history: 0 engagements stored, 4 known before\n" in second.stdout
    assert "2 users: 0 summaries written, 2 unchanged, 0 failed\n" in second.stdout
    assert ", 0 writes, " in second.stdout


@pytest.mark.parametrize("way", ["query", "stream"])
def test_an_apps_history_becomes_summaries_and_the_report_says_what_is_left_out(
    of_an_app: Reconcile, client: firestore.Client, way: str
) -> None:
    for number in range(3):
        client.document(f"listens/a{number}").set(listen("ada", NOW_US - number))
    client.document("listens/odd").set(listen("ada", NOW_US) | {"action": "skip"})
    client.document("listens/lost").set(listen("ada", NOW_US) | {"userId": None})
    client.document("listens/untimed").set(listen("ada", NOW_US) | {"at": "today"})
    client.document("members/bob").set({"prefs": {"topics": ["news"]}})
    before = {one.id: one.to_dict() for one in client.collection("listens").stream()}
    odd = "        1  left out: listens: action has a value that the schema does not name"
    lost = "        1  left out: listens: userId is missing or of another type\n"
    untimed = "        1  left out: listens: at is missing or of another type\n"
    dry = of_an_app.run("--dry-run", "--list", way)
    assert "2 users, 0 with a summary, 6 engagements in 4 sources\n" in dry.stdout, dry.stderr
    assert f"{odd}, as in listens/odd\n" in dry.stdout
    assert lost + untimed in dry.stdout
    stopped = of_an_app.run("--budget", "0.0008", "--concurrency", "1", "--list", way)
    assert stopped.returncode == 3
    assert "stopped before going over $0.0008" in stopped.stderr

    done = of_an_app.run("--list", way)
    assert done.returncode == 0, done.stderr
    assert f"{odd}, as in listens/odd\n" in done.stdout
    if way == "stream":
        untimed = "        1  left out: listens: at is no number, as in listens/untimed\n"
    assert lost in done.stdout
    assert untimed in done.stdout
    assert done.stdout.count("left out") == 3
    assert "2 users: 2 summaries written, 0 unchanged, 0 failed\n" in done.stdout
    found = summaries(FirestoreStore(client.project, APP), "ada", "bob")
    assert [one.id for one in found["ada"].engagements] == [  # type: ignore[union-attr]
        "listens/a0",
        "listens/a1",
        "listens/a2",
    ]
    assert found["bob"].profile.category_interests == ("news",)  # type: ignore[union-attr]
    after = {one.id: one.to_dict() for one in client.collection("listens").stream()}
    assert after == before
    again = of_an_app.run("--list", way)
    assert "2 users: 0 summaries written, 2 unchanged, 0 failed\n" in again.stdout


@pytest.mark.parametrize("way", ["query", "stream"])
@pytest.mark.parametrize("event", ["added", "deleted"])
def test_an_engagement_that_changes_while_a_history_is_read_is_not_lost(
    of_an_app: Reconcile,
    client: firestore.Client,
    monkeypatch: pytest.MonkeyPatch,
    event: str,
    way: str,
) -> None:
    some = [Engagement(id=f"{i}", episode_id="x", type="like", timestamp_us=i) for i in range(3)]
    source = {"query": FirestoreStore, "stream": ListedUsersStore}[way]
    read = source.newest_engagements
    store, once = FirestoreStore(client.project, APP), iter([True])
    asyncio.run(_put(store, some[:2]))

    async def newest_engagements(self: Any, uid: str, limit: int, after: Any = None) -> Any:
        found = await read(self, uid, limit, after)
        if self is not store and limit > 1 and next(once, False):
            if event == "added":
                await store.put_engagement("ada", some[2])
            else:
                await store.delete_engagement("ada", some[0].id)
            await refresh_summary(store, "ada", ["0", "2"])  # as its trigger does
        return found

    monkeypatch.setattr(source, "newest_engagements", newest_engagements)
    done = of_an_app.run("--list", way)
    assert done.returncode == 0, done.stderr
    expected = Summary(engagements=newest(some if event == "added" else some[1:2]))
    assert summaries(store, "ada") == {"ada": expected}


def test_a_run_that_is_killed_goes_on_from_its_checkpoint(
    plain: Reconcile, client: firestore.Client, tmp_path: Path
) -> None:
    uids = [f"user-{number:03}" for number in range(220)]
    batch = client.batch()
    for uid in uids:
        fields = {"episode_id": "x", "type": "like", "timestamp": firestore.SERVER_TIMESTAMP}
        batch.set(client.document(f"users/{uid}/engagements/one"), fields)
    batch.commit()
    file = tmp_path / "checkpoint.json"
    process = plain.start("--checkpoint", file)
    until(lambda: file.exists() and msgspec.json.decode(file.read_bytes())["after"])
    process.kill()
    process.communicate()
    after = msgspec.json.decode(file.read_bytes())["after"]
    assert after < uids[-1]
    done = plain.run("--checkpoint", file)
    assert done.returncode == 0, done.stderr
    assert re.search(
        r"^220 users: \d+ summaries written, \d+ unchanged, 0 failed$", done.stdout, re.MULTILINE
    )
    found = summaries(FirestoreStore(client.project), *uids)
    assert all(one and len(one.engagements) == 1 and not one.incomplete for one in found.values())
    assert not file.exists()


async def _put(store: FirestoreStore, some: list[Engagement]) -> None:
    for one in some:
        await store.put_engagement("ada", one)
    await store.close()
