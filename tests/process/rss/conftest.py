from collections.abc import Iterator

import pytest

from adapters.rss import source
from adapters.rss.parser import process
from adapters.rss.parser.document import parse_document
from tests.support.feed_server import FeedServer


@pytest.fixture
def server() -> Iterator[FeedServer]:
    server = FeedServer()
    yield server
    server.http.shutdown()
    server.http.server_close()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(process, "PARSE_TIMEOUT_S", 10.0)


@pytest.fixture(autouse=True)
def _parse_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parses in this process: a child takes a third of a second for each document."""
    monkeypatch.setattr(source, "parse_in_process", parse_document)
