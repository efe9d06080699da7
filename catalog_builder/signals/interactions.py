"""Collects the interactions of all users with a catalog's episodes into columns."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import IntArray, group_by
from feed.model.engagement import ABANDONED_BELOW, COMPLETED_FROM, ENGAGEMENT_TYPES, Summary

MINUTE_US = 60_000_000
DAY_MINUTES = 24 * 60
DECODED_USERS = 1000
"""Users whose engagements are held as objects at once; bounds memory."""
USERS_PER_PART = 5000
"""Users in one part of `Interactions.parts`; a computation takes about 60 bytes an interaction."""

WEIGHTS: Mapping[str, float] = {
    "click": 0.5,
    "listen": 1.0,
    "complete": 1.0,
    "bookmark": 1.0,
    "like": 1.0,
    "share": 1.0,
    "not_interested": 0.0,
}
"""How strongly each type of engagement expresses interest in the episode, 0 to 1."""
UNKNOWN, STARTED, COMPLETED = -1, 0, 1
"""The values of `Interactions.completion`."""


@dataclass(frozen=True)
class Interactions:
    """The m interactions of u users: one for each user and episode that they engaged with.

    Several engagements of one user with one episode become a single interaction with the greatest
    weight, the newest time and the furthest completion among them.
    """

    starts: npt.NDArray[np.int64]
    """(u + 1,) user i has the interactions `starts[i]:starts[i + 1]`, oldest first"""
    rows: npt.NDArray[np.int32]
    """(m,) catalog row of the episode"""
    weights: npt.NDArray[np.float32]
    """(m,) strength from 0 to 1, as in `WEIGHTS`"""
    minutes: npt.NDArray[np.int32]
    """(m,) time in minutes since 1970, UTC"""
    completion: npt.NDArray[np.int8]
    """(m,) `COMPLETED`, `STARTED` or, where no engagement tells the progress, `UNKNOWN`"""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def users(self) -> int:
        """Number of users with at least one interaction."""
        return len(self.starts) - 1

    def parts(self) -> Iterator["Interactions"]:
        """Yields all interactions in parts of at most `USERS_PER_PART` users, as views.

        Without any interaction it yields one empty part. Sums over parts take little memory.
        """
        for first in range(0, max(1, self.users), USERS_PER_PART):
            starts = self.starts[first : first + USERS_PER_PART + 1]
            part = slice(starts[0], starts[-1])
            yield Interactions(
                starts - starts[0],
                self.rows[part],
                self.weights[part],
                self.minutes[part],
                self.completion[part],
            )


class Choices(NamedTuple):
    """The k engagements of some users that express interest in an episode of a catalog."""

    users: npt.NDArray[np.int32]
    """(k,) number of the user, among these"""
    rows: IntArray
    """(k,) catalog row of the episode"""
    minutes: npt.NDArray[np.int64]
    """(k,) time in minutes since 1970, UTC"""


def collect_interactions(
    summaries: Iterable[Summary],
    rows_of: Callable[[list[str]], IntArray],
    watch: Callable[[Choices], None] | None = None,
) -> Interactions:
    """Returns the interactions in users' summaries with the episodes that a catalog has.

    `rows_of` maps episode ids to catalog rows, -1 for an id that the catalog lacks. Users are
    decoded in batches and kept as columns of 13 bytes an interaction, so that a million users fit
    into memory. `watch` is given the engagements of each batch before they are merged.
    """
    lengths: list[npt.NDArray[np.int64]] = []
    columns = [bytearray() for _ in _DTYPES]  # a bytearray grows in place, an array is copied
    remaining = iter(summaries)
    while users := list(islice(remaining, DECODED_USERS)):
        counts = [len(summary.engagements) for summary in users]
        engagements = [one for summary in users for one in summary.engagements]
        kinds = np.array([_CODES[one.type] for one in engagements], np.intp)
        progress = np.array([one.progress for one in engagements], np.float64)  # NaN for None
        owners = np.repeat(np.arange(len(users), dtype=np.int32), counts)
        rows, weights = rows_of([one.episode_id for one in engagements]), _weights(kinds, progress)
        minutes = np.array([one.timestamp_us // MINUTE_US for one in engagements], np.int64)
        if watch is not None:
            chosen = np.flatnonzero((rows >= 0) & (weights > 0))
            watch(Choices(owners[chosen], rows[chosen], minutes[chosen]))
        user, *batch = _merge_repeated(owners, rows, weights, minutes, _completion(kinds, progress))
        count = np.bincount(user, minlength=len(users))
        lengths.append(count[count > 0])
        for column, values in zip(columns, batch, strict=True):
            column.extend(values.tobytes())
    starts = np.concatenate([[0], *lengths]).cumsum()
    return Interactions(starts.astype(np.int64), *map(np.frombuffer, columns, _DTYPES))


_DTYPES = (np.int32, np.float32, np.int32, np.int8)
_BITS = 32
"""bits of a row, and of a minute, in a sort key"""


def _merge_repeated(
    users: npt.NDArray[np.int32],
    rows: npt.NDArray[np.integer],
    weights: npt.NDArray[np.float32],
    minutes: npt.NDArray[np.int64],
    completion: npt.NDArray[np.int8],
) -> tuple[npt.NDArray[np.generic], ...]:
    """Merges the engagements of each user with each episode; sorts them by user, then by time."""
    kept = np.flatnonzero((rows >= 0) & (weights > 0))
    order, first = group_by(users[kept].astype(np.int64) << _BITS | rows[kept])
    if not len(first):
        return tuple(np.zeros(0, dtype) for dtype in (np.int32, *_DTYPES))
    kept = kept[order]
    limits = np.iinfo(np.int32)
    newest = np.clip(np.maximum.reduceat(minutes[kept], first), limits.min, limits.max)
    merged = (
        users[kept[first]],
        rows[kept[first]].astype(np.int32),
        np.maximum.reduceat(weights[kept], first),
        newest.astype(np.int32),
        np.maximum.reduceat(completion[kept], first),
    )
    oldest_first, _ = group_by((merged[0].astype(np.int64) << _BITS) + (newest - limits.min))
    return tuple(column[oldest_first] for column in merged)


_CODES = {kind: code for code, kind in enumerate(ENGAGEMENT_TYPES)}
_WEIGHT_BY_CODE = np.array([WEIGHTS[kind] for kind in ENGAGEMENT_TYPES], np.float32)


def _weights(
    kinds: npt.NDArray[np.intp], progress: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """(m,) weight of each engagement, given the codes of their types; 0 for a skip."""
    skipped = (kinds == _CODES["listen"]) & (progress < ABANDONED_BELOW)
    return np.where(skipped, np.float32(0), _WEIGHT_BY_CODE[kinds])


def _completion(
    kinds: npt.NDArray[np.intp], progress: npt.NDArray[np.float64]
) -> npt.NDArray[np.int8]:
    """(m,) whether each engagement says that the episode was completed, or only started."""
    started = (kinds == _CODES["listen"]) & ~np.isnan(progress)
    completed = (kinds == _CODES["complete"]) | started & (progress >= COMPLETED_FROM)
    return np.where(completed, COMPLETED, np.where(started, STARTED, UNKNOWN)).astype(np.int8)
