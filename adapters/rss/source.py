"""Reads episodes from podcast feeds: RSS and Atom, over HTTP or from files, alone or in lists."""

import logging
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path
from threading import Semaphore
from typing import NamedTuple

import httpx

from adapters.rss.fields.ids import guid_from_id
from adapters.rss.http import budget
from adapters.rss.http.budget import ReadBudget
from adapters.rss.http.cache import CachedFeed, FeedCache
from adapters.rss.http.compression import decompress
from adapters.rss.http.fetch import fetch
from adapters.rss.http.transport import Resolver, checked_client, resolve
from adapters.rss.inputs import FeedInput, resolve_inputs
from adapters.rss.parser.document import Feed, FeedList, NotAFeedError
from adapters.rss.parser.process import parse_in_process
from feed.ports.builds import BuildCache
from feed.ports.episodes import SourceProblem, SourceRecord
from feed.ports.errors import Unavailable

MAX_DEPTH = 3
"""how deep lists may be nested"""
LOOK_AHEAD = 4
"""feeds per worker that are read before their turn; bounds memory"""
MAX_BYTES = 64 * 2**20
MAX_REASONS = 3
"""named in the error when nothing could be read"""

log = logging.getLogger(__name__)


class _ReadResult(NamedTuple):
    """What was read of an input, and why it is not all there is."""

    content: Feed | FeedList | None
    reason: str | None = None


