"""Segments: the users by how popular their target is, and by the length of their history."""

import numpy as np

from evaluation.offline.protocol import Targets
from feed.arrays.arrays import BoolArray

HEAD, MIDDLE = 20, 100
"""Last place by popularity of a target in the segments `head` and `middle`."""
SHORT, MEDIUM = 10, 50
"""Number of events from which on a history is no longer in the segments `short` and `medium`."""
BY_TARGET = ("head", "middle", "tail", "cold")
"""Segments by the target. `cold` is a part of `tail`; the others share all users among them."""
BY_HISTORY = ("short", "medium", "long")
"""Segments by the length of the history, which share all users among them."""


def segments(targets: Targets) -> dict[str, BoolArray]:
    """By segment: (u,) true for the users in it."""
    rank = targets.popularity_rank
    events = np.array([user.events for user in targets.users], np.int64)
    head = (rank > 0) & (rank <= HEAD)
    middle = (rank > HEAD) & (rank <= MIDDLE)
    return {
        "head": head,
        "middle": middle,
        "tail": ~head & ~middle,
        "cold": targets.cold,
        "short": events < SHORT,
        "medium": (events >= SHORT) & (events < MEDIUM),
        "long": events >= MEDIUM,
    }
