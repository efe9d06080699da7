import importlib
import os
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Before numpy is imported, here and by what tests start: threads that wait for work take
# processors from other tests, and vectors of text differ in their last bits with their number.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Before they are imported, so that their asserts show what they compared.
pytest.register_assert_rewrite("tests.support")

import feed
from tests.support.catalogs import catalog_of, episodes
from tests.support.cloud import _cloud, backend, cloud
from tests.support.emulators import (
    _storage_server,
    bridge,
    documents,
    firestore_emulator,
    firestore_project,
    storage,
)
from tests.support.event_loop import EventLoop
from tests.support.server import ROOT, Server, running_servers

__all__ = ["_cloud", "_storage_server", "backend", "bridge", "cloud", "documents"]
__all__ += ["firestore_emulator", "firestore_project", "storage"]

CI = os.environ.get("CI") == "true"
STARTED_WITH = frozenset(os.environ)
COVERING = ("golden", "unit/feed", "unit/functions")
"""folders of the tests that coverage of feed/ is measured with"""

# Timing differs from machine to machine: no example fails for being slow.
settings.register_profile("earshot", deadline=None, print_blob=True)
settings.load_profile("earshot")


def pytest_xdist_auto_num_workers() -> int | None:
    """Half as many workers again as processors: much of the time tests wait for other processes."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return (os.cpu_count() or 2) * 3 // 2


@contextmanager
def uncovered(config: pytest.Config) -> Iterator[None]:
    """Pauses the measurement of coverage, which doubles the time that Python takes."""
    plugin: Any = config.pluginmanager.getplugin("_cov")
    measured = None if plugin is None else plugin.cov_controller
    if measured is None:
        yield
        return
    measured.pause()
    try:
        yield
    finally:
        measured.resume()


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[Any]:
    """Imports feed/, which is measured, and then the tests, which are not."""
    for one in pkgutil.walk_packages(feed.__path__, "feed."):
        importlib.import_module(one.name)
    with uncovered(session.config):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[Any]:
    """Measures coverage of feed/ by the tests of what uses it, not by others or their fixtures."""
    if any(item.path.is_relative_to(ROOT / "tests" / name) for name in COVERING):
        return (yield)
    with uncovered(item.config):
        return (yield)


def pytest_collection_finish() -> None:
    """What a benchmark sets as it is imported is not for the processes that tests start."""
    if "OMP_NUM_THREADS" not in STARTED_WITH:
        os.environ.pop("OMP_NUM_THREADS", None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """In CI everything can run, so there a skip is a failure."""
    report: Any = yield
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where nothing may be: {report.longrepr}"
    return report


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start real functions-framework processes, which end with the test."""
    with running_servers(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def start_module_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., Server]]:
    """Start real functions-framework processes, which end with the module."""
    with running_servers(tmp_path_factory.mktemp("module")) as start:
        yield start


@pytest.fixture(scope="session")
def anyio_backend() -> Any:
    """The event loop in which tests that are coroutines run."""
    return "asyncio", {"loop_factory": EventLoop}


@pytest.fixture(scope="session")
def catalog() -> Any:
    """A catalog of 400 generated episodes."""
    return catalog_of(episodes(400))
