"""Compares scenarios with the baselines, paired by user."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evaluation.offline import bootstrap
from evaluation.offline.baselines import UNPERSONALISED
from evaluation.offline.observations import Observations
from evaluation.offline.replay import HITS
from evaluation.offline.result import Difference, OfflineResult


def compare(outcomes: Sequence[OfflineResult], scenarios: int, *, seed: int) -> list[OfflineResult]:
    """The outcomes, of which the first `scenarios` are compared with each of the remaining ones.

    Two metrics decide whether a scenario is better than the best list for everybody: recall at the
    largest cutoff and nDCG at the smallest.
    """
    baselines = outcomes[scenarios:]
    names = [name for name in outcomes[0].values if name.startswith(HITS)]
    deciding = [
        [name for name in names if name.startswith("recall")][-1],
        next(name for name in names if name.startswith("ndcg")),
    ]
    lists = [one for one in baselines if one.name in UNPERSONALISED]
    compared = [
        replace(
            one,
            against={other.name: differences(one, other, names, seed=seed) for other in baselines},
            rivals={
                name: max(lists, key=lambda other: other.metrics[name]).name
                for name in deciding
                if lists
            },
        )
        for one in outcomes[:scenarios]
    ]
    return [*compared, *baselines]


def differences(
    one: Observations, two: Observations, names: Sequence[str], *, seed: int
) -> dict[str, Difference]:
    """By metric: the mean difference of two rankings over the same users, with its interval."""
    matrix = np.column_stack([one.values[name] - two.values[name] for name in names])
    drawn = bootstrap.means(matrix, units=one.units, seed=seed)
    with np.errstate(invalid="ignore"):
        mean = np.nansum(matrix, axis=0) / np.count_nonzero(~np.isnan(matrix), axis=0)
    return {
        name: (float(mean[at]), *bootstrap.interval(drawn[:, at])) for at, name in enumerate(names)
    }
