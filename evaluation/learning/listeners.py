"""Listeners with known preferences: what a simulation plants, and learning shall find."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
import numpy as np

from catalog_builder.errors import CommandError
from feed.arrays.arrays import FloatArray, IntArray
from feed.model.engagement import EngagementType

TYPES: dict[EngagementType, float] = {"click": 0.1, "listen": 0.5, "complete": 0.3, "like": 0.1}
"""By type of engagement: its share among those of episodes that are heard."""
REJECTION = 0.01
"""Probability that an examined episode is marked `not_interested` where nothing else is done."""


class Listeners(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How listeners of a simulation decide (the position-based model, with a known truth).

    A listener looks at a queue from its top and leaves after each episode with the probability
    `leave`; what comes before is on the screen. What is on the screen is examined with probability
    1 / position^`position_power`, and an examined episode is heard with the probability whose
    log-odds are `activity` + the sum of `preferences` x parts of its score.
    """

    activity: float = -3.0
    preferences: dict[str, float]
    """by part of the score: what one unit of it adds to the log-odds"""
    position_power: Annotated[float, msgspec.Meta(ge=0, le=5)] = 1.0
    leave: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.05

    def depth(self, rng: np.random.Generator) -> int:
        """How many episodes a listener has on the screen."""
        return int(rng.geometric(self.leave))

    def utility(self, parts: Mapping[str, FloatArray]) -> FloatArray:
        """(k,) log-odds that each episode is heard once it is examined.

        Raises:
            CommandError: the scenario does not use a part.
        """
        for name in self.preferences:
            if name not in parts:
                raise CommandError(f"preferences: {name}: the scenario does not use this part")
        weighted = [weight * parts[name] for name, weight in self.preferences.items()]
        total: FloatArray = self.activity + np.sum(weighted, axis=0)
        return total

    def examined(self, positions: IntArray) -> FloatArray:
        """(k,) probability that each position is examined, if it is on the screen."""
        probabilities: FloatArray = positions.astype(np.float64) ** -self.position_power
        return probabilities

    def engagements(
        self, parts: Mapping[str, FloatArray], seen: int, rng: np.random.Generator
    ) -> dict[int, EngagementType]:
        """By index: what a listener does with the first `seen` episodes of a queue (k,)."""
        chances = 1.0 / (1.0 + np.exp(-self.utility(parts)[:seen]))
        examines = rng.random(seen) < self.examined(np.arange(1, seen + 1))
        hears = examines & (rng.random(seen) < chances)
        rejects = examines & ~hears & (rng.random(seen) < REJECTION)
        kinds = list(TYPES)
        drawn = rng.choice(len(kinds), seen, p=list(TYPES.values()))
        found: dict[int, EngagementType] = {
            index: kinds[drawn[index]] for index in np.flatnonzero(hears).tolist()
        }
        return found | dict.fromkeys(np.flatnonzero(rejects).tolist(), "not_interested")
