"""Search: seeded trials, first spread over the space, then ever closer around the best."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from evaluation.tuning.space import Space
from feed.arrays.arrays import FloatArray

SPREAD_PER_PARAMETER = 3
"""trials for each parameter that are spread over the space, before the search closes in"""
MOVED = 0.3
"""the share of the parameters that a closer trial moves, one at least"""
WIDEST, NARROWEST, NARROWING = 0.25, 0.03, 0.97
"""the standard deviation of a move, in the unit cube: at first, at last, and from trial to trial"""


@dataclass(frozen=True)
class Trial:
    """One point that was tried."""

    number: int
    values: Mapping[str, float]
    metrics: Mapping[str, float]
    worth: float


def search(
    space: Space,
    trials: int,
    seed: int,
    evaluate: Callable[[Mapping[str, float]], Mapping[str, float]],
    done: Sequence[Trial] = (),
) -> Iterator[Trial]:
    """Yield the trials from the first on; `evaluate` gives the metrics of some values.

    The first is the scenario as it is. What comes next follows from seed and number, and from the
    trials before, so a search goes on where it stopped: `done` are trials of the same search. One
    of them that does not follow raises ValueError.
    """
    made: list[Trial] = []
    for number in range(trials):
        values = propose(space, made, number, seed)
        if number < len(done):
            trial = done[number]
            if dict(trial.values) != values:
                raise ValueError(f"trial {number} is not of this search")
        else:
            metrics = evaluate(values)
            trial = Trial(number, values, metrics, space.worth(metrics))
        made.append(trial)
        yield trial


def propose(space: Space, made: Sequence[Trial], number: int, seed: int) -> dict[str, float]:
    """What to try next, after these trials."""
    if number == 0:
        return space.current()
    size = len(space.parameters)
    spread = SPREAD_PER_PARAMETER * size
    if number <= spread:
        return space.values(_points(size, spread, seed)[number - 1])
    rng = np.random.default_rng([seed, number])
    width = max(NARROWEST, WIDEST * NARROWING ** (number - spread))
    moved = rng.random(size) < MOVED
    moved[rng.integers(size)] = True
    at = np.array(space.unit(best(made).values)) + moved * rng.normal(0, width, size)
    return space.values(_reflected(at))


def best(made: Sequence[Trial]) -> Trial:
    """The trial of greatest worth, the first among equals."""
    return max(made, key=lambda trial: (trial.worth, -trial.number))


@cache
def _points(size: int, count: int, seed: int) -> FloatArray:
    """(count, size) spread evenly (Halton, 1960, scrambled)."""
    from scipy.stats import qmc  # noqa: PLC0415 - half a second that no other command needs

    points: FloatArray = qmc.Halton(size, rng=seed).random(count)
    return points


def _reflected(at: FloatArray) -> FloatArray:
    """Back into the unit cube, as from a mirror."""
    folded: FloatArray = np.abs(at) % 2.0
    return np.where(folded > 1.0, 2.0 - folded, folded)
