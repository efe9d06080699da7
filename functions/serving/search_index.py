"""Search indexes: the index of the catalog in memory, loaded by the first search that needs it.

What reads an index is imported then, too: a session needs neither.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from feed.catalog.catalog import Catalog
from feed.model.degradation import Degradation
from feed.ports.errors import Damaged, NotFound, TooLarge, Unavailable
from feed.ports.shelf import Shelf
from functions.serving.catalog_loader import RESERVE_BYTES
from functions.serving.degradation_log import DegradationLog
from functions.serving.loaded_catalog import LoadedCatalog

if TYPE_CHECKING:
    from feed.search.index import SearchIndex

FETCH_S = 60.0
"""deadline for fetching an index"""
WAIT_S = 10.0
"""how long a search waits for its index"""
RETRY_S = 30.0
"""time after a failure in which no other fetch is tried"""

Found = tuple["SearchIndex | None", tuple[Degradation, ...]]


class SearchIndexes:
    """Keeps the search index of one catalog in memory."""

    def __init__(
        self,
        shelf: Shelf,
        degradations: DegradationLog,
        memory_limit: int | None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Hold no index yet. `memory_limit` is in bytes; None is no limit."""
        self._shelf = shelf
        self._degradations = degradations
        self._memory_limit = memory_limit
        self._monotonic = monotonic
        self._sha256 = ""
        self._index: SearchIndex | None = None
        self._loading: asyncio.Task[SearchIndex | None] | None = None
        self._failed_at = float("-inf")

    async def of(self, loaded: LoadedCatalog) -> Found:
        """Return the index of this catalog, or None and why there is none at present."""
        catalog = loaded.catalog
        if catalog.search_index is None:
            return None, (Degradation.SEARCH_INDEX_MISSING,)
        wanted = catalog.search_index.sha256  # catalogs with the same episodes share one
        if self._sha256 != wanted:
            self._sha256, self._index, self._loading = wanted, None, None
            self._failed_at = float("-inf")
        if self._index is None and self._monotonic() - self._failed_at >= RETRY_S:
            if self._loading is None:
                work = asyncio.to_thread(self._fetch, catalog, loaded.size_bytes)
                self._loading = asyncio.create_task(work)
            loading = self._loading
            done, _ = await asyncio.wait([loading], timeout=WAIT_S)
            if done and loading is self._loading:
                # First, in case of an error that nobody expects: it ends this request alone.
                self._loading, self._failed_at = None, self._monotonic()
                self._index = loading.result()
        if self._sha256 != wanted or self._index is None:
            return None, (Degradation.SEARCH_INDEX_UNAVAILABLE,)
        return self._index, ()

    def _fetch(self, catalog: Catalog, size_bytes: int) -> "SearchIndex | None":
        """Fetch and decode the index of a catalog whose snapshot has that size."""
        from feed.search.codec import SearchIndexError, decode  # noqa: PLC0415  # see the module

        stored, limit = catalog.search_index, self._memory_limit
        assert stored is not None  # noqa: S101  # for the type checker
        left = None if limit is None else limit - RESERVE_BYTES - size_bytes
        try:
            if left is not None and stored.size > left:
                raise TooLarge(f"an index of {stored.size} bytes; {max(0, left)} are left")
            data = self._shelf.fetch_index(catalog.version, FETCH_S, stored.size, stored.sha256)
            return decode(data, len(catalog))
        except (Damaged, NotFound, TooLarge, Unavailable, SearchIndexError) as error:
            self._degradations.explain(Degradation.SEARCH_INDEX_UNAVAILABLE, str(error))
            return None
