"""Estimates the curves of a scenario from impressions, apart from the effect of position.

A listener does something with an episode with a probability that is the product of two: that its
position is examined, and that the episode appeals once it is (the position-based model;
Richardson, Dominowska and Ragno, 2007). Its logarithm is a sum, so the rewards of a session fall to
the episodes that it had on the screen in proportion to

    exp(sum of one curve for each part + one curve of the position),

a conditional logit (McFadden, 1974), as `evaluation.tuning.curves` fits it. The curve of the
position is fitted along with the others and then left out, so that they need not explain what the
position did (Zhao et al., 2019, "Recommending what video to watch next", train such a term beside
their model, and leave it out when they serve). Whatever is equal for all episodes of a session,
such as how active its user is, has no effect.

An episode that was drawn for an exploration slot with probability p stands for 1 / p episodes that
could have been drawn (Horvitz and Thompson, 1952), but for at most `clip` (Ionides, 2008).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from catalog_builder.errors import CommandError
from evaluation.learning.impressions import Impressions
from evaluation.tuning.choices import Choices
from evaluation.tuning.curves import fit_beside
from feed.arrays.arrays import FloatArray, IntArray
from feed.ranking import scorers
from feed.scenarios.parameters import PARTS, Curve
from feed.scenarios.scenario import Scenario

CLIP = 10.0
"""Greatest weight of an impression, where the least is 1."""
_POSITION = "position"
_FARTHEST = 10.0
"""log of a position that no queue has"""


@dataclass(frozen=True)
class PositionBasedModel:
    """What makes an episode heard, estimated from a log: its appeal, and its position."""

    curves: Mapping[str, Curve]
    """by part: what it adds to the logarithm of the appeal"""
    factor: float
    """how often the parts that keep their weights count in that logarithm"""
    examination: Curve
    """what -log(position) adds to the logarithm of the probability that a position is examined"""

    def utility(self, parts: Mapping[str, FloatArray], kept: FloatArray) -> FloatArray:
        """(n,) logarithm of the appeal of episodes with these parts (n,)."""
        total = self.factor * kept
        for name, one in self.curves.items():
            total = total + np.interp(parts[name], one.at, one.value)
        return total

    def log_examined(self, positions: IntArray) -> FloatArray:
        """(n,) log of the probability that each position is examined, over that of the first."""
        at, value = self.examination.at, self.examination.value
        logs: FloatArray = np.interp(-np.log(positions), at, value) - np.interp(0.0, at, value)
        return logs


def estimate(
    impressions: Impressions,
    parts: Mapping[str, FloatArray],
    kept: FloatArray,
    *,
    clip: float = CLIP,
    position_power: float | None = None,
) -> PositionBasedModel:
    """The curves of `parts` (n,) under which the rewards of the impressions are most probable.

    `kept` (n,) is what all other parts add to the score, as they shall; how much that is of the
    logarithm of the appeal is estimated, too. With a `position_power`, no curve of the position is
    estimated: it is examined with a probability in proportion to 1 / position^power (Joachims,
    Swaminathan and Schnabel, 2017). 0 is no effect of the position.
    """
    weights = clipped_weights(impressions, clip)
    rewarded = impressions.rewarded
    nearness = -np.log(impressions.positions)
    fixed = kept + np.log(weights)
    if position_power is None:
        parts = {**parts, _POSITION: nearness}
    else:
        fixed = fixed + position_power * nearness
    choices = Choices(
        parts=parts,
        fixed=fixed,
        starts=impressions.starts,
        chosen=rewarded,
        weights=impressions.rewards[rewarded] * weights[rewarded],
    )
    curves, factor = fit_beside(choices, kept)
    if position_power is None:
        return PositionBasedModel(curves, factor, examination=curves.pop(_POSITION))
    given = Curve(at=(-_FARTHEST, 0.0), value=(-_FARTHEST * position_power, 0.0))
    return PositionBasedModel(curves, factor, given)


def clipped_weights(impressions: Impressions, clip: float) -> FloatArray:
    """(n,) how many candidates each impression stands for, 1 to `clip`."""
    weights: FloatArray = np.minimum(1.0 / impressions.propensities, clip)
    return weights


def kept_of(scenario: Scenario, names: Sequence[str], impressions: Impressions) -> FloatArray:
    """(n,) what all other parts than these added to the scores of the impressions."""
    fitted = {name: impressions.parts[name] for name in names}
    rest: FloatArray = impressions.scores
    for added in scorers.contributions(scenario.blend, fitted, 1.0).values():
        rest = rest - added
    return rest


def check_parts(scenario: Scenario, names: Sequence[str]) -> None:
    """Check that curves of these parts can be learned from sessions that a scenario ranked.

    Raises:
        CommandError: one of them cannot; the message says why.
    """
    if not names:
        raise CommandError(
            f"{scenario.name}: expected parts with a curve in [blend.curves], or --part"
        )
    blend = scenario.blend
    for name in names:
        problem = ""
        if name not in PARTS:
            problem = f"expected a part of the score, one of {', '.join(sorted(PARTS))}"
        elif name in scorers.SUBTRACTED:
            problem = "expected a part that raises the score; this one keeps its weight"
        elif name == "seed":
            problem = "a session without a seed has no value of it"
        elif not blend.uses(name):
            problem = f"{scenario.name} gives it neither weight nor curve, so no log has its values"
        elif name in scorers.CONTENT and blend.beside_neighbours < 1:
            problem = "beside_neighbours changes its weight from episode to episode"
        elif name in scorers.PERSONAL and scenario.interests.prior and name not in blend.curves:
            problem = "[interests] prior changes its weight from user to user"
        if problem:
            raise CommandError(f"{name}: {problem}")
