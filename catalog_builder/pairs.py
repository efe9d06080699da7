"""Pairs: how strongly two episodes are tied by those who chose both.

Of every two choices of a user, not too far apart, one is the later. What such a pair counts depends
on that user's choices alone, so what an episode's pairs add up to changes only where one of those
who chose it does: what is counted once holds until then (`catalog_builder/counted.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt

from catalog_builder.interactions import Interactions
from feed.columns import grouped, places

PAIRS = 1 << 20
"""pairs of choices looked at once, about 60 bytes each: what bounds memory"""
KEYS = 1 << 42
"""pairs of two episodes looked at once: what fits a key beside the place of a pair of choices"""
DAY_MINUTES = 24 * 60

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Parameters:
    """How neighbours are found."""

    most: int = 50
    """how many an episode has"""
    window: int = 100
    """how many choices before and after one, of the same user, make a pair with it"""
    backward: float = 0.2
    """what a pair counts for the neighbour that was chosen before; for one chosen after it, 1"""
    half_life_days: float = 365.0
    """of a pair, by the age of its newer choice"""
    activity: float = 1.0
    """a pair of a user of c choices counts c^-activity"""
    own_popularity: float = 0.5
    """near(a, b) is divided by (choices of a + shrinkage)^own_popularity ..."""
    popularity: float = 0.75
    """... and by (choices of b + shrinkage)^popularity"""
    shrinkage: float = 10.0

    def anchor(self, now_minute: int) -> int:
        """The minute that ages are counted from: the next whole half-life since 1970.

        Another one is a factor to all pairs alike, which no neighbour depends on. So it need not
        move with every build, and then what a pair counts does not, either.
        """
        half_life = self.half_life_days * DAY_MINUTES
        return round(ceil(now_minute / half_life) * half_life)


@dataclass(frozen=True)
class Ties:
    """Pairs of two episodes, in the order of both."""

    of: Rows
    """(t,) the place of the one among those asked for"""
    rows: npt.NDArray[np.int32]
    """(t,) the other"""
    strengths: Floats
    """(t,) the sum of what all their pairs count"""

    @classmethod
    def none(cls) -> "Ties":
        """Nobody is tied to anybody."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0))


class Pairs:
    """Pairs of choices of one user, found from the episode of either side."""

    def __init__(
        self, interactions: Interactions, now_minute: int, episodes: int, parameters: Parameters
    ) -> None:
        """Whatever is dated ahead of `now_minute`, since 1970, is of now."""
        self.choices = np.bincount(interactions.rows, minlength=episodes)
        self._of = np.concatenate([[0], np.cumsum(self.choices)])
        self._by_episode = np.argsort(interactions.rows, kind="stable").astype(np.int32)
        self._rows = interactions.rows
        self._starts = interactions.starts
        lengths = np.diff(interactions.starts)
        self._user = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        self._activity = lengths.astype(np.float32) ** -parameters.activity
        self._older = interactions.weights
        self._newer = np.concatenate(
            [_newer(part, now_minute, parameters) for part in interactions.parts()]
        )
        """a pair counts activity x the one of its older choice x the other of its newer"""
        self._episodes = episodes
        self._window = parameters.window
        self._backward = np.float32(parameters.backward)
        self._at_once = max(1, PAIRS // (2 * parameters.window + 1))

    def blocks(self, rows: Rows) -> Iterator[Rows]:
        """These episodes, as many at once as have few enough pairs, and one at least."""
        ends = np.cumsum(self.choices[rows])
        first, before = 0, 0
        while first < len(rows):
            fit = int(np.searchsorted(ends, before + self._at_once, "right"))
            end = max(first + 1, min(fit, first + KEYS // self._episodes))
            yield rows[first:end]
            first, before = end, int(ends[end - 1])

    def tied(self, rows: Rows, least: int) -> Ties:
        """Who is tied to these episodes by the pairs of `least` people and more.

        A part of the choices at a time, should even one episode have too many. Pairs are float32
        and added up in float64, where so few digits leave no rounding: in any order it is the same.
        """
        choices = self._by_episode[places(self._of[rows], self._of[rows + 1])]
        of = np.repeat(np.arange(len(rows)), self.choices[rows])
        if len(choices) <= self._at_once:
            keys, _, strengths = self._summed(choices, of, least)
        else:
            starts = range(0, len(choices), self._at_once)
            slices = [slice(start, start + self._at_once) for start in starts]
            parts = [self._summed(choices[some], of[some], 1) for some in slices]
            keys, people, strengths = map(np.concatenate, zip(*parts, strict=True))
            order, begins = grouped(keys)
            enough = np.add.reduceat(people[order], begins) >= least
            strengths = np.add.reduceat(strengths[order], begins)[enough]
            keys = keys[order[begins]][enough]
        of, others = np.divmod(keys, self._episodes)
        kept = (others != rows[of]) & (strengths > 0)
        return Ties(of[kept], others[kept].astype(np.int32), strengths[kept])

    def _summed(
        self, choices: npt.NDArray[np.int32], of: Rows, least: int
    ) -> tuple[Rows, Rows, Floats]:
        """Key, people and strength of every two episodes that so many people tie.

        What a pair counts is looked up last, since most are of two that few people tie.
        """
        user = self._user[choices]
        first = np.maximum(choices - self._window, self._starts[user])
        end = np.minimum(choices + self._window + 1, self._starts[user + 1])
        others = places(first, end)  # among which is the choice itself, tied to its own episode
        keys = np.repeat(of * self._episodes, end - first)
        keys += self._rows[others]
        order, begins = grouped(keys)
        people = np.diff(begins, append=len(keys))
        enough = people >= least
        begins, people = begins[enough], people[enough]
        keys = keys[order[begins]]
        pairs = order[places(begins, begins + people)]
        one = np.searchsorted(np.cumsum(end - first), pairs, "right")
        strengths = self._counted(choices[one], others[pairs], user[one])
        first_of_each = np.cumsum(people) - people
        return keys, people, np.add.reduceat(strengths, first_of_each) if len(keys) else strengths

    def _counted(
        self, ones: npt.NDArray[np.int32], others: Rows, users: npt.NDArray[np.int32]
    ) -> Floats:
        """What these pairs count for the others, which were chosen later, or else earlier."""
        later = others > ones
        older = np.where(later, ones, others)
        newer = np.where(later, others, ones)
        counts: npt.NDArray[np.float32] = self._older[older] * self._newer[newer]
        counts *= self._activity[users]
        counts[~later] *= self._backward
        return counts.astype(np.float64)


def _newer(
    interactions: Interactions, now_minute: int, parameters: Parameters
) -> npt.NDArray[np.float32]:
    """(m,) the weight of each choice, halved with each half-life of its age."""
    ages = parameters.anchor(now_minute) - np.minimum(interactions.minutes, now_minute)
    days = (ages / DAY_MINUTES).astype(np.float32)
    decay: npt.NDArray[np.float32] = np.exp2(days / np.float32(-parameters.half_life_days))
    return interactions.weights * decay
