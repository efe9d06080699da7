"""Interactions for tests: events written by hand, and what is learned from them."""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from hypothesis import strategies as st

from catalog_builder.signals.aggregates import SignalParameters
from evaluation.data.events import Event, Events
from evaluation.data.training import Learned, learn
from evaluation.wiring import Material
from feed.arrays.arrays import FloatArray, IntArray
from feed.model.engagement import TYPES
from feed.model.timestamps import DAY_US, to_us
from tests.support.catalogs import NOW, episodes, vectors_of

EPISODES = 30
CUT_US = to_us(NOW)


@cache
def shelf(count: int = EPISODES) -> Material:
    """Generated episodes `episode-0` and on, with their vectors."""
    some = episodes(count)
    return Material(some, vectors_of(some))


def event(
    user: str, number: int, days: float = 0.0, kind: str = "complete", progress: float = math.nan
) -> Event:
    """An event so many days before the cut; negative for after it."""
    when = CUT_US - int(days * DAY_US)
    return user, f"episode-{number}", TYPES.index(kind), when, progress  # type: ignore[arg-type]


def history(user: str, numbers: Sequence[int], kind: str = "complete") -> list[Event]:
    """An event for each, the last at the cut and a day between two."""
    return [event(user, number, len(numbers) - 1 - at, kind) for at, number in enumerate(numbers)]


def learned(train: Sequence[Event], count: int = EPISODES) -> Learned:
    """What is known at the cut, of episodes of which the first `count` exist."""
    some = shelf(count)
    parameters = SignalParameters(min_users=1)
    return learn(some.episodes, some.vectors, Events.of(train), NOW, parameters)


def rows_of(known: Learned, numbers: Sequence[int]) -> list[int]:
    """Catalog rows of episodes by number."""
    found: list[int] = known.catalog.rows([f"episode-{number}" for number in numbers]).tolist()
    return found


def padded(lists: Sequence[Sequence[int]], depth: int) -> IntArray:
    """(u, depth) lists of rows as the harness keeps them."""
    made = np.full((len(lists), depth), -1, np.int64)
    for place, rows in enumerate(lists):
        made[place, : len(rows)] = rows
    return made


class Fixed:
    """A recommender whose scores are given: the same for everybody, or by user."""

    def __init__(self, scores: FloatArray | dict[str, FloatArray], name: str = "fixed") -> None:
        self.name = name
        self._scores = scores

    def score(self, user: object) -> FloatArray:
        """(n,) as given."""
        if isinstance(self._scores, dict):
            return self._scores[user.user_id]  # type: ignore[attr-defined, no-any-return]
        return self._scores

    def rank(self, user: object, count: int) -> IntArray:
        """By a plain sort."""
        scores = self.score(user)
        seen = set(user.seen.tolist())  # type: ignore[attr-defined]
        order = sorted(range(len(scores)), key=lambda row: -scores[row])
        return np.array([row for row in order if row not in seen][:count], np.int64)


events = st.builds(
    event,
    user=st.sampled_from("abcde"),
    number=st.integers(0, EPISODES + 2),
    days=st.integers(0, 20),
    kind=st.sampled_from(TYPES),
    progress=st.sampled_from([math.nan, 0.0, 0.4, 1.0]),
)
"""of few users and few days, so that they meet; some with episodes that the catalog has not"""
