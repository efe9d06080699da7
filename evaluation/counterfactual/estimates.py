"""Counterfactual estimates: what another policy would have earned, from what one policy logged.

Every logged decision has the probability p with which it was made (its propensity), its reward r,
and the probability q with which the policy in question would have made it. The weight w = q / p
makes the log stand for that policy, as long as p > 0 wherever q > 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation.offline.bootstrap import RESAMPLES, Interval, draws, interval
from feed.arrays.arrays import FloatArray


@dataclass(frozen=True)
class Log:
    """n logged decisions."""

    unit: npt.NDArray[np.int64]
    """(n,) who each was made for: decisions of one user are no independent witnesses"""
    propensity: FloatArray
    """(n,) above 0, at most 1"""
    reward: FloatArray
    """(n,)"""

    def __len__(self) -> int:
        return len(self.unit)


@dataclass(frozen=True)
class Estimate:
    """What a policy would have earned per decision, by two estimators."""

    ips: float
    snips: float
    ci: dict[str, Interval]
    """by estimator"""
    effective: float
    """effective sample size"""
    mean_weight: float
    """1 in expectation: far from it, the propensities are wrong or the policies hardly overlap"""
    largest_weight: float
    clipped: float
    """share of the decisions whose weight was cut off"""


def ips(weights: FloatArray, rewards: FloatArray) -> float:
    """Inverse propensity score: the mean of w r (Horvitz and Thompson, 1952). Unbiased."""
    return float(np.mean(weights * rewards))


def snips(weights: FloatArray, rewards: FloatArray) -> float:
    """Self-normalised: sum of w r over sum of w (Swaminathan and Joachims, 2015).

    Consistent, of less variance, and in the range of the rewards. NaN where all weights are 0.
    """
    total = float(weights.sum())
    return float((weights * rewards).sum()) / total if total > 0 else float("nan")


def effective_size(weights: FloatArray) -> float:
    """How many decisions of equal weight would say as much: (sum w)^2 / sum w^2 (Kish, 1965)."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def estimate(
    log: Log,
    probability: FloatArray,
    *,
    clip: float | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Estimate:
    """What the policy that decides with this `probability` (n,) would have earned.

    `clip` cuts weights off there (Ionides, 2008, "Truncated importance sampling"): less variance,
    and a bias towards 0 of the IPS. The intervals are percentiles over units drawn with
    replacement.
    """
    raw = probability / log.propensity
    weights = raw if clip is None else np.minimum(raw, clip)
    count = int(log.unit.max(initial=-1)) + 1
    sums = np.column_stack(
        [
            np.bincount(log.unit, column, count)
            for column in (weights * log.reward, weights, np.ones(len(log)))
        ]
    )
    drawn = np.concatenate([block @ sums for block in draws(count, seed, resamples)])
    with np.errstate(invalid="ignore", divide="ignore"):
        ci = {
            "ips": interval(drawn[:, 0] / drawn[:, 2]),
            "snips": interval(drawn[:, 0] / drawn[:, 1]),
        }
    return Estimate(
        ips=ips(weights, log.reward),
        snips=snips(weights, log.reward),
        ci=ci,
        effective=effective_size(weights),
        mean_weight=float(weights.mean()),
        largest_weight=float(weights.max()),
        clipped=0.0 if clip is None else float((raw > clip).mean()),
    )


def coded(names: Sequence[str]) -> npt.NDArray[np.int64]:
    """(n,) the place of each name among the distinct ones."""
    _, places = np.unique(np.array(names, np.str_), return_inverse=True)
    return places.astype(np.int64)
