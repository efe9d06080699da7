"""What the core asks of the outside. Every adapter in `adapters/` offers one of these.

An adapter translates its vendor's errors into the ones named here, so that nothing above it
knows which vendor it is. `tests/conformance/` holds one suite per port that each adapter passes.
"""

import mmap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from feed.engagement import Engagement, Profile, Summary
from feed.episode import Episode

Buffer = bytes | bytearray | memoryview | mmap.mmap


class Unavailable(Exception):
    """The other side did not answer, in time or at all. A later try may succeed."""


class Refused(Unavailable):
    """The other side answered that it does not take what it was asked: it is there, and well."""


class Unstorable(Refused):
    """The other side can never take this: a name or a size beyond its limits. No try succeeds."""


class Conflict(Exception):
    """Somebody else wrote first: what this write was based on is no longer current."""


class NotFound(Exception):
    """There is nothing under that name."""


class TooLarge(Exception):
    """What is there is larger than the caller can take; nothing of it was read."""


class Damaged(Exception):
    """What is there is not what was put there, or not what was asked for."""


class DamagedPointer(Damaged):
    """The shelf's pointer cannot be read as one. A promotion replaces it, as any other."""

    def __init__(self, reason: str, generation: int) -> None:
        """`generation` is what that promotion has to expect."""
        super().__init__(reason)
        self.generation = generation


# --- episodes and their vectors, read by the builder ---


class Record(NamedTuple):
    """One raw episode: its fields, unvalidated, and where it was read (for reports)."""

    where: str
    fields: Mapping[str, Any]
    feed: str = ""
    """address of the feed that it is from, where a source reads several"""
    guid: str = ""
    """what that feed calls it; another feed may mean another episode by it"""


class Problem(NamedTuple):
    """Something that could not be read as an episode: where it is and what is wrong with it."""

    where: str
    reason: str
    whole_source: bool = False
    """a feed, say, rather than one episode: reported, but not counted among the bad episodes"""
    feed: str = ""
    """address of the feed that it is from, where a source reads several"""
    is_note: bool = False
    """it was read after all, and this is what was done about it: reported, counted nowhere"""


class EpisodeSource(Protocol):
    """Where episodes come from."""

    def read(self) -> Iterator[Record | Problem]:
        """Yield every record in source order; the same input yields the same records.

        One bad record or feed is a Problem and stops nothing. Raises `Unavailable` when nothing
        at all can be read.
        """
        ...


@dataclass(frozen=True)
class Vectors:
    """Embeddings of a list of episodes, row by row."""

    matrix: np.ndarray
    """(episodes, dimension) float32; rows without an embedding are zero."""
    present: np.ndarray
    """(episodes,) bool: which rows have one."""
    model: str
    """Name of the embedding model, for the snapshot's header."""


class VectorStore(Protocol):
    """Where embeddings come from."""

    def vectors(self, episodes: Sequence[Episode]) -> Vectors:
        """Embeddings of these episodes, in their order. Raises `Unavailable`."""
        ...


class SummaryArchive(Protocol):
    """All users' summaries, of which the builder makes a catalog's signals."""

    def summaries(self) -> Iterator[Summary]:
        """Yield every summary that can be read, each once, in any order. Raises `Unavailable`."""
        ...


# --- the shelf: immutable snapshots and the pointer to the current one ---


@dataclass(frozen=True)
class Entry:
    """A snapshot on the shelf."""

    version: str
    size: int
    """bytes that it takes there"""
    stored_at: float
    """seconds since 1970, UTC: when it was put on the shelf"""


@dataclass(frozen=True)
class Pointer:
    """What `current.json` says, and the generation it was read at (0: there is none yet)."""

    version: str
    size: int
    sha256: str
    generation: int


