"""Counterfactual estimates: the reward of a policy from decisions that another policy logged.

Every logged decision has the probability p with which it was made (its propensity), its reward r,
and the probability q with which the policy in question would have made it. The weight w = q / p
makes the log representative of that policy, provided that p > 0 wherever q > 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation.offline.bootstrap import RESAMPLES, Interval, interval, resample_counts
from feed.arrays.arrays import FloatArray


@dataclass(frozen=True)
class DecisionLog:
    """n logged decisions."""

    unit: npt.NDArray[np.int64]
    """(n,) code of each decision's user, since decisions of one user are not independent"""
    propensity: FloatArray
    """(n,) probability of each decision under the logging policy, above 0"""
    reward: FloatArray
    """(n,) outcome of each decision"""

    def __len__(self) -> int:
        return len(self.unit)


@dataclass(frozen=True)
class Estimate:
    """The estimated reward per decision of a policy, by two estimators."""

    ips: float
    snips: float
    ci: dict[str, Interval]
    """by estimator: its 95% interval"""
    effective: float
    """effective sample size, in decisions"""
    mean_weight: float
    """1 in expectation; otherwise propensities are wrong or the policies hardly overlap"""
    largest_weight: float
    clipped: float
    """share of the decisions whose weight was clipped"""


def ips(weights: FloatArray, rewards: FloatArray) -> float:
    """Inverse propensity score, the mean of w r: unbiased (Horvitz and Thompson, 1952)."""
    return float(np.mean(weights * rewards))


def snips(weights: FloatArray, rewards: FloatArray) -> float:
    """Self-normalized IPS, sum of w r over sum of w (Swaminathan and Joachims, 2015).

    Consistent, with less variance than IPS, and within the range of the rewards. NaN if all
    weights are 0.
    """
    total = float(weights.sum())
    return float((weights * rewards).sum()) / total if total > 0 else float("nan")


def effective_size(weights: FloatArray) -> float:
    """Effective sample size of weighted decisions: (sum w)^2 / sum w^2 (Kish, 1965)."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def estimate(
    log: DecisionLog,
    probability: FloatArray,
    *,
    clip: float | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Estimate the reward of the policy with this `probability` (n,) of each logged decision.

    `clip` is the largest weight (Ionides, 2008, "Truncated importance sampling"): clipping lowers
    the variance and biases IPS towards 0. Intervals are percentiles over users drawn with
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
    drawn = np.concatenate([block @ sums for block in resample_counts(count, seed, resamples)])
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


def integer_codes(names: Sequence[str]) -> npt.NDArray[np.int64]:
    """(n,) index of each name among the sorted distinct names."""
    _, codes = np.unique(np.array(names, np.str_), return_inverse=True)
    return codes.astype(np.int64)
