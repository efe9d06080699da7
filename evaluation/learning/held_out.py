"""Compares an estimate with the scenario that ranked the log, on users that were held out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from evaluation.learning.estimator import PositionBasedModel, clipped_weights, estimate, kept_of
from evaluation.learning.impressions import Impressions
from evaluation.offline import bootstrap
from evaluation.offline.bootstrap import Interval
from feed.arrays.arrays import BoolArray, FloatArray
from feed.scenarios.scenario import Scenario

FOLDS = 5
"""Number of parts that the users are divided into; each is held out once."""
LEAST_EXAMINED = 0.05
"""Probability of being examined, relative to the first position, that no lower one counts as."""


@dataclass(frozen=True)
class HeldOut:
    """One measure of both rankings on held-out users."""

    present: float
    learned: float
    difference: float
    """learned less present"""
    ci: Interval
    """95% interval of the difference, over users"""


def compare(
    impressions: Impressions,
    scenario: Scenario,
    names: Sequence[str],
    *,
    clip: float,
    position_power: float | None = None,
    seed: int = 0,
) -> dict[str, HeldOut]:
    """By measure: how curves of these parts, learned from other users, compare with the present.

    `log_likelihood` is the mean log-probability that a reward went to the episode that it went to,
    of those on the screen, by the scores and the position. The present scores go through a curve
    that is fitted as well, so that a wrong scale is not held against them. `ndcg` orders what was
    on the screen by the scores alone, and is the mean over rewards of 1 / log2(place + 1); a reward
    counts in inverse proportion to the probability that its position was examined (Joachims,
    Swaminathan and Schnabel, 2017), so that the present order has no advantage from its own effect.
    """
    fit = partial(estimate, clip=clip, position_power=position_power)
    distinct, users = np.unique(impressions.users, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(len(distinct)) % FOLDS
    columns = []
    for held in range(FOLDS):
        is_held: BoolArray = fold[users] == held
        train, test = impressions.take(~is_held), impressions.take(is_held)
        parts = {name: train.parts[name] for name in names}
        learned = fit(train, parts, kept_of(scenario, names, train))
        present = fit(train, {"score": train.scores}, np.zeros(len(train.scores)))
        fitted = learned.utility(test.parts, kept_of(scenario, names, test))
        scaled = present.utility({"score": test.scores}, np.zeros(len(test.scores)))
        gains = _gains(test, learned, clip)
        earned = clipped_weights(test, clip) * test.rewards
        found = [
            earned,
            earned * _log_probabilities(test, scaled + present.log_examined(test.positions), clip),
            earned * _log_probabilities(test, fitted + learned.log_examined(test.positions), clip),
            gains,
            gains * _discounts(test, test.scores),
            gains * _discounts(test, fitted),
        ]
        by_session = np.add.reduceat(np.column_stack(found), test.starts)
        columns.append(np.column_stack([by_session, users[is_held]]))
    table = np.concatenate(columns)
    sums, units = table[:, :-1], table[:, -1].astype(np.int64)
    return _held_out(sums.mean(axis=0)[None], bootstrap.means(sums, units=units, seed=seed))


def _held_out(means: FloatArray, drawn: FloatArray) -> dict[str, HeldOut]:
    """The measures from (1, 6) means over sessions, and from (r, 6) resamples of these.

    Of each measure these are a weight, and the weighted measure of the present and of the learned.
    """
    found = {}
    for at, measure in ((0, "log_likelihood"), (3, "ndcg")):
        both, resampled = (one[:, at + 1 : at + 3] / one[:, at : at + 1] for one in (means, drawn))
        present, learned = both[0].tolist()
        ci = bootstrap.interval(resampled[:, 1] - resampled[:, 0])
        found[measure] = HeldOut(present, learned, learned - present, ci)
    return found


def _log_probabilities(impressions: Impressions, utility: FloatArray, clip: float) -> FloatArray:
    """(n,) log-probability that a reward of the session goes to each impression."""
    sessions, starts = impressions.sessions, impressions.starts
    above = utility - np.maximum.reduceat(utility, starts)[sessions]
    totals = np.add.reduceat(clipped_weights(impressions, clip) * np.exp(above), starts)
    logs: FloatArray = above - np.log(totals)[sessions]
    return logs


def _gains(impressions: Impressions, found: PositionBasedModel, clip: float) -> FloatArray:
    """(n,) rewards, each in inverse proportion to the probability that it could be earned."""
    examined = np.maximum(np.exp(found.log_examined(impressions.positions)), LEAST_EXAMINED)
    gains: FloatArray = impressions.rewards * clipped_weights(impressions, clip) / examined
    return gains


def _discounts(impressions: Impressions, utility: FloatArray) -> FloatArray:
    """(n,) 1 / log2(place + 1) of each impression in its session, in falling order of utility."""
    sessions = impressions.sessions
    order = np.lexsort((-utility, sessions))
    places = np.arange(len(order)) - impressions.starts[sessions] + 1
    discounts = np.empty(len(order))
    discounts[order] = 1.0 / np.log2(places + 1)
    return discounts
