"""Simulated users who choose names, day by day: quiet, but for bursts that are planted.

Users differ in how much they listen and in taste; names are as frequent as Zipf's law has it. All
listen more at weekends, every third name has a weekday of its own, and the audience grows.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from catalog_builder.insights.counts import SPAN_DAYS, NameCounts, add_events
from catalog_builder.insights.names import ENTITY, EpisodeNames
from feed.arrays.arrays import IntArray

TASTES = 10
"""groups of users with a taste of their own"""
WEEKDAYS = np.array([0.9, 0.9, 0.9, 1.0, 1.1, 1.5, 1.4])
OWN_DAY = 3.0
"""how many times as often a name with a weekday of its own is chosen on that day"""
GROWTH = 1.005
"""by which the audience grows each day"""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Burst:
    """A name that is chosen `factor` times as often for some days."""

    name: int
    first_day: int
    days: int
    factor: float


@dataclass(frozen=True)
class World:
    """Names and users, and how many choices there are on a day."""

    names: int = 300
    users: int = 4000
    choices: float = 1500.0
    """on the first day"""
    seed: int = 0

    @cached_property
    def rates(self) -> Floats:
        """(tastes, I, 7) share of each name in the choices of users of a taste, by weekday."""
        rng = np.random.default_rng((self.seed, 1))
        frequency = 1.0 / np.arange(1, self.names + 1) ** 0.8
        rates = frequency * rng.lognormal(0.0, 1.0, (TASTES, self.names))
        by_day = np.ones((self.names, 7))
        own = np.arange(0, self.names, 3)
        by_day[own, rng.integers(0, 7, len(own))] = OWN_DAY
        rates = rates / rates.sum(axis=1, keepdims=True)
        by_day /= by_day.mean(axis=1, keepdims=True)
        found: Floats = rates[:, :, None] * by_day
        return found

    def level(self, day: int) -> float:
        """Choices that a day has on average."""
        return float(self.choices * WEEKDAYS[day % 7] * GROWTH**day)

    def expected(self, day: int) -> Floats:
        """(I,) choices of each name that a quiet day has on average."""
        found: Floats = self.level(day) * self.rates[:, :, day % 7].mean(axis=0)
        return found


@dataclass(frozen=True)
class Choices:
    """The k choices of a world, in the order of days."""

    users: IntArray
    names: IntArray
    days: IntArray

    def counts(self, names: EpisodeNames, last_day: int) -> NameCounts:
        """Returns what a build at the end of a day counts."""
        first, end = np.searchsorted(self.days, [last_day - SPAN_DAYS + 1, last_day + 1])
        some = slice(int(first), int(end))
        ages = last_day - self.days[some]
        counts = NameCounts.none(names.keys)
        add_events(counts, names, self.users[some], self.names[some], ages)
        return counts


def simulate(world: World, days: int, bursts: tuple[Burst, ...] = ()) -> Choices:
    """Returns the choices of so many days."""
    rng = np.random.default_rng((world.seed, 2))
    activity = rng.lognormal(0.0, 1.0, world.users)
    tastes = np.arange(world.users) % TASTES
    found: list[tuple[IntArray, IntArray, IntArray]] = []
    for day in range(days):
        for taste in range(TASTES):
            rate = world.level(day) / TASTES * world.rates[taste, :, day % 7]
            for burst in bursts:
                if burst.first_day <= day < burst.first_day + burst.days:
                    rate[burst.name] *= burst.factor
            chosen = np.repeat(np.arange(world.names), rng.poisson(rate))
            of_taste = np.flatnonzero(tastes == taste)
            weights = activity[of_taste] / activity[of_taste].sum()
            users = rng.choice(of_taste, len(chosen), p=weights)
            found.append((users, chosen, np.full(len(chosen), day)))
    return Choices(*(np.concatenate(column) for column in zip(*found, strict=True)))


def names_of(world: World) -> EpisodeNames:
    """The names of a world, each of an episode of its own."""
    keys = tuple(f"{number:06d}" for number in range(world.names))
    members = np.arange(world.names, dtype=np.int32)
    kinds = np.full(world.names, ENTITY, np.uint8)
    return EpisodeNames(keys, kinds, keys, np.arange(world.names + 1), members)
