import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.catalogs import catalog_of, episodes, publish_to
from tests.support.scenarios import plain_settings
from tests.support.server import DEFAULTS, Server


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shared server has its shelf and its store."""
    folder = tmp_path_factory.mktemp("earshot")
    publish_to(folder / "shelf", catalog_of(episodes(400)))
    return folder


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[Server]:
    """One process for all tests that leave nothing behind but a user of their own."""
    settings = {
        "SHELF": str(folder / "shelf"),
        "STORE": str(folder / "users.db"),
        **DEFAULTS,
        # So that a request may name it; the default is the shipped one.
        **plain_settings(folder / "scenarios"),
        "SCENARIO": "for_you",
    }
    server = Server(settings).start()
    yield server
    server.kill()


@pytest.fixture
def user() -> str:
    """Somebody new."""
    return f"user-{uuid.uuid4().hex}"
