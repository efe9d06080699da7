"""What episodes name is fetched once, within limits, and a build never fails for it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from adapters.folder.build_cache import FolderBuildCache
from adapters.folder.shelf import FolderShelf
from catalog_builder.publish.publisher import publish
from catalog_builder.texts.spool import TextSpool
from catalog_builder.texts.writer import with_texts
from catalog_builder.transcripts import fetcher as fetchers
from catalog_builder.transcripts import hosts
from catalog_builder.transcripts.fetcher import TranscriptFetcher
from catalog_builder.transcripts.memory import DAY_S, HOUR_S
from catalog_builder.transcripts.rules import TRANSCRIPTS
from feed.model.episode import Episode
from feed.ports.errors import Unavailable
from feed.ports.web import Validators, WebFile
from tests.support.catalogs import NOW, catalog_of, episodes

CHAPTERS = b'{"chapters": [{"startTime": 0, "title": "One"}]}'


class Web:
    """Files by address, each with its content as the entity tag; records what is asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.unchanged = 0

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["Web"]:
        yield self

    async def get(self, url: str, known: Validators | None) -> WebFile | None:
        self.asked.append(url)
        if url not in self.files:
            raise Unavailable("HTTP 503" if "down" in url else "HTTP 404")
        tag = repr(self.files[url])
        if known and known.etag == tag:
            self.unchanged += 1
            return None
        return WebFile(self.files[url], Validators(tag, None))


class Builds:
    """Builds of the same episodes one after another, each published."""

    def __init__(self, folder: Path) -> None:
        self.web = Web()
        self.shelf = FolderShelf(folder / "shelf")
        self.cache = FolderBuildCache(folder / "cache")
        self.now_s = NOW.timestamp()
        self.kept: list[str | None] = []

    def build(self, some: list[Episode], *, publishes: bool = True) -> list[str]:
        """Build; return the remarks. `kept` says what each episode's transcript begins with."""
        self.web.asked.clear()
        self.web.unchanged = 0
        spool = TextSpool(self.shelf, TRANSCRIPTS)
        fetcher = TranscriptFetcher(self.web.connect, self.cache, spool, self.now_s)
        found, remarks = fetcher.fetch(some)
        assert [
            msgspec.structs.replace(one, transcript_digest=None, spoken=None) for one in found
        ] == some
        if publishes:
            catalog, built = with_texts(catalog_of(found), found, [spool])
            publish(self.shelf, catalog, built, force=True)
        self.kept = [one.transcript_digest for one in found]
        return remarks


@pytest.fixture
def builds(tmp_path: Path) -> Builds:
    return Builds(tmp_path)


def naming(count: int, address: Callable[[int], str]) -> list[Episode]:
    """Episodes from the newest to the oldest, each with the address of its transcript."""
    some = sorted(episodes(count), key=lambda one: one.published_at, reverse=True)
    return [msgspec.structs.replace(one, transcript_url=address(n)) for n, one in enumerate(some)]


def test_files_are_fetched_once_and_asked_for_again_after_growing_pauses(builds: Builds) -> None:
    (first,) = naming(1, lambda _: "https://a.example/t")
    both = msgspec.structs.replace(first, chapters_url="https://a.example/c")
    web = builds.web
    web.files = {"https://a.example/t": b"Some words.", "https://a.example/c": CHAPTERS}
    assert builds.build([both]) == []
    before = builds.kept
    assert all(before)
    assert builds.build([both]) == []
    assert (web.asked, builds.kept) == ([], before)
    for pause_s in (DAY_S, 2 * DAY_S):
        builds.now_s += pause_s - 1
        builds.build([both])
        assert web.asked == []
        builds.now_s += 1
        builds.build([both])
        assert (len(web.asked), web.unchanged, builds.kept) == (2, 2, before)
    # Of what changed both files are needed, since only their frame is on the shelf.
    web.files["https://a.example/t"] = b"Other words."
    builds.now_s += 4 * DAY_S
    builds.build([both])
    assert (len(web.asked), web.unchanged) == (3, 1)
    assert builds.kept != before
    spool = TextSpool(builds.shelf, TRANSCRIPTS)
    assert spool.published
    assert set(spool.published.rows) == {bytes.fromhex(one) for one in builds.kept if one}


