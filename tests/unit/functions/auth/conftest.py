from collections.abc import Iterator

import pytest

from functions.auth.firebase import FirebaseVerifier
from functions.auth.google_keys import GoogleKeys
from tests.support.clock import Clock
from tests.support.google import Google
from tests.support.tokens import PROJECT


@pytest.fixture
def google() -> Iterator[Google]:
    google = Google()
    yield google
    google.answering.set()
    google.server.shutdown()
    google.server.server_close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def users(google: Google, clock: Clock) -> FirebaseVerifier:
    return FirebaseVerifier(PROJECT, GoogleKeys(google.url, clock=clock))
