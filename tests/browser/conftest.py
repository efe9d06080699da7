import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from adapters.text_embedder import LsaVectors
from benchmarks.paint import NAMES
from catalog_builder.build import build_catalog
from catalog_builder.episodes import demo
from feed.catalog.catalog import Catalog
from feed.model.episode import Episode
from tests.support.catalogs import NOW, publish_to
from tests.support.page import titles
from tests.support.server import DEFAULTS, ROOT, Server
from tests.support.sign_in import sdk

__all__ = ["sdk"]

ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine.

    Closed after each module: while Playwright is open, its event loop runs, and no other test of
    this process could run one. A folder is no package to pytest: that scope would be the session.
    """
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        pytest.skip("no Chromium")
    expect.set_options(timeout=10_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a profile of its own."""
    context = browser.new_context(viewport={"width": 1200, "height": 1000}, service_workers="block")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def installed_page(browser: Browser, site: Server) -> Iterator[Page]:
    """The feed after a first visit, with its service worker ready."""
    context = browser.new_context()
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto(site.url)
    titles(page)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    yield page
    context.close()


@pytest.fixture(scope="session")
def demo_catalog() -> Catalog:
    """What `make run` shows, on the day that the tests take for today."""
    episodes = msgspec.convert(demo.episodes(NOW.date()), list[Episode])
    return build_catalog(episodes, LsaVectors().vectors(episodes), NOW)


@pytest.fixture
def start_site(start_server: Callable[..., Server]) -> Callable[[], Server]:
    """Start the page and its API, with whatever the shelf holds."""
    return lambda: start_server(WEB=str(ROOT / "web"))


@pytest.fixture
def start_demo(
    start_server: Callable[..., Server], tmp_path: Path, demo_catalog: Catalog
) -> Callable[..., Server]:
    """Start functions whose shelf holds the demo catalog."""
    publish_to(tmp_path / "shelf", demo_catalog)
    return start_server


@pytest.fixture(scope="session")
def _hosted(tmp_path_factory: pytest.TempPathFactory, demo_catalog: Catalog) -> Iterator[Server]:
    settings = {"AUTH": "emulator", "FIREBASE_PROJECT": "demo-x"}
    server = _server_of(demo_catalog, tmp_path_factory.mktemp("hosted"), **settings)
    yield server
    server.kill()


@pytest.fixture
def hosted(_hosted: Server) -> Server:
    """The page and its API with users known by Firebase's tokens, none of whom has data yet."""
    return _without_users(_hosted)


@pytest.fixture(scope="session")
def _site(tmp_path_factory: pytest.TempPathFactory, demo_catalog: Catalog) -> Iterator[Server]:
    server = _server_of(demo_catalog, tmp_path_factory.mktemp("site"))
    yield server
    server.kill()


@pytest.fixture
def site(_site: Server) -> Iterator[Server]:
    """The page and its API with the demo catalog and no user: one process for all tests.

    A test may stop and start it again.
    """
    _without_users(_site)
    yield _site
    if _site.alive:
        _site.signal(signal.SIGCONT)


def _server_of(catalog: Catalog, folder: Path, **settings: str) -> Server:
    publish_to(folder / "shelf", catalog)
    places = {"SHELF": str(folder / "shelf"), "STORE": str(folder / "users.db")}
    return Server({**DEFAULTS, **places, "WEB": str(ROOT / "web"), **settings})


def _without_users(server: Server) -> Server:
    """Start a server unless it runs, and delete what it knows of users."""
    if not server.alive:
        server.start()
    with closing(sqlite3.connect(server.settings["STORE"])) as users, users:
        for table in ("engagements", "profiles", "summaries", "events"):
            users.execute(f"DELETE FROM {table}")  # of these names
    return server