class Shelf(Protocol):
    """Keeps snapshots. What is on it never changes; only the pointer moves.

    Every call has a deadline in seconds and raises `Unavailable` past it.
    """

    def current(self, timeout_s: float) -> Pointer | None:
        """The pointer, or None before the first publication. Raises `DamagedPointer`."""
        ...

    def fetch(
        self, version: str, timeout_s: float, max_bytes: int | None = None, sha256: str = ""
    ) -> Buffer:
        """The bytes of a snapshot, which no one changes afterwards.

        Raises `NotFound`, `TooLarge` before more than `max_bytes` are read, and `Damaged` where
        what is there is not whole, or its SHA-256 in hexadecimal is not the one given.
        """
        ...

    def put(self, version: str, data: Buffer, timeout_s: float) -> None:
        """Store a snapshot, whole or not at all. Raises `Conflict` if the name has other bytes."""
        ...

    def promote(
        self, version: str, size: int, sha256: str, expected_generation: int, timeout_s: float
    ) -> Pointer:
        """Point at a stored version if the pointer is still at `expected_generation` (0: none yet).

        Raises `Conflict` if it is not, `NotFound` if there is no such version.
        """
        ...

    def entries(self, timeout_s: float) -> list[Entry]:
        """What is on the shelf, oldest first."""
        ...

    def delete(self, version: str, timeout_s: float) -> None:
        """Remove a version if it is there. Raises `Conflict` if the pointer names it."""
        ...


# --- users ---


@dataclass(frozen=True)
class Stored:
    """A summary as it was read, and its revision for a conditional write."""

    summary: Summary | None
    """None: what is stored there cannot be read; its writer rebuilds it"""
    revision: str


@dataclass(frozen=True)
class Counts:
    """How many documents a store has, for all users together."""

    profiles: int
    summaries: int
    engagements: int


class Removal(NamedTuple):
    """The ids of engagements removed: all that was written up to a moment by the store's clock."""

    ids: list[str]
    until_us: int


class SummaryAccess(Protocol):
    """What a summary's writer needs of a store. Calls may raise `Unavailable` or `Unstorable`."""

    async def read_summary(self, uid: str) -> Stored | None:
        """The summary, or None if there is none. The one read of a session."""
        ...

    async def write_summary(self, uid: str, summary: Summary, revision: str | None) -> str:
        """Write on condition that the stored revision is still `revision` (None: there is none).

        Returns the new revision. Raises `Conflict`.
        """
        ...

    async def delete_summary(self, uid: str, revision: str) -> None:
        """Delete on the same condition. Raises `Conflict`."""
        ...

    async def read_engagements(self, uid: str, ids: Sequence[str]) -> dict[str, Engagement | None]:
        """The engagements named, each as it is now; None for one that does not exist."""
        ...

    async def newest_engagements(
        self, uid: str, limit: int, after: tuple[int, str] | None = None
    ) -> list[Engagement]:
        """The newest engagements that exist, in the order of `engagement.newest_first`.

        With `after`, a timestamp in microseconds and an id: those that come after it.
        """
        ...

    async def read_profile(self, uid: str) -> Profile:
        """The profile; an empty one if there is none."""
        ...


class SummaryStore(SummaryAccess, Protocol):
    """Keeps engagements, profiles and summaries. Calls may raise what those may."""

    async def connect(self) -> None:
        """Begin the connection, if there is one to begin, so that the first read finds it open."""
        ...

    async def put_engagement(self, uid: str, engagement: Engagement) -> None:
        """Record an engagement durably. The same `id` again replaces it: still one engagement."""
        ...

    async def delete_engagement(self, uid: str, engagement_id: str) -> bool:
        """Remove one; False if it was not there."""
        ...

    async def delete_engagements(self, uid: str) -> Removal:
        """Remove all that were written before this call. Ends while more are written."""
        ...

    async def update_profile(self, uid: str, changes: Mapping[str, Any]) -> Profile:
        """Set some fields of the profile in one step; returns all of it."""
        ...

    async def delete_profile(self, uid: str) -> bool:
        """Remove the fields of `Profile`, and no other; False if there were none."""
        ...

    async def purge(self) -> None:
        """Leave nothing of what was deleted in files that the store keeps itself."""
        ...

    async def users(self, limit: int, after: str | None = None) -> list[str]:
        """Everybody who has an engagement, a profile or a summary, in order of id.

        With `after`, an id: those that come after it. Fewer than `limit`: there are no more. A
        store may name somebody of whom there is nothing, too.
        """
        ...

    async def count(self) -> Counts:
        """How much there is, without reading it."""
        ...
