"""Audience: the users to whom a new episode should be announced, the best first, up to a limit."""

from collections.abc import Iterable
from functools import partial

import msgspec
import numpy as np

from feed.ranking.standings import Standings

MILLION = 1_000_000


class Member(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A user of an audience."""

    user_id: str
    is_follower: bool
    """whether the user follows the series"""
    place: int
    """among all that a session would offer the user, from 1"""
    score: int
    """final score, in millionths"""
    reason: int
    """index in `feed.ranking.reasons.KEYS`"""
    subject_hash: int
    """hash of what the reason names, or 0"""

    def best_first(self, *, by_place: bool = False) -> tuple[bool, int, int, str]:
        """Sort key: followers first, then the highest score; equal ones by id.

        Within one scenario the scores of an episode differ only by what is personal. Those of
        several scenarios cannot be compared: `by_place` compares places first.
        """
        return not self.is_follower, self.place * by_place, -self.score, self.user_id


class Audience:
    """The best members of an audience; memory is bounded by the limit, not by how many are added.

    The result does not depend on the order in which members are added.
    """

    def __init__(
        self,
        limit: int,
        members: Iterable[Member] = (),
        found: int = 0,
        *,
        by_place: bool = False,
    ) -> None:
        """Continue with some members, of `found` that were added so far.

        `by_place` is for users of several scenarios, see `Member.best_first`.
        """
        self._limit = limit
        self._best_first = partial(Member.best_first, by_place=by_place)
        self._members = list(members)
        self.found = found
        """number of members that were added, those beyond the limit included"""

    def add(self, member: Member) -> None:
        """Add a user, who must not be a member yet."""
        self.found += 1
        self._members.append(member)
        if len(self._members) >= 2 * self._limit:
            self._members = self.members()

    def members(self) -> list[Member]:
        """The best members up to the limit, the best first."""
        return sorted(self._members, key=self._best_first)[: self._limit]


def find_members(user_id: str, standings: Standings, within: int) -> list[tuple[int, Member]]:
    """The episodes that should be announced to a user, by index, each with the user as a member.

    An episode is announced if it is new to the user and its place is among the first `within`, or
    the user follows its series.
    """
    is_near = (standings.places > 0) & (standings.places <= within)
    indices = np.flatnonzero(standings.is_new & (is_near | standings.is_followed))
    if not len(indices):
        return []
    reasons = standings.reasons(indices)
    return [
        (
            index,
            Member(
                user_id=user_id,
                is_follower=bool(standings.is_followed[index]),
                place=int(standings.places[index]),
                score=round(float(standings.scores[index]) * MILLION),
                reason=int(reasons.codes[nth]),
                subject_hash=int(reasons.subject_hashes[nth]),
            ),
        )
        for nth, index in enumerate(indices.tolist())
    ]