def test_what_fails_costs_only_itself_and_is_tried_after_growing_pauses(builds: Builds) -> None:
    good, bad, none = naming(3, lambda n: f"https://{n}.example/t")
    good = msgspec.structs.replace(good, chapters_url="https://gone.example/c")
    none = msgspec.structs.replace(none, transcript_url="file:///etc/passwd")
    builds.web.files = {"https://0.example/t": b"Some words.", "https://1.example/t": b"\x00"}
    remarks = builds.build([good, bad, none])
    assert [one is not None for one in builds.kept] == [True, False, False]
    assert remarks == [
        "1 of 2 episodes have the chapters or transcript they name",
        "2 chapters or transcripts not read: HTTP 404 (1); no text (1)",
    ]
    for pause_s in (HOUR_S, 4 * HOUR_S):
        builds.now_s += pause_s - 1
        builds.build([good, bad, none])
        assert builds.web.asked == []
        builds.now_s += 1
        builds.build([good, bad, none])
        assert len(builds.web.asked) == 3
        assert [one is not None for one in builds.kept] == [True, False, False]
    builds.web.files["https://1.example/t"] = b"Words at last."
    builds.now_s += 16 * HOUR_S
    builds.build([good, bad, none])
    assert [one is not None for one in builds.kept] == [True, True, False]
    # What vanishes later, or becomes something else, stays as it was.
    builds.web.files["https://gone.example/c"] = CHAPTERS
    builds.now_s += 64 * DAY_S
    builds.build([good, bad, none])
    kept = list(builds.kept)
    only_chapters = {"https://gone.example/c": CHAPTERS, "https://0.example/t": b"\x00"}
    for files in (only_chapters, {}):
        builds.web.files = files
        builds.now_s += 64 * DAY_S
        builds.build([good, bad, none])
        assert builds.web.asked
        assert builds.kept == kept


def test_the_newest_come_first_and_the_rest_at_the_next_build(
    builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetchers, "MAX_EPISODES", 4)
    some = naming(6, lambda n: f"https://{n}.example/t")
    builds.web.files = {f"https://{n}.example/t": b"Words %d." % n for n in range(6)}
    remarks = builds.build([*reversed(some)])
    assert "the files of 2 episodes are left to later builds" in remarks
    assert sorted(builds.web.asked) == [f"https://{n}.example/t" for n in range(4)]
    builds.build(some)
    assert all(builds.kept)
    assert len(builds.web.asked) == 2


def test_a_host_that_keeps_failing_is_left_alone_for_an_hour(builds: Builds) -> None:
    count = hosts.MAX_FAILURES + hosts.OF_ONE_HOST + 3
    some = naming(count, lambda n: f"https://down.example/{n}")
    remarks = builds.build(some)
    tried = len(builds.web.asked)
    assert hosts.MAX_FAILURES <= tried < hosts.MAX_FAILURES + hosts.OF_ONE_HOST
    assert f"the files of {count - tried} episodes are left to later builds" in remarks
    # Meanwhile its files take the turn of no others.
    builds.build(some)
    assert builds.web.asked == []
    builds.now_s += HOUR_S
    builds.build(some)
    assert builds.web.asked


def test_a_transcript_is_not_fetched_by_each_build_because_its_chapters_wait(
    builds: Builds,
) -> None:
    some = [
        msgspec.structs.replace(one, chapters_url=f"https://down.example/{n}")
        for n, one in enumerate(naming(12, lambda n: f"https://a.example/{n}"))
    ]
    builds.web.files = {f"https://a.example/{n}": b"Words %d." % n for n in range(12)}
    builds.build(some)
    assert all(builds.kept)
    builds.build(some)
    assert builds.web.asked == []
    assert all(builds.kept)


def test_what_was_fetched_but_never_published_is_fetched_again(builds: Builds) -> None:
    some = naming(1, lambda _: "https://a.example/t")
    builds.web.files = {"https://a.example/t": b"Some words."}
    builds.build(some, publishes=False)
    first = builds.kept
    builds.build(some)
    assert (len(builds.web.asked), builds.kept) == (1, first)


def test_episodes_that_a_refused_build_lacks_keep_their_transcripts(builds: Builds) -> None:
    some = naming(2, lambda n: f"https://{n}.example/t")
    builds.web.files = {f"https://{n}.example/t": b"Words %d." % n for n in range(2)}
    builds.build(some)
    before = builds.kept
    builds.now_s += DAY_S
    builds.build(some[:1], publishes=False)
    builds.build(some)
    assert (len(builds.web.asked), builds.web.unchanged, builds.kept) == (1, 1, before)


def test_a_defect_of_a_parser_costs_one_episode(
    builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(body: bytes, _: str) -> list[object]:
        raise ZeroDivisionError(body)

    monkeypatch.setattr(fetchers, "read_transcript", read)
    builds.web.files = {"https://a.example/t": b"Some words."}
    _, remark = builds.build(naming(1, lambda _: "https://a.example/t"))
    assert "unexpected ZeroDivisionError (1)" in remark
