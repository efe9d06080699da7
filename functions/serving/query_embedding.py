"""Query embeddings: the vector of a query by the model that embedded the catalog, if one can."""

import time
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import numpy.typing as npt

from feed.catalog.catalog import Catalog
from feed.model.degradation import Degradation
from feed.ports.embedder import Embedder
from feed.ports.errors import Refused, Unavailable
from functions.serving.counted_calls import counted
from functions.serving.degradation_log import DegradationLog
from functions.serving.timed_cache import TimedCache
from functions.telemetry import Metrics

TIMEOUT_S = 0.5
"""how long a search waits for the embedding of its query"""
FIRST_TIMEOUT_S = 5.0
"""the first one of a process, which loads or connects"""
RETRY_S = 30.0
"""time after a failure in which the model is not asked"""
KEPT_S = 3600.0
KEPT = 1000
"""embeddings that an instance keeps"""

Found = tuple["npt.NDArray[np.float32] | None", tuple[Degradation, ...]]


class QueryEmbeddings:
    """Embeds queries, each once."""

    def __init__(
        self,
        makers: Mapping[str, Callable[[], Embedder]],
        degradations: DegradationLog,
        metrics: Metrics,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what makes an embedder, by the names of models as snapshots' headers state them.

        It is made for the first query that needs it.
        """
        self._makers = makers
        self._embedders: dict[str, Embedder] = {}
        self._degradations = degradations
        self._count = partial(metrics.count_call, "query_embedding")
        self._monotonic = monotonic
        self._kept = TimedCache[npt.NDArray[np.float32]](
            "query_embeddings", metrics, ttl_s=KEPT_S, max_entries=KEPT, monotonic=monotonic
        )
        self._failed_at = float("-inf")
        self._is_first = True

    async def of(self, catalog: Catalog, query: str) -> Found:
        """Return the (D,) embedding of a query, of length 1, or None and why there is none.

        Without an embedder for the catalog's model there is no reason to tell: a search takes the
        mean embedding of its best matches instead.
        """
        model = catalog.model
        if model not in self._makers or not catalog.embeddings.in_memory:
            return None, ()
        if model not in self._embedders:
            self._embedders[model] = self._makers[model]()
        key = model, query
        found = self._kept.get(key)
        if found is None and self._monotonic() - self._failed_at >= RETRY_S:
            timeout_s, self._is_first = FIRST_TIMEOUT_S if self._is_first else TIMEOUT_S, False
            try:
                with counted(self._count):
                    (found,) = await self._embedders[model].embed([query], timeout_s)
                    if len(found) != catalog.dimension:
                        expected = f"{catalog.dimension} dimensions, as the catalog has"
                        raise Unavailable(f"{model}: expected {expected}, got {len(found)}")
            except Unavailable as error:
                found = None
                if not isinstance(error, Refused):  # of one query, others of which may be embedded
                    self._failed_at = self._monotonic()
                self._degradations.explain(Degradation.QUERY_EMBEDDING_UNAVAILABLE, str(error))
            else:
                self._kept.put(key, found)
        if found is None:
            return None, (Degradation.QUERY_EMBEDDING_UNAVAILABLE,)
        return found, ()
