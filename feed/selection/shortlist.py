"""Field: the candidates that a queue is filled from, and what is known of those outside."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, IntArray
from feed.scenarios.scenario import SelectorParameters

LEAST = 1e-3
"""a decay is no less, so that what is decayed often stays a number"""


@dataclass(frozen=True)
class Field:
    """f candidates, the highest score first. What is None takes no part."""

    scores: FloatArray
    """finite"""
    series: IntArray
    """-1 for none"""
    topics: IntArray | None
    vectors: npt.NDArray[np.float32] | None
    """(f, D) unit rows"""
    mix: FloatArray | None
    """(f, c) share of each category in each candidate"""
    lack: FloatArray
    """(f,) what its categories being wanted adds to each, before any is chosen"""
    chance: FloatArray | None
    luck: FloatArray | None
    pinned: Mapping[int, BoolArray]


@dataclass(frozen=True)
class Outside:
    """o candidates that are not in the field."""

    scores: FloatArray
    series: IntArray
    topics: IntArray | None
    lack: FloatArray

    def highest(self, parameters: SelectorParameters) -> float:
        """No value of any of them is above this; -inf where there are none."""
        return float((self._most(parameters, 1.0) + self.lack).max(initial=-np.inf))

    def ceiling(
        self, parameters: SelectorParameters, series: Mapping[int, int], topics: Mapping[int, int]
    ) -> float:
        """The same once some have been chosen: -inf where none of these may come any more.

        `series` and `topics` say how often each was chosen.
        """
        times = np.array([series.get(one, 0) for one in self.series.tolist()], np.int64)
        if not parameters.limit_unnamed:
            times[self.series < 0] = 0
        factor = parameters.series_decay**times
        if self.topics is not None:
            often = np.array([topics.get(one, 0) for one in self.topics.tolist()], np.int64)
            factor *= max(parameters.topic_decay, LEAST) ** often
        most = self._most(parameters, factor) + self.lack
        most = np.where(times < parameters.max_per_series, most, -np.inf)
        return float(most.max(initial=-np.inf))

    def _most(self, parameters: SelectorParameters, factor: FloatArray | float) -> FloatArray:
        """What is left of each score at this decay, or will ever be."""
        left: FloatArray = self.scores * factor
        if parameters.decay_below_zero:  # what is below zero rises
            return np.maximum(left, 0.0)
        return np.where(self.scores > 0, left, self.scores)
