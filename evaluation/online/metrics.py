"""Metrics: what is counted of each exposure, and out of what."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from evaluation.online.exposures import Exposures
from feed.arrays.arrays import BoolArray


class Share(NamedTuple):
    """A share: the sum of `counted` over the sum of `of`."""

    counted: BoolArray
    """(n,) what is counted; nothing that is not in `of`"""
    of: BoolArray
    """(n,) out of what"""


def _every(exposures: Exposures, counted: BoolArray) -> Share:
    return Share(counted, np.ones(len(exposures), np.bool_))


def _on_screen(exposures: Exposures) -> Share:
    """Seen, or opened, of the sessions of which any impression is known."""
    known = exposures.sessions.has_seen[exposures.session]
    return Share((exposures.seen | exposures.opened) & known, known)


def _sessions(exposures: Exposures) -> Share:
    """Sessions that led to anything but a rejection; each is counted at its first exposure."""
    sessions, first = np.unique(exposures.session, return_index=True)
    liked = np.zeros(len(exposures.sessions), np.bool_)
    liked[exposures.session[exposures.liked]] = True
    share = _every(exposures, np.zeros(len(exposures), np.bool_))
    share.counted[first] = liked[sessions]
    share.of[:] = False
    share.of[first] = True
    return share


METRICS: Mapping[str, Callable[[Exposures], Share]] = {
    "click_through": lambda one: _every(one, one.opened),
    "click_through_seen": lambda one: Share(
        one.opened & _on_screen(one).counted, _on_screen(one).counted
    ),
    "listen_through": lambda one: _every(one, one.listened),
    "completion": lambda one: Share(one.completed & one.listened, one.listened),
    "saves": lambda one: _every(one, one.saved),
    "not_interested": lambda one: _every(one, one.rejected),
    "engaged_sessions": _sessions,
    "seen": _on_screen,
    "repeats": lambda one: _every(one, one.repeated),
}
"""every share, by name"""
PER_SESSION = frozenset({"engaged_sessions"})
"""shares of sessions, which positions and sources do not have"""
ABOUT: Mapping[str, str] = {
    "click_through": "shown episodes that were opened: a click, a listen or a completion",
    "click_through_seen": "episodes on the screen that were opened, where that is known",
    "listen_through": "shown episodes that were listened to, at least a tenth where it is known",
    "completion": "episodes listened to that were completed, or heard to nine tenths",
    "saves": "shown episodes that were bookmarked",
    "not_interested": "shown episodes that were rejected",
    "engaged_sessions": "sessions that led to any engagement but a rejection",
    "seen": "shown episodes that were on the screen, of sessions of which that is known",
    "repeats": "shown episodes that an earlier session of the log showed to the same user",
    "coverage": "episodes of the catalog among shown ones; for arms, among as many as each has",
    "freshness_days": "median age of shown episodes, in days",
}
"""what each metric is, by name"""
