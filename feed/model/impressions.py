"""Impressions: which episodes a user had on the screen, and when.

They are kept packed with the user's summary, as a union of sets: merging is commutative,
associative and idempotent, so that impressions may come in any order and any number of times.
Two of one episode in one span of 20 minutes are one impression, with the earlier time. What is
kept of all is the newest independent set of a matroid (at most so many in all, and so many of one
episode): the greedy choice from a union needs only the greedy choices from its parts.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, HashArray, IntArray
from feed.arrays.hashing import hash_strings

MAX_IMPRESSIONS = 1000
"""Number of a user's newest impressions that are kept: 12 KB."""
MAX_PER_EPISODE = 4
"""Number of spans in which an episode was seen that are kept, the newest: as many visits as a
scenario counts, and the present one, which takes no place from them."""
VISIT_GAP_S = 1200
"""A visit is over 20 minutes after its last impression; also the length of the spans of time in
which impressions of one episode are one."""

_RECORD = np.dtype([("episode", "<u8"), ("at_s", "<u4")])
_PACKING = b"\x02"
_OLD_RECORD = np.dtype([("episode", "<u8"), ("session", "<u4"), ("at_s", "<u4")])
_OLD_PACKING = b"\x01"

Records = npt.NDArray[np.void]


class ImpressionsError(ValueError):
    """Stored bytes are not packed impressions that this version reads."""


class Impression(NamedTuple):
    """An episode that a user had on the screen for a second or more."""

    episode_id: str
    session_id: str
    """the session that showed it, if it is known; only the log tells"""
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

    Raises `ImpressionsError`.
    """
    added = list(impressions)
    records = np.empty(len(added), _RECORD)
    records["episode"] = hash_strings([one.episode_id for one in added])
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
    """The impressions in these bytes, in no order. Raises `ImpressionsError`."""
    records = _records(packed)
    return Seen(records["episode"].astype(np.uint64), records["at_s"].astype(np.int64))


def _records(packed: bytes) -> Records:
    """The records in these bytes; those of the old packing without their sessions."""
    if not packed:
        return np.empty(0, _RECORD)
    layout = {_PACKING: _RECORD, _OLD_PACKING: _OLD_RECORD}.get(packed[:1])
    if layout is None or (len(packed) - 1) % layout.itemsize:
        raise ImpressionsError(f"packed impressions: {len(packed)} bytes are no impressions")
    read = np.frombuffer(packed, layout, offset=1)
    if layout is _RECORD:
        return read
    records = np.empty(len(read), _RECORD)
    records["episode"], records["at_s"] = read["episode"], read["at_s"]
    return records


def _kept(records: Records) -> Records:
    """The impressions that are kept of these, each once, the newest spans first.

    Only the span decides what is kept, never the time in it: that changes with an earlier one.
    """
    records = records[np.lexsort((records["at_s"], records["episode"]))]
    episode, span = records["episode"], records["at_s"] // VISIT_GAP_S
    is_first: BoolArray = np.ones(len(records), np.bool_)
    is_first[1:] = (episode[1:] != episode[:-1]) | (span[1:] != span[:-1])
    records = records[is_first]
    # Of each episode the newest: those behind which fewer than the limit of its own follow.
    episode = records["episode"]
    is_kept: BoolArray = np.ones(len(records), np.bool_)
    is_kept[:-MAX_PER_EPISODE] = episode[:-MAX_PER_EPISODE] != episode[MAX_PER_EPISODE:]
    records = records[is_kept]
    span = (records["at_s"] // VISIT_GAP_S).astype(np.int64)
    newest = np.lexsort((records["episode"], -span))
    return records[newest[:MAX_IMPRESSIONS]]
