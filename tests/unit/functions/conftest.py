from pathlib import Path

import pytest
from starlette.types import ASGIApp

from functions.api.application import api
from functions.serving.service import Service
from functions.settings import read_settings
from functions.wiring.service import wire
from tests.support.catalogs import NOW, catalog_of, episodes, publish_to


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shelf of a catalog of 60 episodes, which no test changes."""
    folder = tmp_path_factory.mktemp("service")
    publish_to(folder, catalog_of(episodes(60)))
    return folder


@pytest.fixture
def service(shelf: Path, tmp_path: Path) -> Service:
    """A service with a catalog and a store of its own, without a model."""
    settings = {"SHELF": str(shelf), "STORE": str(tmp_path / "users.db"), "AUTH": "demo"}
    made = wire(read_settings({**settings, "NOW": NOW.isoformat(), "ASKS": "3"}))
    made.holder.load()
    return made


@pytest.fixture
def app(service: Service) -> ASGIApp:
    """The API of the service."""
    return api(service)
