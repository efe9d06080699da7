"""Seeded search: trials are first spread over the space, then drawn ever closer to the best."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from evaluation.tuning.space import SearchSpace
from feed.arrays.arrays import FloatArray

SPREAD_PER_PARAMETER = 3
"""trials per parameter that are spread over the space before the search narrows"""
MOVED_SHARE = 0.3
"""share of the parameters that a later trial changes, at least one"""
WIDEST, NARROWEST, NARROWING = 0.25, 0.03, 0.97
"""standard deviation of a change, in the unit cube: first, least, and its factor per trial"""


@dataclass(frozen=True)
class Trial:
    """One evaluated point of the search space."""

    number: int
    values: Mapping[str, float]
    metrics: Mapping[str, float]
    objective: float


def search(
    space: SearchSpace,
    trials: int,
    seed: int,
    evaluate: Callable[[Mapping[str, float]], Mapping[str, float]],
    done: Sequence[Trial] = (),
) -> Iterator[Trial]:
    """Yield the trials of a search; `evaluate` maps parameter values to metrics.

    The first trial is the unchanged scenario. Each next one follows from the seed, its number and
    the trials before, so a search can be resumed: `done` are its first trials.

    Raises:
        ValueError: a trial in `done` is not of this search.
    """
    past: list[Trial] = []
    for number in range(trials):
        values = propose(space, past, number, seed)
        if number < len(done):
            trial = done[number]
            if dict(trial.values) != values:
                raise ValueError(f"trial {number} is not of this search")
        else:
            metrics = evaluate(values)
            trial = Trial(number, values, metrics, space.objective(metrics))
        past.append(trial)
        yield trial


def propose(space: SearchSpace, past: Sequence[Trial], number: int, seed: int) -> dict[str, float]:
    """The parameter values of trial `number`, given the trials `past` before it."""
    if number == 0:
        return space.current()
    size = len(space.parameters)
    spread = SPREAD_PER_PARAMETER * size
    if number <= spread:
        return space.values(_points(size, spread, seed)[number - 1])
    rng = np.random.default_rng([seed, number])
    width = max(NARROWEST, WIDEST * NARROWING ** (number - spread))
    moved = rng.random(size) < MOVED_SHARE
    moved[rng.integers(size)] = True
    at = np.array(space.unit(best(past).values)) + moved * rng.normal(0, width, size)
    return space.values(_reflected(at))


def best(trials: Sequence[Trial]) -> Trial:
    """The trial with the largest objective, the first among equals."""
    return max(trials, key=lambda trial: (trial.objective, -trial.number))


@cache
def _points(size: int, count: int, seed: int) -> FloatArray:
    """(count, size) low-discrepancy points in the unit cube (Halton, 1960, scrambled)."""
    from scipy.stats import qmc  # noqa: PLC0415 - half a second that no other command needs

    points: FloatArray = qmc.Halton(size, rng=seed).random(count)
    return points


def _reflected(at: FloatArray) -> FloatArray:
    """Reflect a point at the faces of the unit cube until it is inside."""
    folded: FloatArray = np.abs(at) % 2.0
    return np.where(folded > 1.0, 2.0 - folded, folded)
