"""Episodes from podcast feeds: RSS and Atom, over HTTP or from files, singly or by OPML."""

import logging
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from threading import Semaphore
from typing import NamedTuple

import httpx

from adapters.rss import budget as rss_budget
from adapters.rss.budget import ReadBudget
from adapters.rss.cache import Copy, FeedCache
from adapters.rss.compression import expand
from adapters.rss.document import Feed, Listing, NotAFeedError
from adapters.rss.fetch import fetch
from adapters.rss.ids import guid_of
from adapters.rss.parse import parse
from adapters.rss.places import Place, locate
from adapters.rss.transport import CheckedTransport, Resolver, resolve
from feed.ports.builds import Copies
from feed.ports.episodes import Problem, Record
from feed.ports.errors import Unavailable

MAX_DEPTH = 3
"""Lists may name lists, this deep."""
LOOK_AHEAD = 4
"""Feeds read and waiting for their turn, per worker: what bounds memory."""
MAX_BYTES = 64 * 2**20
REASONS_NAMED = 3

log = logging.getLogger(__name__)


class _Reading(NamedTuple):
    content: Feed | Listing | None
    reason: str | None = None


class RssSource:
    """An `EpisodeSource` of podcast feeds.

    An input is the URL or the path of a feed or of an OPML list, or the path of a text with one
    URL or path a line; what it is shows in its content. Paths in a list start from its folder,
    and a list from the network can name only URLs. Copies of feeds are kept in `copies`
    (None: nowhere): they answer a 304, and stand in, with a Problem, for a feed that fails.

    What asks to be in no directory (itunes:block, podcast:block) is left out, unless
    `include_blocked`. `timeout_s` (seconds) and `max_bytes` are per feed, `total_s` and
    `total_bytes` for what is fetched together: then copies stand in. `on_feed` is called with the
    name of each feed when its turn is over, in order, from the thread that reads.

    Only addresses of the public Internet are fetched, unless `allow_private`; then the proxies of
    the environment are used, too. `resolve` tells the addresses of a host.

    Ids: see `rss_ids`. Without guid the URL of the audio takes its place, or else the entry's. A
    series' id is its podcast:guid, or else the hash of the feed's URL.
    """

    def __init__(
        self,
        inputs: Sequence[str],
        copies: Copies | None,
        *,
        max_workers: int = 8,
        timeout_s: float = 15.0,
        max_bytes: int = MAX_BYTES,
        total_s: float = rss_budget.TIMEOUT_S,
        total_bytes: int = rss_budget.MAX_BYTES,
        include_blocked: bool = False,
        allow_private: bool = False,
        resolve: Resolver = resolve,
        on_feed: Callable[[str], None] | None = None,
    ) -> None:
        self._inputs = inputs
        self._cache = FeedCache(copies)
        self._max_workers = max_workers
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._total = (total_s, total_bytes)
        self._include_blocked = include_blocked
        self._allow_private = allow_private
        self._resolve = resolve
        self._on_feed = on_feed
        self._tls = httpx.create_ssl_context()  # slow to make, so once for all feeds
        # Parsing is all computation, unlike fetching: more at once than cores only costs memory.
        self._parsers = Semaphore(min(max_workers, os.cpu_count() or 1))

    def read(self) -> Iterator[Record | Problem]:
        """Yield the records of every feed: inputs in order, entries in feed order.

        Raises `Unavailable` at the end if not one record could be read.
        """
        budget = ReadBudget(*self._total)
        seen: set[str] = set()
        places = deque(locate(self._inputs, None, seen))
        readings: dict[Place, Future[_Reading]] = {}
        reasons: list[str] = []
        records = 0
        pool = ThreadPoolExecutor(self._max_workers, thread_name_prefix="rss")
        try:
            while places:
                for place in islice(places, LOOK_AHEAD * self._max_workers):
                    if place not in readings:
                        readings[place] = pool.submit(self._read_place, place, budget)
                place = places.popleft()
                content, reason = readings.pop(place).result()
                if reason:
                    reasons.append(f"{place.name}: {reason}")
                    yield Problem(place.name, reason, whole_source=True)
                if isinstance(content, Listing):
                    places.extendleft(reversed(locate(content.places, place, seen)))
                    continue
                for note in content.notes if content and content.entries else ():
                    yield Problem(place.name, note, whole_source=True, is_note=True)
                for n, entry in enumerate(content.entries if content else ()):
                    records += 1
                    guid = guid_of(entry.get("id") or "")
                    yield Record(f"{place.name}#{n}", entry, place.name, guid)
                if self._on_feed:
                    self._on_feed(place.name)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        if not records:
            named = "; ".join(reasons[:REASONS_NAMED]) or "no feed was given"
            raise Unavailable(f"no episode could be read ({named})")

    def _read_place(self, place: Place, budget: ReadBudget) -> _Reading:
        if place.refused:
            return _Reading(None, place.refused)
        try:
            content = self._read_url(place, budget) if place.is_url else self._read_file(place)
        except _StoodInError as stood_in:
            return _Reading(stood_in.content, stood_in.reason)
        except (Unavailable, NotAFeedError) as error:
            return _Reading(None, str(error))
        except Exception as error:
            # One feed must not end a build, not even with what nobody thought of.
            log.exception("reading %s failed", place.name)
            return _Reading(None, f"unexpected {type(error).__name__}")
        if isinstance(content, Listing) or content.flaw:
            return _Reading(content, content.flaw)
        nothing = "; ".join(content.notes) or "the feed has no episodes"
        return _Reading(content, None if content.entries else nothing)

    def _read_url(self, place: Place, budget: ReadBudget) -> Feed | Listing:
        url = place.address
        kept = self._cache.load(url)
        try:
            timeout_s = budget.seconds(self._timeout_s)
            new = fetch(
                url, kept, timeout_s=timeout_s, max_bytes=self._max_bytes, client=self._client
            )
            budget.spend(len(new.body) if new else 0)
            current = new or kept or Copy(b"")
            content = self._parse(current, place)
        except (Unavailable, NotAFeedError) as error:
            if kept is None:
                raise
            content = self._parse(kept, place)
            raise _StoodInError(content, f"{error}; a copy kept earlier was used") from error
        if new is not None:
            if kept is not None and content.flaw:
                self._check_against(kept, content, place)
            # Only what could be read: a good copy outlives a server's bad day.
            self._cache.keep(url, new)
        return content

    def _check_against(self, kept: Copy, content: Feed | Listing, place: Place) -> None:
        """Raise `_StoodInError` if a damaged document has less than its copy had."""
        try:
            before = self._parse(kept, place)
        except NotAFeedError:  # then what there is now is better
            return
        if before.size > content.size:
            raise _StoodInError(before, f"{content.flaw}; a copy kept earlier, with more, was used")

    def _read_file(self, place: Place) -> Feed | Listing:
        path = Path(place.address)
        try:
            if not path.is_file():  # a device or a pipe might never end
                raise Unavailable("no such file")
            with path.open("rb") as file:
                body = file.read(self._max_bytes + 1)
        except (OSError, ValueError) as error:
            raise Unavailable(f"cannot be read: {error}") from error
        return self._parse(Copy(expand(body, self._max_bytes)), place)

    def _client(self) -> httpx.AsyncClient:
        if self._allow_private:
            return httpx.AsyncClient(verify=self._tls)
        transport = CheckedTransport(self._tls, self._resolve)
        return httpx.AsyncClient(transport=transport, trust_env=False)

    def _parse(self, copy: Copy, place: Place) -> Feed | Listing:
        with self._parsers:
            content = parse(
                copy.body,
                place.name,
                lines_allowed=not place.is_url,
                content_type=copy.content_type,
                include_blocked=self._include_blocked,
            )
        if isinstance(content, Listing) and place.depth >= MAX_DEPTH:
            raise NotAFeedError(f"lists are nested more than {MAX_DEPTH} deep")
        return content


class _StoodInError(Exception):
    def __init__(self, content: Feed | Listing, reason: str) -> None:
        super().__init__(reason)
        self.content = content
        self.reason = reason
