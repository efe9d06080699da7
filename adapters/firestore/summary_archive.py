"""Reads all users' summaries from Firestore: in several parts at once, or page by page."""

import logging
import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

from google.api_core.retry import Retry
from google.cloud.firestore import Client, FieldFilter, Query

from adapters.firestore.documents import SHARDS
from adapters.firestore.episodes import is_transient
from adapters.firestore.errors import translate_errors
from adapters.firestore.schema.paths import PathPattern
from adapters.firestore.schema.schema import PLAIN, Schema
from feed.model.engagement import Summary, SummaryError
from feed.model.timestamps import from_us
from feed.ports.users import SummaryPage
from feed.summary.document import from_document

PAGE = 300
"""documents read at once"""
COUNT_S = 60.0
"""limit of a count, in seconds"""
BOUNDS = ("4", "8", "D", "K", "R", "Y", "f", "m", "t")
"""First characters that split Firebase's user ids into about equal parts. (Firestore's partition
queries would do that, too, but the emulator has none.)"""
QUEUE_SIZE = 2000
"""summaries that are read ahead; bounds memory"""

log = logging.getLogger(__name__)


class FirestoreArchive:
    """A `SummaryArchive` over the summaries of all users. It connects when it is read."""

    def __init__(
        self,
        project: str | None = None,
        schema: Schema = PLAIN,
        *,
        at_once: int = 4,
        timeout_s: float = 30.0,
        patience_s: float = 60.0,
    ) -> None:
        """Configure the archive.

        `at_once` pages are read at the same time. `timeout_s` limits each attempt to read one,
        `patience_s` all attempts together. Both are seconds.
        """
        self._make = partial(Client, project=project, database=schema.database)
        self._place = schema.earshot.document("summary")
        self._at_once = at_once
        self._once: dict[str, Any] = {"retry": None, "timeout": timeout_s}
        self._patience_s = patience_s

    def summaries(self) -> Iterator[Summary]:
        """Yield every summary that can be decoded, in any order. Raises `Unavailable`."""
        with translate_errors("list summaries"):
            parts = _parts(self._client, self._place)
        return self._read_all(parts)

    def changed_since(self, us: int) -> Iterator[Summary]:
        """Yield the summaries written at or after `us`, microseconds since 1970, in any order.

        Costs one document read for each, and one if there are none. Raises `Refused` where the
        database lacks the index, or is still building it; else `Unavailable`.
        """
        with translate_errors("list summaries"):
            changed = _changed(self._client, self._place, from_us(us))
        return self._read_all([changed], ordered_by_time=True)

    def page(self, position: str = "") -> SummaryPage:
        """Read at most `PAGE` of Earshot's own documents behind a path, and keep the summaries.

        Costs one document read for each, and one where there are none. Raises `Unavailable`.
        """
        with translate_errors("read summaries"):
            client = self._client
            query = client.collection_group(self._place.collection).order_by("__name__")
            if position:
                query = query.start_after({"__name__": client.document(position)})
        documents = self._page(query.limit(PAGE))
        found: list[tuple[str, Summary]] = []
        for one in documents:
            match = self._place.match(one.reference.path)
            if match and (summary := _summary(one)) is not None:
                found.append((match["uid"], summary))
        end = documents[-1].reference.path if len(documents) == PAGE else ""
        return SummaryPage(found, max(len(documents), 1), end)

    def count_reads(self) -> int:
        """The number of Earshot's own documents. Costs one document read for each 1,000."""
        with translate_errors("count"):
            every: Any = self._client.collection_group(self._place.collection)
            return int(every.count().get(retry=None, timeout=COUNT_S)[0][0].value)

    @cached_property
    def _client(self) -> Client:
        return self._make()

    def _read_all(self, parts: list[Query], *, ordered_by_time: bool = False) -> Iterator[Summary]:
        """The summaries that these queries find, read `at_once` queries at a time.

        In the order of time, a summary that is written meanwhile comes again: it is left out.
        """
        read: queue.Queue[Summary | None] = queue.Queue(QUEUE_SIZE)
        with ThreadPoolExecutor(self._at_once, "summaries") as pool:
            running = [
                pool.submit(self._read, part, read, set() if ordered_by_time else None)
                for part in parts
            ]
            try:
                for _ in running:  # each puts None when it ends, also after an error
                    while (summary := read.get()) is not None:
                        yield summary
            finally:
                for one in running:
                    one.cancel()
                while not all(one.done() for one in running):
                    _discard(read)
            for one in running:
                one.result()

    def _read(
        self, part: Query, read: "queue.Queue[Summary | None]", seen: set[str] | None
    ) -> None:
        try:
            page = part.limit(PAGE)
            while snapshots := self._page(page):
                for snapshot in snapshots:
                    path = snapshot.reference.path
                    if not self._place.match(path):
                        continue
                    if seen is not None:
                        if path in seen:
                            continue
                        seen.add(path)
                    if (summary := _summary(snapshot)) is not None:
                        read.put(summary)
                if len(snapshots) < PAGE:
                    return
                page = page.start_after(snapshots[-1])
        finally:
            read.put(None)

    def _page(self, query: Query) -> list[Any]:
        with translate_errors("read summaries"):
            retry = Retry(is_transient, initial=0.25, timeout=self._patience_s)
            return list(retry(partial(query.get, **self._once))())


def _parts(client: Client, place: PathPattern) -> list[Query]:
    """Queries that together read all summaries, split by user id at `BOUNDS`.

    They read all that Earshot keeps in the same collection: Firestore cannot select by id alone.
    """
    every = client.collection_group(place.collection).order_by("__name__")
    places = [{"__name__": client.document(place.fill(uid=one))} for one in BOUNDS]
    return [
        every.end_before(places[0]),
        *(every.start_at(one).end_before(other) for one, other in pairwise(places)),
        every.start_at(places[-1]),
    ]


def _changed(client: Client, place: PathPattern, since: datetime) -> Query:
    """A query that reads the summaries written at or after `since`, in the order of that time.

    It is one for all shards: one for each would cost a read for each even if nothing changed.
    """
    every = client.collection_group(place.collection).order_by("change.at")
    return every.where(filter=FieldFilter("change.at", ">=", since)).where(
        filter=FieldFilter("change.shard", "in", list(range(SHARDS)))
    )


def _summary(snapshot: Any) -> Summary | None:
    try:
        return from_document(snapshot.to_dict() or {})
    except (SummaryError, UnicodeDecodeError, RecursionError) as error:
        log.warning("%s is malformed: %s", snapshot.reference.path, error)
        return None


def _discard(read: "queue.Queue[Summary | None]") -> None:
    try:
        read.get(timeout=0.1)
    except queue.Empty:
        return
