"""Stages: where the time of a session goes, measured from outside of the code that takes it."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import numpy as np

from feed.ranking import pipeline
from feed.ranking.pipeline import Ranker
from feed.user.query import Query

STAGES = ("user", "filters", "candidates", "scores", "queue", "reasons", "page", "rest")
"""In order. What is known of the user's taste is made by the first stage that asks for it."""
ABOUT = (
    "User: what the user did, as columns, and the mean of the newest. Filters: who may be shown. "
    "Candidates: who is proposed, the search for the nearest in it. Scores: their parts. Queue: "
    "the selector. Reasons: why. Page: JSON and cursor. Rest: all else of a ranking. What is known "
    "of the user's taste is in the first stage that asks for it. Median of the sessions, each at "
    "its quickest, so that what disturbs is left out."
)
_OF: Sequence[tuple[Any, str, str]] = (
    (pipeline, "hydrate", "user"),
    (pipeline, "UserFeatures", "user"),
    (pipeline, "find_eligible", "filters"),
    (pipeline, "generate_candidates", "candidates"),
    (Ranker, "_parts", "scores"),
    (pipeline, "selector_input", "queue"),
    (pipeline, "select", "queue"),
    (pipeline, "explain", "reasons"),
    (Ranker, "rank", "rank"),
)
_RANK = STAGES[:6]


def split(
    page: Callable[[Ranker, Query], bytes], ranker: Ranker, queries: Sequence[Query], rounds: int
) -> dict[str, float]:
    """By stage, milliseconds of `page`: see `ABOUT`."""
    every = [_quickest(page, ranker, query, rounds) for query in queries]
    return {
        stage: round(float(np.median([one[stage] for one in every])) * 1000, 3) for stage in STAGES
    }


def _quickest(
    page: Callable[[Ranker, Query], bytes], ranker: Ranker, query: Query, rounds: int
) -> dict[str, float]:
    """Seconds by stage of one session: of several times the least."""
    runs = []
    for _ in range(rounds):
        seconds: Counter[str] = Counter()
        with ExitStack() as track:
            for where, name, stage in _OF:
                timed = _timed(seconds, stage, getattr(where, name))
                track.enter_context(patch.object(where, name, timed))
            _timed(seconds, "all", page)(ranker, query)
        seconds["page"] = seconds["all"] - seconds["rank"]
        seconds["rest"] = seconds["rank"] - sum(seconds[stage] for stage in _RANK)
        runs.append(seconds)
    return {stage: min(one[stage] for one in runs) for stage in STAGES}


def _timed(seconds: "Counter[str]", stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function; what it takes is added to a stage."""

    def measured(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            seconds[stage] += time.perf_counter() - began  # type: ignore[assignment]

    return measured
