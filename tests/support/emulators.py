"""Fixtures of the emulators. One process of each per session of tests; xdist's workers have theirs.

A module or conftest has a fixture by importing it, and those that it uses.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from google.cloud.firestore import Client

from emulators.event_bridge import EventBridge
from emulators.firestore import FirestoreEmulator, emulator_jar, new_project
from emulators.process import MissingError, free_port
from emulators.storage.server import StorageEmulator
from tests.support.server import ROOT


@contextmanager
def running_firestore(**options: Any) -> Iterator[FirestoreEmulator]:
    """Run a Firestore emulator, or skip the test where none is installed."""
    try:
        emulator_jar()
    except MissingError as missing:
        pytest.skip(str(missing))
    emulator = FirestoreEmulator(**options)
    try:
        yield emulator.start()
    finally:
        emulator.stop()


@pytest.fixture(scope="session")
def bridge() -> Iterator[EventBridge]:
    """The receiver of the emulator's events, of all projects that have triggers."""
    bridge = EventBridge().start()
    yield bridge
    bridge.stop()


@pytest.fixture(scope="session")
def firestore_emulator(bridge: EventBridge) -> Iterator[FirestoreEmulator]:
    """The real Firestore emulator behind Earshot's rules, unless a database uses other ones.

    Google's clients pass all rules. One process for all tests: starting it takes seconds.
    """
    events = f"127.0.0.1:{bridge.port}"
    rules = ROOT / "firestore.rules"
    with running_firestore(rules=rules, functions_emulator=events) as emulator:
        yield emulator


@pytest.fixture
def firestore_project(
    firestore_emulator: FirestoreEmulator, monkeypatch: pytest.MonkeyPatch
) -> str:
    """A project of this test alone; Google's clients made in it talk to the emulator."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator.host)
    return new_project()


@pytest.fixture
def client(firestore_project: str) -> Client:
    """Google's client, to write documents as an editor's tool does."""
    return Client(project=firestore_project)


@pytest.fixture
def unreachable_firestore(monkeypatch: pytest.MonkeyPatch) -> str:
    """A project in a Firestore that refuses the connections of Google's clients."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{free_port()}")
    return "demo-nowhere"


@pytest.fixture
def hanging_firestore(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A project in a Firestore that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{server.getsockname()[1]}")
        yield "demo-nowhere"


@dataclass
class FirestoreDocuments:
    """The documents of one project, without Earshot's client: fields in REST's typed form."""

    emulator: FirestoreEmulator
    project: str

    def read(self, path: str) -> Any:
        """The fields of a document; None if it does not exist."""
        return self.emulator.read(self.project, path)

    def write(self, path: str, fields: dict[str, Any]) -> None:
        """Write a document in place of an earlier one."""
        self.emulator.write(self.project, path, fields)


@pytest.fixture
def documents(firestore_emulator: FirestoreEmulator, firestore_project: str) -> FirestoreDocuments:
    """The documents in the project of this test."""
    return FirestoreDocuments(firestore_emulator, firestore_project)


@pytest.fixture(scope="session")
def _storage_server() -> Iterator[StorageEmulator]:
    server = StorageEmulator().start()
    yield server
    server.stop()


@pytest.fixture
def storage(
    _storage_server: StorageEmulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StorageEmulator]:
    """A Cloud Storage that works, found by the library through its environment variable.

    Give each test a bucket of its own.
    """
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", _storage_server.url)
    yield _storage_server
    _storage_server.clear_faults()
