"""Fixtures of the emulators. One process of each per session of tests; xdist's workers have theirs.

`from tests.support.emulators import firestore_emulator, firestore_project` in a conftest.
"""

from collections.abc import Iterator

import pytest

from tests.support.firestore import FirestoreEmulator, MissingError, emulator_jar, new_project


@pytest.fixture(scope="session")
def firestore_emulator() -> Iterator[FirestoreEmulator]:
    """The real Firestore emulator, without rules."""
    try:
        emulator_jar()
    except MissingError as missing:
        pytest.skip(str(missing))
    emulator = FirestoreEmulator()
    try:
        yield emulator.start()
    finally:
        emulator.stop()


@pytest.fixture
def firestore_project(
    firestore_emulator: FirestoreEmulator, monkeypatch: pytest.MonkeyPatch
) -> str:
    """A project of this test alone; Google's clients made in it talk to the emulator."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator.host)
    return new_project()
