"""Sampled: the queues of some users in full, for what a list of rows does not tell."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.data.training import User
from evaluation.offline.earshot import Earshot
from evaluation.offline.latency import session_ms
from feed.arrays.arrays import FloatArray
from feed.session.reason_text import phrase

USERS = 300
PLACES = 50
"""How far down a queue parts of scores are looked at."""
TOP = 10
WARM_UP = 10


@dataclass(frozen=True)
class Sampled:
    """What the queues of some users are made of."""

    name: str
    parts: dict[str, FloatArray]
    """by part of the score: (p,) what it gave at each place, on average over users"""
    reasons: Counter[str]
    """by key, among the first 10 of each"""
    sources: Counter[str]
    """by source, how many of the first 10 of each it brought; several may have brought one"""
    degraded: Counter[str]
    shown: int
    """how many episodes reasons and sources are of"""
    latency_ms: FloatArray
    """(u,)"""


def sampled(ranking: Earshot, users: Sequence[User]) -> Sampled:
    """Rank these users' sessions again, and look into them."""
    catalog = ranking.ranker.catalog
    totals: dict[str, FloatArray] = {}
    counts = np.zeros(PLACES)
    reasons: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    degraded: Counter[str] = Counter()
    shown = 0
    for user in users:
        slate = ranking.slate(user)
        length = min(len(slate.rows), PLACES)
        counts[:length] += 1
        for name, given in slate.trace.parts.items():
            total = totals.setdefault(name, np.zeros(PLACES))
            total[:length] += np.array(given[:length])
        codes, leans_on = slate.reasons.codes[:TOP], slate.reasons.leans_on[:TOP]
        pairs = zip(codes.tolist(), leans_on.tolist(), strict=True)
        reasons.update(phrase(catalog, *one)["key"] for one in pairs)
        sources.update(name for names in slate.trace.proposed_by[:TOP] for name in names)
        degraded.update(slate.degraded)
        shown += min(len(slate.rows), TOP)
    queries = [ranking.query(user) for user in users]
    session_ms(ranking.ranker, queries[:WARM_UP])
    return Sampled(
        name=ranking.name,
        parts={name: total / np.maximum(counts, 1) for name, total in totals.items()},
        reasons=reasons,
        sources=sources,
        degraded=degraded,
        shown=shown,
        latency_ms=session_ms(ranking.ranker, queries),
    )
