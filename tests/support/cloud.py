"""A project of emulated Firebase: its functions as real processes, its events delivered.

A conftest or module has the fixtures by importing them, and those that they use.
"""

import asyncio
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from adapters.firestore.users import FirestoreStore
from adapters.gcs.shelf import GcsShelf
from catalog_builder.publish.publisher import publish
from emulators.event_bridge import EventBridge, register
from emulators.firestore import FirestoreEmulator, new_project
from emulators.stack import TRIGGERS
from emulators.storage.server import StorageEmulator
from feed.model.engagement import Summary
from tests.support.catalogs import catalog_of, episodes
from tests.support.server import Server, running_servers, until
from tests.support.tokens import claims, handmade

Start = Callable[..., Server]
QUIET_S = 90


@dataclass
class Backend:
    """A project with a running trigger, and a store of it to write and read with."""

    project: str
    settings: dict[str, str]
    trigger: Server
    bridge: EventBridge
    emulator: FirestoreEmulator

    @property
    def store(self) -> FirestoreStore:
        return FirestoreStore(self.project)

    def summary(self, uid: str) -> Summary:
        """The stored summary of a user."""
        stored = asyncio.run(self.store.read_summary(uid))
        assert stored is not None
        assert stored.summary is not None
        return stored.summary

    def reset(self) -> None:
        """Deliver each event once, at once, and forget what was delivered before."""
        self.bridge.reset({(self.project, name): self.trigger.url for name in TRIGGERS})

    def watch(self, name: str, pattern: str) -> None:
        """Count the events of a path pattern."""
        register(self.emulator.host, self.project, name, pattern)

    def received(self, name: str) -> int:
        """Return how many events of a trigger were received."""
        return self.bridge.received[self.project, name]

    def quiet(self) -> None:
        """Wait until every event is delivered, and the events that these caused."""
        self._all_come()
        until(lambda: self.bridge.idle, QUIET_S)
        self._all_come()

    def _all_come(self) -> None:
        """Wait for an event after all others: the emulator sends them one after another."""
        before = self.received("marks")
        self.emulator.write(self.project, f"marks/{uuid.uuid4()}", {})
        until(lambda: self.received("marks") > before, QUIET_S)


def start_backend(start: Start, emulator: FirestoreEmulator, bridge: EventBridge) -> Backend:
    """Start a trigger for a new project, and have the emulator send it the project's events."""
    project = new_project()
    settings = {
        "STORE": "firestore",
        "FIREBASE_PROJECT": project,
        "FIRESTORE_EMULATOR_HOST": emulator.host,
        "GOOGLE_CLOUD_PROJECT": project,
    }
    trigger = start("update_summary", **settings)
    backend = Backend(project, settings, trigger, bridge, emulator)
    for name, pattern in {**TRIGGERS, "marks": "marks/{id}"}.items():
        backend.watch(name, pattern)
    backend.reset()
    return backend


@pytest.fixture
def backend(
    start_server: Start,
    firestore_emulator: FirestoreEmulator,
    bridge: EventBridge,
    monkeypatch: pytest.MonkeyPatch,
) -> Backend:
    """A project of this test alone, with a trigger."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator.host)
    return start_backend(start_server, firestore_emulator, bridge)


@dataclass
class Cloud(Backend):
    """A project with a trigger and a session function."""

    feed: Server

    def token(self, uid: str) -> str:
        """Return an unsigned ID token, as the Auth emulator makes them."""
        return handmade({"alg": "none"}, claims(self.project, sub=uid, user_id=uid))

    def call(self, method: str, path: str, body: Any, uid: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(uid)}"}
        return self.feed.client.request(method, path, json=body, headers=headers)

    def create(self, uid: str) -> dict[str, Any]:
        answer = self.call("POST", "/api/sessions/create", {"limit": 50}, uid)
        assert answer.status_code == 200, answer.text
        session: dict[str, Any] = answer.json()
        return session


@pytest.fixture(scope="session")
def _cloud(
    firestore_emulator: FirestoreEmulator,
    bridge: EventBridge,
    _storage_server: StorageEmulator,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Cloud]:
    with running_servers(tmp_path_factory.mktemp("cloud")) as start:
        backend = start_backend(start, firestore_emulator, bridge)
        bucket = _storage_server.make_bucket(backend.project)
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("STORAGE_EMULATOR_HOST", _storage_server.url)
            publish(GcsShelf(bucket), catalog_of(episodes(300)), force=True)
        settings = {
            **backend.settings,
            "SHELF": f"gs://{bucket}",
            "AUTH": "emulator",
            "STORAGE_EMULATOR_HOST": _storage_server.url,
        }
        yield Cloud(**vars(backend), feed=start(**settings))


@pytest.fixture
def cloud(_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The project that tests share; each uses users of its own."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", _cloud.emulator.host)
    _cloud.reset()
    return _cloud
