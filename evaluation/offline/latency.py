"""Measures the duration of sessions, from a query to its first page as JSON."""

import time
from collections.abc import Iterable

import numpy as np

from feed.arrays.arrays import FloatArray
from feed.model.timestamps import HOUR_US
from feed.ranking.pipeline import Ranker
from feed.session import pages
from feed.user.query import Query

CURSOR_KEY = b"a key for cursors that are discarded"
PAGE_SIZE = 10


def session_ms(ranker: Ranker, queries: Iterable[Query]) -> FloatArray:
    """(q,) milliseconds to rank each session, encode its first page and sign its cursor."""
    durations_ms = []
    for query in queries:
        began = time.perf_counter()
        pages.page(
            ranker.catalog,
            pages.create(ranker, query),
            PAGE_SIZE,
            uid="someone",
            keys=[CURSOR_KEY],
            expires_us=query.now_us + HOUR_US,
        )
        durations_ms.append((time.perf_counter() - began) * 1000)
    return np.array(durations_ms)
