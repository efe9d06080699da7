"""Interactions: what all users did with a catalog's episodes, as columns, from their summaries."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import grouped
from feed.catalog.catalog import Catalog
from feed.model.engagement import TYPES, Summary

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
        counts = [len(summary.engagements) for summary in users]
        done = [one for summary in users for one in summary.engagements]
        kinds = np.array([_CODES[one.type] for one in done], np.intp)
        progress = np.array([one.progress for one in done], np.float64)  # NaN for None
        of_user, *found = _distinct(
            np.repeat(np.arange(len(users), dtype=np.int32), counts),
            catalog.rows([one.episode_id for one in done]),
            _weights(kinds, progress),
            np.array([one.timestamp_us // MINUTE_US for one in done], np.int64),
            _heard(kinds, progress),
        )
        count = np.bincount(of_user, minlength=len(users))
        lengths.append(count[count > 0])
        for column, part in zip(columns, found, strict=True):
            column.extend(part.tobytes())
    starts = np.concatenate([[0], *lengths]).cumsum()
    return Interactions(starts.astype(np.int64), *map(np.frombuffer, columns, _KINDS))


_KINDS = (np.int32, np.float32, np.int32, np.int8)
_BITS = 32
"""what a row, and a minute, need in a key"""
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
    order, first = grouped(users[kept].astype(np.int64) << _BITS | rows[kept])
    if not len(first):
        return (np.zeros(0, np.int32), *_NOTHING)
    kept = kept[order]
    limits = np.iinfo(np.int32)
    newest = np.clip(np.maximum.reduceat(minutes[kept], first), limits.min, limits.max)
    found = (
        users[kept[first]],
        rows[kept[first]].astype(np.int32),
        np.maximum.reduceat(weights[kept], first),
        newest.astype(np.int32),
        np.maximum.reduceat(heard[kept], first),
    )
    oldest_first, _ = grouped((found[0].astype(np.int64) << _BITS) + (newest - limits.min))
    return tuple(column[oldest_first] for column in found)


_CODES = {kind: code for code, kind in enumerate(TYPES)}
_BY_CODE = np.array([WEIGHTS[kind] for kind in TYPES], np.float32)


def _weights(
    kinds: npt.NDArray[np.intp], progress: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """(m,) of engagements of these types, by code."""
    skipped = (kinds == _CODES["listen"]) & (progress < SKIPPED)
    return np.where(skipped, np.float32(0), _BY_CODE[kinds])


def _heard(kinds: npt.NDArray[np.intp], progress: npt.NDArray[np.float64]) -> npt.NDArray[np.int8]:
    """(m,) whether each was heard to the end."""
    begun = (kinds == _CODES["listen"]) & ~np.isnan(progress)
    ended = (kinds == _CODES["complete"]) | begun & (progress >= HEARD)
    return np.where(ended, FINISHED, np.where(begun, BEGUN, UNKNOWN)).astype(np.int8)
