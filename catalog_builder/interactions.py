"""Interactions: what all users did with a catalog's episodes, as columns, from their summaries."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from feed.catalog import Catalog
from feed.engagement import Engagement, Summary

MINUTE_US = 60_000_000
USERS_AT_ONCE = 1000
"""that are decoded"""
USERS_COUNTED = 5000
"""in a part, 60 bytes a choice"""

WEIGHTS: Mapping[str, float] = {
    "click": 0.5,
    "listen": 1.0,
    "complete": 1.0,
    "bookmark": 1.0,
    "like": 1.0,
    "share": 1.0,
    "not_interested": 0.0,
}
"""how far an engagement says that somebody chose an episode"""
SKIPPED = 0.1
"""a listen that went no further is no choice"""
HEARD = 0.9
"""a listen that went further went to the end"""
UNKNOWN, BEGUN, FINISHED = -1, 0, 1


@dataclass(frozen=True)
class Interactions:
    """m choices of u users, one for each user and episode: the strongest, at its newest time."""

    starts: npt.NDArray[np.int64]
    """(u + 1,) user i has the choices `starts[i]:starts[i + 1]`, oldest first"""
    rows: npt.NDArray[np.int32]
    """(m,) the episode"""
    weights: npt.NDArray[np.float32]
    """(m,) 0 to 1, as `WEIGHTS`"""
    minutes: npt.NDArray[np.int32]
    """(m,) since 1970, UTC"""
    heard: npt.NDArray[np.int8]
    """(m,) whether it was heard to the end: `FINISHED`, `BEGUN` or `UNKNOWN`"""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def users(self) -> int:
        """How many users chose something."""
        return len(self.starts) - 1

    def parts(self) -> Iterator["Interactions"]:
        """The same, some users at a time, as views; at least one, which may be of nobody.

        What is counted of each part can be summed, and takes little memory.
        """
        for first in range(0, max(1, self.users), USERS_COUNTED):
            starts = self.starts[first : first + USERS_COUNTED + 1]
            theirs = slice(starts[0], starts[-1])
            yield Interactions(
                starts - starts[0],
                self.rows[theirs],
                self.weights[theirs],
                self.minutes[theirs],
                self.heard[theirs],
            )


def collect(summaries: Iterable[Summary], catalog: Catalog) -> Interactions:
    """The choices in these summaries, of episodes that the catalog has.

    Users are taken in some at a time and kept as columns of 13 bytes a choice, so a million fit.
    """
    lengths: list[npt.NDArray[np.int64]] = []
    columns = [bytearray() for _ in _KINDS]  # which grow in place, where arrays would be copied
    every = iter(summaries)
    while users := list(islice(every, USERS_AT_ONCE)):
        chosen = [(user, one) for user, summary in enumerate(users) for one in summary.engagements]
        of_user, *found = _distinct(
            np.array([user for user, _ in chosen], np.int32),
            catalog.rows([one.episode_id for _, one in chosen]),
            np.array([_weight(one) for _, one in chosen], np.float32),
            np.array([one.timestamp_us // MINUTE_US for _, one in chosen], np.int64),
            np.array([_heard(one) for _, one in chosen], np.int8),
        )
        count = np.bincount(of_user, minlength=len(users))
        lengths.append(count[count > 0])
        for column, part in zip(columns, found, strict=True):
            column.extend(part.tobytes())
    starts = np.concatenate([[0], *lengths]).cumsum()
    return Interactions(starts.astype(np.int64), *map(np.frombuffer, columns, _KINDS))


_KINDS = (np.int32, np.float32, np.int32, np.int8)
_NOTHING = tuple(np.zeros(0, kind) for kind in _KINDS)


def _distinct(
    users: npt.NDArray[np.int32],
    rows: npt.NDArray[np.integer],
    weights: npt.NDArray[np.float32],
    minutes: npt.NDArray[np.int64],
    heard: npt.NDArray[np.int8],
) -> tuple[npt.NDArray[np.generic], ...]:
    """One choice for each user and row: its greatest weight, newest time, and farthest hearing."""
    kept = np.flatnonzero((rows >= 0) & (weights > 0))
    kept = kept[np.lexsort((rows[kept], users[kept]))]
    users, rows = users[kept], rows[kept]
    first = np.flatnonzero(np.diff(users, prepend=-1) | np.diff(rows, prepend=-1))
    if not len(first):
        return (np.zeros(0, np.int32), *_NOTHING)
    limits = np.iinfo(np.int32)
    newest = np.clip(np.maximum.reduceat(minutes[kept], first), limits.min, limits.max)
    found = (
        users[first],
        rows[first].astype(np.int32),
        np.maximum.reduceat(weights[kept], first),
        newest.astype(np.int32),
        np.maximum.reduceat(heard[kept], first),
    )
    oldest_first = np.lexsort((found[1], found[3], found[0]))
    return tuple(column[oldest_first] for column in found)


def _weight(engagement: Engagement) -> float:
    if (
        engagement.type == "listen"
        and engagement.progress is not None
        and engagement.progress < SKIPPED
    ):
        return 0.0
    return WEIGHTS[engagement.type]


def _heard(engagement: Engagement) -> int:
    if engagement.type == "complete":
        return FINISHED
    if engagement.type != "listen" or engagement.progress is None:
        return UNKNOWN
    return FINISHED if engagement.progress >= HEARD else BEGUN
