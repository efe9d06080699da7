"""Events of an app's own collections reach the summaries, through a real trigger."""

import asyncio
import time
from pathlib import Path

import pytest
from google.cloud import firestore

from adapters.firestore.schema.triggers import trigger_paths
from adapters.firestore.users import FirestoreStore
from emulators.event_bridge import EventBridge
from emulators.firestore import FirestoreEmulator, new_project
from tests.support.app import APP, SCHEMA, listen
from tests.support.cloud import Backend, Start

NOW_US = time.time_ns() // 1000


def test_what_an_app_writes_moves_and_deletes_is_in_the_right_summaries(
    start_server: Start,
    firestore_emulator: FirestoreEmulator,
    bridge: EventBridge,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator.host)
    file = tmp_path / "schema.toml"
    file.write_text(SCHEMA)
    project = new_project()
    settings = {
        "STORE": "firestore",
        "FIREBASE_PROJECT": project,
        "FIRESTORE_EMULATOR_HOST": firestore_emulator.host,
        "GOOGLE_CLOUD_PROJECT": project,
        "SCHEMA": str(file),
    }
    trigger = start_server("update_summary", **settings)
    backend = Backend(project, settings, trigger, bridge, firestore_emulator)
    paths = trigger_paths(APP)
    for name, pattern in {**paths, "marks": "marks/{id}"}.items():
        backend.watch(name, pattern)
    bridge.reset({(project, name): trigger.url for name in paths})
    bridge.copies, bridge.delay_s = 2, 0.1
    client, store = firestore.Client(project=project), FirestoreStore(project, APP)

    def ids(uid: str) -> list[str]:
        stored = asyncio.run(store.read_summary(uid))
        return [one.id for one in stored.summary.engagements] if stored and stored.summary else []

    client.document("members/ann").set({"prefs": {"topics": ["art"]}, "lastSeen": 1})
    client.document("listens/1").set(listen("ann", NOW_US))
    client.document("listens/2").set(listen("ann", NOW_US + 10**6))
    client.document("members/ann/likes/1").set(
        {"episode": client.document("shows/s/episodes/x"), "created": firestore.SERVER_TIMESTAMP}
    )
    client.document("listens/odd").set({"action": "play"})  # names no user
    backend.quiet()
    assert sorted(ids("ann")) == ["likes/1", "listens/1", "listens/2"]
    stored = asyncio.run(store.read_summary("ann"))
    assert stored
    assert stored.summary
    assert stored.summary.profile.category_interests == ("art",)

    client.document("listens/1").update({"userId": "bob"})
    client.document("listens/2").delete()
    backend.quiet()
    assert ids("ann") == ["likes/1"]
    assert ids("bob") == ["listens/1"]

    asyncio.run(store.delete_engagements("bob"))  # its process ends before it updates the summary
    backend.quiet()
    assert ids("bob") == []
    assert client.document("listens/1").get().exists
    before = sum(bridge.received.values())
    client.document("members/ann").update({"lastSeen": 2})
    backend.quiet()
    assert sum(bridge.received.values()) - before == 2  # the marks alone
    assert not [line for line in trigger.log_lines if line["severity"] == "ERROR"]
