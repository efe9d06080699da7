"""Latency: how long a session takes, from its query to its first page in JSON."""

import time
from collections.abc import Iterable

import numpy as np

from feed.arrays.arrays import FloatArray
from feed.model.timestamps import HOUR_US
from feed.ranking.pipeline import Ranker
from feed.session import pages as sessions
from feed.user.query import Query

KEY = b"a key that signs cursors which nobody is sent"
PAGE = 10


def session_ms(ranker: Ranker, queries: Iterable[Query]) -> FloatArray:
    """(q,) milliseconds of ranking, encoding the first page and sealing its cursor."""
    took = []
    for query in queries:
        began = time.perf_counter()
        sessions.page(
            ranker.catalog,
            sessions.create(ranker, query),
            PAGE,
            uid="someone",
            keys=[KEY],
            expires_us=query.now_us + HOUR_US,
        )
        took.append((time.perf_counter() - began) * 1000)
    return np.array(took)
