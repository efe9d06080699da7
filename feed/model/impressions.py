"""Impressions: which episodes a user had on the screen, in which sessions, and when.

They are kept packed with the user's summary, as a union of sets: merging is commutative,
associative and idempotent, so that impressions may come in any order and any number of times, as
long as each comes with the time that it had. What is kept is the newest independent set of a
matroid (at most so many in all, and so many of one episode), and the greedy choice from a union
needs only the greedy choices from its parts.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import HashArray, IntArray
from feed.arrays.hashing import hash_strings

MAX_IMPRESSIONS = 1000
"""Number of a user's newest impressions that are kept: 16 KB."""
MAX_PER_EPISODE = 3
"""Number of sessions in which an episode was seen that are told apart, the newest."""

_RECORD = np.dtype([("episode", "<u8"), ("session", "<u4"), ("at_s", "<u4")])
_PACKING = b"\x01"

Records = npt.NDArray[np.void]


class ImpressionsError(ValueError):
    """Stored bytes are not packed impressions that this version reads."""


class Impression(NamedTuple):
    """An episode that a user had on the screen for a second or more, in one session."""

    episode_id: str
    session_id: str
    at_us: int
    """microseconds since 1970, UTC"""


class Seen(NamedTuple):
    """Impressions, with episodes as hashes of their ids."""

    episodes: HashArray
    """(k,) hash of the episode's id, as `feed.arrays.hashing.hash_strings` makes it"""
    at_s: IntArray
    """(k,) seconds since 1970, UTC"""


def merge(packed: bytes, impressions: Iterable[Impression]) -> bytes:
    """The union of packed impressions and further ones, packed; as it was if it has them all.

    An impression of the same episode and session as another one counts as the earlier of them.
    Raises `ImpressionsError`.
    """
    added = list(impressions)
    records = np.empty(len(added), _RECORD)
    records["episode"] = hash_strings([one.episode_id for one in added])
    records["session"] = hash_strings([one.session_id for one in added]) >> np.uint64(32)
    seconds = np.array([one.at_us // 1_000_000 for one in added], np.int64)
    records["at_s"] = np.clip(seconds, 0, np.iinfo(np.uint32).max)
    kept = _kept(np.concatenate([_records(packed), records]))
    return _PACKING + kept.tobytes() if len(kept) else b""


def merge_readable(packed: bytes, impressions: Iterable[Impression]) -> bytes:
    """The union as `merge` makes it; of bytes that cannot be read, the further ones alone."""
    added = tuple(impressions)
    try:
        _records(packed)
    except ImpressionsError:
        packed = b""
    return merge(packed, added) if added else packed


def unpack(packed: bytes) -> Seen:
    """The impressions in these bytes, the newest first. Raises `ImpressionsError`."""
    records = _records(packed)
    return Seen(records["episode"].astype(np.uint64), records["at_s"].astype(np.int64))


def _records(packed: bytes) -> Records:
    if not packed:
        return np.empty(0, _RECORD)
    if packed[:1] != _PACKING or (len(packed) - 1) % _RECORD.itemsize:
        raise ImpressionsError(f"packed impressions: {len(packed)} bytes are no impressions")
    return np.frombuffer(packed, _RECORD, offset=1)


def _kept(records: Records) -> Records:
    """The impressions that are kept of these, each once, the newest first."""
    episode, session, at_s = records["episode"], records["session"], records["at_s"]
    order = np.lexsort((at_s, session, episode))
    first = np.ones(len(order), np.bool_)
    ahead, behind = order[1:], order[:-1]
    first[1:] = (episode[ahead] != episode[behind]) | (session[ahead] != session[behind])
    once = order[first]
    # Of each episode the newest; of all together the newest.
    order = once[np.lexsort((session[once], -at_s[once].astype(np.int64), episode[once]))]
    starts = np.flatnonzero(np.diff(episode[order], prepend=~episode[order][:1]))
    places = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    few = order[places < MAX_PER_EPISODE]
    newest = np.lexsort((session[few], episode[few], -at_s[few].astype(np.int64)))
    return records[few[newest[:MAX_IMPRESSIONS]]]
