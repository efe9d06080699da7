"""The file of an audience: JSON Lines, one user a line, the best first."""

from collections.abc import Iterable, Iterator

import msgspec
import numpy as np

from feed.arrays.arrays import HashArray
from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.ranking.audience import MILLION, Member
from feed.session.answers import Reason
from feed.session.reason_text import render
from functions.audience.request import AudienceError


class AudienceLine(msgspec.Struct, frozen=True, kw_only=True):
    """A user to whom an episode should be announced."""

    user_id: str
    score: float
    """final score that a session of the user gives the episode"""
    standing: int
    """its place among all that this session would offer, from 1"""
    reason: Reason
    """why, to be shown: of a follower, that the episode is of a series that they follow"""


class _UserLine(msgspec.Struct, frozen=True):
    user_id: str


def encode(catalog: Catalog, members: Iterable[Member]) -> bytes:
    """The file of these members."""
    lines = (
        AudienceLine(
            user_id=one.user_id,
            score=one.score / MILLION,
            standing=one.place,
            reason=render(catalog, one.reason, one.subject_hash),
        )
        for one in members
    )
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


def user_hashes(files: Iterable[bytes]) -> HashArray:
    """The hashes of all users in some files, sorted.

    A line is that of an audience, or nothing but a user's id. Raises `AudienceError`.
    """
    ids = (user_id for data in files for user_id in _user_ids(data))
    return np.unique(hash_strings(list(ids)))


def _user_ids(data: bytes) -> Iterator[str]:
    for number, line in enumerate(data.splitlines(), 1):
        try:
            if line.startswith(b"{"):
                yield msgspec.json.decode(line, type=_UserLine).user_id
            elif line.strip():
                yield line.strip().decode()
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            expected = "expected a user's id, or a line of an audience"
            raise AudienceError(f"users to leave out, line {number}: {expected}") from error
