import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.catalogs import catalog_of, episodes, publish_to
from tests.support.deployment import Account, Deployment
from tests.support.scenarios import plain_settings
from tests.support.server import DEFAULTS, Server


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the shared server's shelf and store."""
    folder = tmp_path_factory.mktemp("earshot")
    publish_to(folder / "shelf", catalog_of(episodes(400)))
    return folder


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[Server]:
    """A server for all tests that change nothing but the data of their own user."""
    settings = {
        "SHELF": str(folder / "shelf"),
        "STORE": str(folder / "users.db"),
        **DEFAULTS,
        # A request may name `plain`; the default is the shipped scenario.
        **plain_settings(folder / "scenarios"),
        "SCENARIO": "for_you",
    }
    server = Server(settings).start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def small_shelf(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The SHELF of a catalog of 60 episodes, which no test changes."""
    shelf = tmp_path_factory.mktemp("small") / "shelf"
    publish_to(shelf, catalog_of(episodes(60)))
    return str(shelf)


@pytest.fixture
def user() -> str:
    """The id of a new user."""
    return f"user-{uuid.uuid4().hex}"


@pytest.fixture(scope="session")
def first_deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """deploy.sh without options in a project with a database and nothing else."""
    return Deployment(Account(tmp_path_factory.mktemp("first")))
