"""Exposures: each episode that a session showed, joined with what was seen and done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from feed.arrays.arrays import BoolArray, IntArray


@dataclass(frozen=True)
class Sessions:
    """s sessions of users."""

    user: IntArray
    """(s,) number of the user, from 0"""
    scenario: IntArray
    """(s,) index in `scenarios`"""
    arm: IntArray
    """(s,) index in `arms`, -1 outside of experiments"""
    scenarios: Sequence[str]
    arms: Sequence[tuple[str, str]]
    """names of experiment and arm"""
    catalog_episodes: IntArray
    """(s,) number of episodes in the session's catalog"""
    has_seen: BoolArray
    """(s,) whether it is known what of it was on the screen"""

    def __len__(self) -> int:
        return len(self.user)


@dataclass(frozen=True)
class Exposures:
    """n episodes that sessions showed, each once in a session, and what came of each."""

    sessions: Sessions
    session: IntArray
    """(n,) index of the session"""
    position: IntArray
    """(n,) place in the session, or in its shelf, from 1"""
    episode: IntArray
    """(n,) number of the episode, from 0"""
    age_days: IntArray
    """(n,) since publication"""
    sources: IntArray
    """(n,) index in `source_sets`"""
    source_sets: Sequence[tuple[str, ...]]
    shelf: IntArray
    """(n,) index in `shelves`"""
    shelves: Sequence[str]
    """names; empty for what is on no shelf"""
    seen: BoolArray
    """(n,) on the screen for a second or more"""
    repeated: BoolArray
    """(n,) shown to its user in an earlier session of the log"""
    opened: BoolArray
    listened: BoolArray
    """(n,) played, and not abandoned"""
    completed: BoolArray
    saved: BoolArray
    liked: BoolArray
    """(n,) any engagement but a rejection"""
    rejected: BoolArray
    """(n,) `not_interested`"""
    counts: Mapping[str, int]
    """what was read, and what could not be used"""

    def __len__(self) -> int:
        return len(self.session)
