"""Interactions for tests: events written by hand, and training data from them."""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from hypothesis import strategies as st

from catalog_builder.signals.aggregates import SignalParameters
from evaluation.data.events import Event, Events
from evaluation.data.training import TrainingData, training_data
from evaluation.wiring import CatalogInput
from feed.arrays.arrays import FloatArray, IntArray
from feed.model.engagement import ENGAGEMENT_TYPES
from feed.model.timestamps import DAY_US, to_us
from tests.support.catalogs import NOW, episodes, vectors_of

EPISODES = 30
CUT_US = to_us(NOW)


@cache
def catalog_input(count: int = EPISODES) -> CatalogInput:
    """Generated episodes `episode-0` to `episode-{count - 1}` with vectors."""
    some = episodes(count)
    return CatalogInput(some, vectors_of(some))


def event(
    user: str,
    number: int,
    days: float = 0.0,
    event_type: str = "complete",
    progress: float = math.nan,
) -> Event:
    """An event `days` before the cut; negative for after it."""
    when = CUT_US - int(days * DAY_US)
    return user, f"episode-{number}", ENGAGEMENT_TYPES.index(event_type), when, progress  # type: ignore[arg-type]


def history(user: str, numbers: Sequence[int], event_type: str = "complete") -> list[Event]:
    """An event with each episode, a day apart, the last at the cut."""
    return [
        event(user, number, len(numbers) - 1 - at, event_type) for at, number in enumerate(numbers)
    ]


def training_of(train: Sequence[Event], count: int = EPISODES) -> TrainingData:
    """The training data of these events, with a catalog of the first `count` episodes."""
    some = catalog_input(count)
    parameters = SignalParameters(min_users=1)
    return training_data(some.episodes, some.vectors, Events.from_rows(train), NOW, parameters)


def rows_of(known: TrainingData, numbers: Sequence[int]) -> list[int]:
    """Catalog rows of episodes, given by number."""
    found: list[int] = known.catalog.rows([f"episode-{number}" for number in numbers]).tolist()
    return found


def padded(lists: Sequence[Sequence[int]], depth: int) -> IntArray:
    """(u, depth) lists of rows, padded with -1."""
    made = np.full((len(lists), depth), -1, np.int64)
    for place, rows in enumerate(lists):
        made[place, : len(rows)] = rows
    return made


class FixedScores:
    """A recommender with given scores: (n,) for all users, or by user id."""

    def __init__(self, scores: FloatArray | dict[str, FloatArray], name: str = "fixed") -> None:
        self.name = name
        self._scores = scores

    def score(self, user: object) -> FloatArray:
        """(n,) the given scores."""
        if isinstance(self._scores, dict):
            return self._scores[user.user_id]  # type: ignore[attr-defined, no-any-return]
        return self._scores

    def rank(self, user: object, count: int) -> IntArray:
        """Unseen rows by a plain sort of the scores."""
        scores = self.score(user)
        seen = set(user.seen.tolist())  # type: ignore[attr-defined]
        order = sorted(range(len(scores)), key=lambda row: -scores[row])
        return np.array([row for row in order if row not in seen][:count], np.int64)


events = st.builds(
    event,
    user=st.sampled_from("abcde"),
    number=st.integers(0, EPISODES + 2),
    days=st.integers(0, 20),
    event_type=st.sampled_from(ENGAGEMENT_TYPES),
    progress=st.sampled_from([math.nan, 0.0, 0.4, 1.0]),
)
"""few users, days and episodes, so that they coincide; some episodes are not in the catalog"""
