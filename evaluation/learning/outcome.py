"""Outcome: the scenario that was learned, with its version in its name, and what led to it."""

from collections.abc import Sequence

import msgspec
import numpy as np

from catalog_builder.errors import CommandError
from evaluation.learning.estimator import PositionBasedModel
from evaluation.learning.held_out import FOLDS
from evaluation.learning.impressions import Impressions
from evaluation.learning.sessions import LogCounts
from feed.arrays.arrays import FloatArray
from feed.ranking import scorers
from feed.scenarios.parameters import Curve
from feed.scenarios.scenario import Scenario
from feed.scenarios.version import DIGITS, version

REWARDS_PER_CURVE = 100
"""Least number of rewards for each curve: ten for each of its knots (Peduzzi et al., 1996)."""
USERS_PER_FOLD = 5
PERCENTILES = (0.1, 0.9)
MOST_NAMED = 5
"""number of other scenarios that a message names"""
NAME_LENGTH = 40
"""greatest length of a scenario's name"""


def check_enough(
    impressions: Impressions, start: Scenario, names: Sequence[str], counts: LogCounts
) -> None:
    """Check that there are enough impressions to learn curves of these parts from.

    Raises:
        CommandError: there are not; the message says how many sessions are needed.
    """
    rewards, needed = len(impressions.rewarded), REWARDS_PER_CURVE * (len(names) + 1)
    users, needed_users = len(np.unique(impressions.users)), USERS_PER_FOLD * FOLDS
    if rewards >= needed and users >= needed_users:
        return
    expected = (
        f"too few sessions: expected {needed:,} impressions with a reward, {REWARDS_PER_CURVE} for "
        f"each of {len(names)} parts and for the position, of {needed_users} users or more; got "
        f"{rewards:,} of {users:,} in {counts.usable:,} usable sessions"
    )
    if rewards:
        more = max(needed / rewards, needed_users / users)
        expected += f", so about {int(np.ceil(counts.usable * more)):,} are needed"
    raise CommandError(f"{expected} ({told(start, counts)})")


def told(start: Scenario, counts: LogCounts) -> str:
    """How much of a log says something, in words."""
    some = counts.others.most_common(MOST_NAMED)
    others = "".join(f"; {count:,} by {name}" for name, count in some)
    return (
        f"{counts.sessions:,} sessions by {start.name} {version(start)}, of which "
        f"{counts.without_queue:,} have no queue (LOG_PARTS) and {counts.without_seen:,} nothing "
        f"seen{others}"
    )


def learned_scenario(start: Scenario, found: PositionBasedModel, source: str) -> Scenario:
    """The scenario with the curves that were found; its name ends with its version.

    The other parts keep their weights. Where these count less, or more, as log-odds than they say,
    the curves are as much higher, or lower: an order depends on ratios alone.
    """
    curves = {name: _divided(one, found.factor) for name, one in found.curves.items()}
    blend = msgspec.structs.replace(start.blend, curves={**start.blend.curves, **curves})
    learned = msgspec.structs.replace(start, blend=blend)
    base = start.name.removesuffix(f"_{version(start)}")[: NAME_LENGTH - DIGITS - 1]
    return msgspec.structs.replace(
        learned,
        name=f"{base}_{version(learned)}",
        description=f"{start.name} ({version(start)}) with curves learned from {source}.",
    )


def _divided(curve: Curve, factor: float) -> Curve:
    values = tuple(round(value / factor, 3) for value in curve.value)
    return Curve(at=curve.at, value=values, typical=round(curve.typical / factor, 3))


def rises_of(
    start: Scenario, learned: Scenario, impressions: Impressions
) -> dict[str, tuple[float, float]]:
    """By part: how much more its 90th percentile adds than its 10th, before and after."""

    def rise(scenario: Scenario, name: str, ends: FloatArray) -> float:
        low, high = scorers.contributions(scenario.blend, {name: ends}, 1.0)[name].tolist()
        return float(high - low)

    ends = {name: np.quantile(part, PERCENTILES) for name, part in impressions.parts.items()}
    return {
        name: (rise(start, name, both), rise(learned, name, both)) for name, both in ends.items()
    }
