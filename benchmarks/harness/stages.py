"""Measures how long each stage of a session takes, by wrapping the functions of the pipeline."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.harness.measurement import timing
from feed.ranking import pipeline
from feed.ranking.pipeline import Ranker
from feed.user.query import Query

STAGES = ("user", "filters", "candidates", "scores", "queue", "reasons", "page", "rest")
"""Stages of a session in order. User features are computed in the first stage that reads them."""
ABOUT = (
    "User: engagements resolved to rows, and the user vector. Filters: eligibility. Candidates: "
    "the sources, vector search included. Scores: parts of the scores. Queue: the selector. "
    "Reasons: their choice. Page: JSON and cursor. Rest: all else of a ranking. User features are "
    "computed in the first stage that reads them. Median over sessions, each at its fastest, which "
    "leaves out disturbances."
)
_TIMED: Sequence[tuple[Any, str, str]] = (
    (pipeline, "hydrate", "user"),
    (pipeline, "UserFeatures", "user"),
    (pipeline, "find_eligible", "filters"),
    (pipeline, "generate_candidates", "candidates"),
    (pipeline, "score", "scores"),
    (pipeline, "selector_input", "queue"),
    (pipeline, "select", "queue"),
    (pipeline, "explain", "reasons"),
    (Ranker, "rank", "rank"),
)
_RANK_STAGES = STAGES[:6]


def stage_times_ms(
    page: Callable[[Ranker, Query], bytes], ranker: Ranker, queries: Sequence[Query], rounds: int
) -> dict[str, float]:
    """By stage: milliseconds of `page(ranker, query)`, the median over queries.

    Each query runs `rounds` times, of which the fastest counts.
    """
    every = [_fastest_s(page, ranker, query, rounds) for query in queries]
    return {
        stage: round(float(np.median([one[stage] for one in every])) * 1000, 3) for stage in STAGES
    }


def _fastest_s(
    page: Callable[[Ranker, Query], bytes], ranker: Ranker, query: Query, rounds: int
) -> dict[str, float]:
    """By stage: the least seconds of several runs of one session."""
    runs = []
    for _ in range(rounds):
        seconds: defaultdict[str, float] = defaultdict(float)
        with ExitStack() as patches:
            for owner, name, stage in _TIMED:
                timed = timing(seconds, stage, getattr(owner, name))
                patches.enter_context(patch.object(owner, name, timed))
            timing(seconds, "all", page)(ranker, query)
        seconds["page"] = seconds["all"] - seconds["rank"]
        seconds["rest"] = seconds["rank"] - sum(seconds[stage] for stage in _RANK_STAGES)
        runs.append(seconds)
    return {stage: min(one[stage] for one in runs) for stage in STAGES}
