"""A sample of fully ranked sessions: score parts, reasons, sources and durations."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.data.training import TrainingUser
from evaluation.offline.latency import session_ms
from evaluation.offline.scenario_recommender import ScenarioRecommender
from feed.arrays.arrays import FloatArray
from feed.session.reason_text import render_all

USERS = 300
POSITIONS = 50
"""Number of positions of a queue whose score parts are averaged."""
TOP = 10
WARM_UP = 10


@dataclass(frozen=True)
class SessionSample:
    """What the queues of u sampled users consist of, for one scenario."""

    name: str
    parts: dict[str, FloatArray]
    """by part of the score: (POSITIONS,) mean contribution at each position"""
    reasons: Counter[str]
    """by reason key: number of episodes among the first 10 of each user"""
    sources: Counter[str]
    """by source: number of episodes among the first 10 of each user; one may have several"""
    degraded: Counter[str]
    """by degradation: number of sessions"""
    shown: int
    """number of episodes that `reasons` counts"""
    latency_ms: FloatArray
    """(u,) duration of each session"""


def sample_sessions(ranking: ScenarioRecommender, users: Sequence[TrainingUser]) -> SessionSample:
    """Rank the sessions of these users in full and collect what their queues consist of."""
    catalog = ranking.ranker.catalog
    totals: dict[str, FloatArray] = {}
    counts = np.zeros(POSITIONS)
    reasons: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    degraded: Counter[str] = Counter()
    shown = 0
    for user in users:
        slate = ranking.slate(user)
        length = min(len(slate.rows), POSITIONS)
        counts[:length] += 1
        for name, values in slate.trace.parts.items():
            total = totals.setdefault(name, np.zeros(POSITIONS))
            total[:length] += np.array(values[:length])
        reasons.update(one.key for one in render_all(catalog, slate.reasons)[:TOP])
        sources.update(name for names in slate.trace.proposed_by[:TOP] for name in names)
        degraded.update(slate.degraded)
        shown += min(len(slate.rows), TOP)
    queries = [ranking.query(user) for user in users]
    session_ms(ranking.ranker, queries[:WARM_UP])
    return SessionSample(
        name=ranking.name,
        parts={name: total / np.maximum(counts, 1) for name, total in totals.items()},
        reasons=reasons,
        sources=sources,
        degraded=degraded,
        shown=shown,
        latency_ms=session_ms(ranking.ranker, queries),
    )