class RssSource:
    """An `EpisodeSource` that reads podcast feeds.

    Episode ids are made from guids (`adapters.rss.fields.ids`); an entry without a guid uses the
    URL of its audio, or else its own. The id of a series is its `podcast:guid`, or else a hash of
    the feed's URL.
    """

    def __init__(
        self,
        inputs: Sequence[str],
        build_cache: BuildCache | None,
        *,
        max_workers: int = 8,
        timeout_s: float = 15.0,
        max_bytes: int = MAX_BYTES,
        total_s: float = budget.TIMEOUT_S,
        total_bytes: int = budget.MAX_BYTES,
        include_blocked: bool = False,
        allow_private: bool = False,
        resolve: Resolver = resolve,
        on_feed: Callable[[str], None] | None = None,
    ) -> None:
        """Configure the source; nothing is fetched before `read`.

        Args:
            inputs: URLs or paths of feeds and OPML lists, or paths of texts with one URL or path a
                line. Paths in a list are relative to it; a list from the network can name only
                URLs.
            build_cache: Stores responses (None: they are not stored). A cached feed answers a 304,
            and is
                used, with a SourceProblem, when the feed cannot be fetched.
            max_workers: Number of feeds that are fetched at once.
            timeout_s: Limit for each feed, in seconds.
            max_bytes: Limit for each feed.
            total_s: Limit for all feeds together, in seconds; beyond it cached feeds are used.
            total_bytes: Limit for all feeds together; beyond it cached feeds are used.
            include_blocked: Whether to read what asks to be in no directory (`itunes:block`).
            allow_private: Whether to fetch from addresses that are not public; then the proxies of
                the environment are used, too.
            resolve: Resolves hosts to IP addresses.
            on_feed: Called with the name of each feed after its records, by the reading thread.
        """
        self._inputs = inputs
        self._cache = FeedCache(build_cache)
        self._max_workers = max_workers
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._total = (total_s, total_bytes)
        self._include_blocked = include_blocked
        self._allow_private = allow_private
        self._resolve = resolve
        self._on_feed = on_feed
        self._tls = httpx.create_ssl_context()  # slow to create, so shared by all feeds
        # Parsing is bound by the processor: more processes than cores only cost memory.
        self._parsers = Semaphore(min(max_workers, os.cpu_count() or 1))

    def read(self) -> Iterator[SourceRecord | SourceProblem]:
        """Yield the records of every feed: inputs in order, entries in feed order.

        Raises `Unavailable` at the end if not one record could be read.
        """
        shared = ReadBudget(*self._total)
        seen: set[str] = set()
        inputs = deque(resolve_inputs(self._inputs, None, seen))
        results: dict[FeedInput, Future[_ReadResult]] = {}
        reasons: list[str] = []
        records = 0
        pool = ThreadPoolExecutor(self._max_workers, thread_name_prefix="rss")
        try:
            while inputs:
                for feed_input in islice(inputs, LOOK_AHEAD * self._max_workers):
                    if feed_input not in results:
                        results[feed_input] = pool.submit(self._read_input, feed_input, shared)
                feed_input = inputs.popleft()
                content, reason = results.pop(feed_input).result()
                if reason:
                    reasons.append(f"{feed_input.name}: {reason}")
                    yield SourceProblem(feed_input.name, reason, whole_source=True)
                if isinstance(content, FeedList):
                    inputs.extendleft(reversed(resolve_inputs(content.locations, feed_input, seen)))
                    continue
                for note in content.notes if content and content.entries else ():
                    yield SourceProblem(feed_input.name, note, whole_source=True, is_note=True)
                for n, entry in enumerate(content.entries if content else ()):
                    records += 1
                    guid = guid_from_id(entry.get("id") or "")
                    yield SourceRecord(f"{feed_input.name}#{n}", entry, feed_input.name, guid)
                if self._on_feed:
                    self._on_feed(feed_input.name)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        if not records:
            named = "; ".join(reasons[:MAX_REASONS]) or "no feed was given"
            raise Unavailable(f"no episode could be read ({named})")

    def _read_input(self, feed_input: FeedInput, shared: ReadBudget) -> _ReadResult:
        if feed_input.refusal:
            return _ReadResult(None, feed_input.refusal)
        try:
            if feed_input.is_url:
                return self._read_url(feed_input, shared)
            return _result(self._read_file(feed_input))
        except (Unavailable, NotAFeedError) as error:
            return _ReadResult(None, str(error))
        except Exception as error:
            # One feed must not end a build, not even by a defect of this code.
            log.exception("reading %s failed", feed_input.name)
            return _ReadResult(None, f"unexpected {type(error).__name__}")

    def _read_url(self, feed_input: FeedInput, shared: ReadBudget) -> _ReadResult:
        url = feed_input.location
        cached = self._cache.load(url)
        try:
            timeout_s = shared.feed_timeout_s(self._timeout_s)
            new = fetch(
                url, cached, timeout_s=timeout_s, max_bytes=self._max_bytes, client=self._client
            )
            shared.spend(len(new.body) if new else 0)
            content = self._parse(new or cached or CachedFeed(b""), feed_input)
        except (Unavailable, NotAFeedError) as error:
            if cached is None:
                raise
            content = self._parse(cached, feed_input)
            return _ReadResult(content, f"{error}; a copy kept earlier was used")
        if new is not None:
            if cached is not None and content.flaw:
                with suppress(NotAFeedError):
                    before = self._parse(cached, feed_input)
                    if before.size > content.size:
                        reason = f"{content.flaw}; a copy kept earlier, with more, was used"
                        return _ReadResult(before, reason)
            # Only what could be parsed: a maintenance page does not replace a feed.
            self._cache.save(url, new)
        return _result(content)

    def _read_file(self, feed_input: FeedInput) -> Feed | FeedList:
        path = Path(feed_input.location)
        try:
            if not path.is_file():  # a device or a pipe may never end
                raise Unavailable("no such file")
            with path.open("rb") as file:
                body = file.read(self._max_bytes + 1)
        except (OSError, ValueError) as error:
            raise Unavailable(f"cannot be read: {error}") from error
        return self._parse(CachedFeed(decompress(body, self._max_bytes)), feed_input)

    def _client(self) -> httpx.AsyncClient:
        return checked_client(self._tls, self._resolve, allow_private=self._allow_private)

    def _parse(self, document: CachedFeed, feed_input: FeedInput) -> Feed | FeedList:
        with self._parsers:
            content = parse_in_process(
                document.body,
                feed_input.name,
                lines_allowed=not feed_input.is_url,
                content_type=document.content_type,
                include_blocked=self._include_blocked,
            )
        if isinstance(content, FeedList) and feed_input.depth >= MAX_DEPTH:
            raise NotAFeedError(f"lists are nested more than {MAX_DEPTH} deep")
        return content


def _result(content: Feed | FeedList) -> _ReadResult:
    if isinstance(content, FeedList) or content.flaw:
        return _ReadResult(content, content.flaw)
    nothing = "; ".join(content.notes) or "the feed has no episodes"
    return _ReadResult(content, None if content.entries else nothing)
