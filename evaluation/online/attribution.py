"""Attribution: which exposure an engagement belongs to."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from feed.arrays.arrays import BoolArray, IntArray

WINDOW_S = 86_400
"""An engagement outside of a session belongs to what the user was shown this long before."""
SKEW_S = 300
"""how far a client's clock may be behind"""
_SECONDS = 2**32


@dataclass(frozen=True)
class Engagements:
    """m engagements. Equal ones count once, since their outcome is whether there is any."""

    session: IntArray
    """(m,) number of the session it was sent to, -1 for none"""
    user: IntArray
    episode: IntArray
    type: IntArray
    progress: IntArray
    """(m,) in thousandths, -1 where unknown"""
    time_s: IntArray
    """(m,) seconds since 1970"""

    def __len__(self) -> int:
        return len(self.session)


@dataclass(frozen=True)
class Places:
    """Where and when each of n episodes was shown, each once in a session."""

    session: IntArray
    user: IntArray
    episode: IntArray
    time_s: IntArray

    def find(self, session: IntArray, episode: IntArray) -> IntArray:
        """(m,) index of the exposure of each episode in each session, -1 where there is none."""
        keys = _pairs(self.session, self.episode)
        wanted = _pairs(session, episode)
        order = np.argsort(keys)
        at = np.searchsorted(keys[order], wanted)
        at = order[np.minimum(at, len(order) - 1)]
        return np.where((keys[at] == wanted) & (session >= 0), at, -1)

    def find_last(self, user: IntArray, episode: IntArray, time_s: IntArray) -> IntArray:
        """(m,) index of the last exposure of an episode to a user in the day before, -1 for none.

        A time may be `SKEW_S` before that of the exposure.
        """
        keys, order = self._by_user_and_time
        wanted = _pairs(user, episode)
        known, starts = np.unique(keys, return_index=True)
        ends = np.append(starts[1:], len(keys))
        which = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        # Times within each pair of user and episode, in one ascending sequence.
        ascending = np.repeat(np.arange(len(known)), ends - starts) * _SECONDS
        ascending += self.time_s[order]
        before = np.searchsorted(ascending, which * _SECONDS + time_s + SKEW_S, "right") - 1
        at = order[np.maximum(before, 0)]
        is_found = (known[which] == wanted) & (before >= starts[which])
        is_found &= time_s - self.time_s[at] <= WINDOW_S
        return np.where(is_found, at, -1)

    def repeated(self) -> BoolArray:
        """(n,) whether an earlier session showed the episode to the same user."""
        keys, order = self._by_user_and_time
        found = np.zeros(len(order), np.bool_)
        found[order[1:]] = keys[1:] == keys[:-1]
        return found

    @cached_property
    def _by_user_and_time(self) -> tuple[IntArray, IntArray]:
        """Pairs of user and episode, ascending and by time within each, and their exposures."""
        keys = _pairs(self.user, self.episode)
        order = np.lexsort((self.time_s, keys))
        return keys[order], order


def attribute(places: Places, engagements: Engagements) -> IntArray:
    """(m,) index of the exposure that each engagement belongs to, -1 for none.

    It is that of the session it was sent to, and without a session the last one that showed the
    episode to the user within a day. What the user's session did not show belongs to nothing.
    """
    in_session = places.find(engagements.session, engagements.episode)
    in_session = np.where(places.user[in_session] == engagements.user, in_session, -1)
    last = places.find_last(engagements.user, engagements.episode, engagements.time_s)
    return np.where(engagements.session >= 0, in_session, last)


def _pairs(first: IntArray, second: IntArray) -> IntArray:
    """One number for each pair of numbers below 2^31."""
    return first * 2**31 + second
