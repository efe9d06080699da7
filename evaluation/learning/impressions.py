"""Impressions: the episodes that listeners saw in their sessions, and what these earned."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, ranges


@dataclass(frozen=True)
class Impressions:
    """n episodes that were on a screen, in s sessions.

    The impressions of a session are next to each other.
    """

    parts: Mapping[str, FloatArray]
    """(n,) each part of the score by name, before its weight or curve"""
    scores: FloatArray
    """(n,) the score by which the episode was ranked"""
    positions: IntArray
    """(n,) place in the queue, from 1"""
    propensities: FloatArray
    """(n,) probability with which the episode got its place: 1 unless it was drawn"""
    rewards: FloatArray
    """(n,) what the impression earned; 0 where nothing was done"""
    starts: IntArray
    """(s,) index of each session's first impression"""
    users: IntArray
    """(s,) code of each session's user, from 0 on"""

    @property
    def sessions(self) -> IntArray:
        """(n,) index of each impression's session."""
        ends = np.append(self.starts[1:], len(self.scores))
        return np.repeat(np.arange(len(self.starts)), ends - self.starts)

    @property
    def rewarded(self) -> IntArray:
        """(c,) indices of the impressions that earned something."""
        return np.flatnonzero(self.rewards > 0)

    def take(self, sessions: BoolArray) -> "Impressions":
        """The impressions of some sessions, by a mask (s,) over all."""
        ends = np.append(self.starts[1:], len(self.scores))
        starts, ends = self.starts[sessions], ends[sessions]
        kept = ranges(starts, ends)
        lengths = ends - starts
        return Impressions(
            parts={name: part[kept] for name, part in self.parts.items()},
            scores=self.scores[kept],
            positions=self.positions[kept],
            propensities=self.propensities[kept],
            rewards=self.rewards[kept],
            starts=np.cumsum(lengths) - lengths,
            users=self.users[sessions],
        )

    def with_rewards(self) -> "Impressions":
        """The impressions of sessions that showed several episodes, of which one earned something.

        No other session says which of its episodes the user preferred.
        """
        if not len(self.starts):
            return self
        earned = np.add.reduceat((self.rewards > 0).astype(np.int64), self.starts)
        return self.take((earned > 0) & (np.bincount(self.sessions) > 1))
