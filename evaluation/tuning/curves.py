"""Fits the curves of a scenario: an additive model of what users choose next.

A generalized additive model (Hastie and Tibshirani, 1986) with a conditional logit (McFadden,
1974): the probability that a user chooses a candidate is proportional to the exponential of its
score, which is the sum of one curve for each part. A curve is linear between knots at quantiles of
its part, and is smoothed by a penalty on its differences of first and second order.
"""

from collections.abc import Mapping

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import block_diag, csr_array, hstack

from evaluation.tuning.choices import Choices
from feed.arrays.arrays import FloatArray, IntArray
from feed.scenarios.parameters import Curve

KNOTS = 6
"""Number of quantiles of each kind that are knots of a curve."""
NEAREST = 40
"""Knots are at least the range of the part over this number apart."""
FREE = frozenset({"age", "unseen"})
"""Parts of which more may be worse. The curves of all others rise, so that they also hold where a
catalog is unlike the data: what more listeners choose never ranks lower for it."""
SMOOTHNESS = 10.0
"""Weight of the penalties, where each choice counts 1."""
LEAST = 1e-3
"""Weight of a penalty on the values themselves, which the differences leave open."""
FACTORS = (0.1, 10.0)
"""Least and greatest factor of what is kept beside fitted curves."""
DEBIASED = "popularity_month"
"""The part from whose curve `debias` is subtracted."""


def fit_curves(
    choices: Choices, *, smoothness: float = SMOOTHNESS, debias: float = 0.0
) -> dict[str, Curve]:
    """The curves under which the choices are most probable, by part.

    Each begins at its lowest value, 0. `debias` corrects for exposure: what is popular is chosen
    more often because it is shown more often, in proportion to popularity^debias (after Steck,
    2011, "Item popularity and recommendation accuracy"), so that much is taken from the curve of
    the month's popularity. What is new today has been shown to few, and keeps its curve.
    """
    nothing = np.zeros(len(choices.fixed))
    return fit_beside(choices, nothing, smoothness=smoothness, debias=debias)[0]


def fit_beside(
    choices: Choices, kept: FloatArray, *, smoothness: float = SMOOTHNESS, debias: float = 0.0
) -> tuple[dict[str, Curve], float]:
    """The curves as `fit_curves` makes them, and a factor of `kept` that is fitted beside them.

    `kept` (m,) is a share of `fixed`, whose scale is not known: it counts as often as the factor
    says, which is within `FACTORS`. A penalty holds it near 1 where choices are few.
    """
    knots = {name: _knots(part, choices.chosen) for name, part in choices.parts.items()}
    basis = csr_array(hstack([_basis(choices.parts, knots), csr_array(kept[:, None])]))
    sizes = [len(one) for one in knots.values()]
    penalty = block_diag([_penalty(sizes, smoothness), [[smoothness]]]).toarray()
    owner = np.repeat(
        np.arange(len(choices.starts)), np.diff(np.append(choices.starts, len(choices.fixed)))
    )
    pulled = basis[choices.chosen].T @ choices.weights
    counts = np.bincount(owner[choices.chosen], choices.weights, len(choices.starts))
    steps = csr_array(block_diag([*(np.tri(size) for size in sizes), [[1.0]]]))

    def loss(increments: FloatArray) -> tuple[float, FloatArray]:
        values = steps @ increments
        scores = basis @ values + choices.fixed
        scores -= np.maximum.reduceat(scores, choices.starts)[owner]
        odds = np.exp(scores)
        total = np.add.reduceat(odds, choices.starts)
        likelihood = choices.weights @ scores[choices.chosen] - counts @ np.log(total)
        gradient = basis.T @ (counts[owner] * odds / total[owner]) - pulled
        pull = penalty @ values
        return float(values @ pull / 2 - likelihood), steps.T @ (gradient + pull)

    bounds: list[tuple[float | None, float | None]] = [
        (0.0 if place and name not in FREE else None, None)
        for name, at in knots.items()
        for place in range(len(at))
    ]
    bounds.append((FACTORS[0] - 1.0, FACTORS[1] - 1.0))
    start = np.zeros(basis.shape[1])
    found = steps @ minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    parts = zip(knots.items(), np.split(found[:-1], np.cumsum(sizes)[:-1]), strict=True)
    curves = {
        name: _curve(at, values - debias * at if name == DEBIASED else values, choices.parts[name])
        for (name, at), values in parts
    }
    return curves, 1.0 + float(found[-1])


def _knots(part: FloatArray, chosen: IntArray) -> FloatArray:
    """Quantiles of a part over all candidates and over the chosen ones, which are often higher.

    At most 2 x `KNOTS`, those that are near to each other once; two even for a constant part.
    """
    shares = np.linspace(0, 1, KNOTS)
    both = np.concatenate([np.quantile(part, shares), np.quantile(part[chosen], shares)])
    nearest = max(float(np.ptp(both)), 1e-6) / NEAREST
    found = np.unique(np.round(np.unique(np.round(both / nearest)) * nearest, 4))
    return found if len(found) > 1 else np.array([found[0], found[0] + 1.0])


def _basis(parts: Mapping[str, FloatArray], knots: Mapping[str, FloatArray]) -> csr_array:
    """(m, all knots) how much each knot counts for each candidate: at most two of each part."""
    columns: list[IntArray] = []
    shares: list[FloatArray] = []
    first = 0
    for name, at in knots.items():
        part = np.clip(parts[name], at[0], at[-1])
        left = np.clip(np.searchsorted(at, part, "right") - 1, 0, len(at) - 2)
        share = (part - at[left]) / (at[left + 1] - at[left])
        columns += [first + left, first + left + 1]
        shares += [1 - share, share]
        first += len(at)
    count = len(columns[0])
    starts = np.arange(count + 1) * len(columns)
    entries = np.column_stack(shares).ravel(), np.column_stack(columns).ravel(), starts
    return csr_array(entries, (count, first))


def _penalty(sizes: list[int], smoothness: float) -> FloatArray:
    """(all knots, all knots) the quadratic form of the penalties."""
    total = LEAST * np.eye(sum(sizes))
    first = 0
    for size in sizes:
        block = slice(first, first + size)
        for order in range(1, min(size, 3)):
            differences = np.diff(np.eye(size), order, axis=0)
            total[block, block] += smoothness * differences.T @ differences
        first += size
    return total


def _curve(at: FloatArray, values: FloatArray, part: FloatArray) -> Curve:
    values = np.round(values - values.min(), 3)
    typical = round(float(np.interp(part, at, values).mean()), 3)
    return Curve(at=tuple(at.tolist()), value=tuple(values.tolist()), typical=typical)
