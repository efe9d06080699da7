"""Ports of the stores of users: engagements, profiles and summaries."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from feed.model.engagement import Engagement, Profile, Summary


class SummaryPage(NamedTuple):
    """The summaries of some users, in the order of their ids."""

    summaries: list[tuple[str, Summary]]
    """ids and readable summaries; there may be none, although others follow"""
    reads: int
    """documents that were read for it"""
    position: str
    """behind which the next page begins; empty: this is the last one"""


class SummaryArchive(Protocol):
    """Reads the summaries of all users, from which the builder computes signals."""

    def summaries(self) -> Iterator[Summary]:
        """Yield every readable summary once, in any order. Raises `Unavailable`."""

    def changed_since(self, us: int) -> Iterator[Summary]:
        """Yield the readable summaries last written at or after a moment, each once, in any order.

        `us` is in microseconds since 1970, by the store's clock. Summaries that were deleted do not
        come. One that was last written by a version that did not yet store the time may be missing.
        Raises `Refused` where the store cannot search by time yet, else `Unavailable`.
        """


class SummaryPages(Protocol):
    """Reads the summaries of all users by user id, page by page, so that a pass can go on later."""

    def page(self, position: str = "") -> SummaryPage:
        """Read the readable summaries behind the position of an earlier page, by user id.

        Memory is bounded by a page. Every summary that exists all along comes exactly once. Raises
        `Unavailable`.
        """

    def count_reads(self) -> int:
        """The documents that all pages read, without reading them. Raises `Unavailable`."""


@dataclass(frozen=True)
class StoredSummary:
    """A summary as read, with its revision for a conditional write."""

    summary: Summary | None
    """None where the stored document is unreadable; the next writer rebuilds it"""
    revision: str


@dataclass(frozen=True)
class StoreCounts:
    """Numbers of documents in a store, for all users together."""

    profiles: int
    summaries: int
    engagements: int


class RemovedEngagements(NamedTuple):
    """The result of removing all engagements that were written up to a moment."""

    ids: list[str]
    until_us: int
    """that moment by the store's clock, microseconds since 1970"""


class Change(NamedTuple):
    """What an event names: data of a user that changed."""

    uid: str
    engagement_id: str | None
    """None: the profile"""
    rebuild: bool = False
    """whether the user's data were deleted, so that all engagements have to be read again"""


class SummaryAccess(Protocol):
    """The part of a store that the writer of summaries needs.

    Calls may raise `Unavailable` or `Unstorable`.
    """

    @property
    def sources(self) -> int:
        """The number of collections that engagements of a user are read from, each for a price."""

    async def read_summary(self, uid: str) -> StoredSummary | None:
        """A user's summary, or None if there is none. A session reads nothing else."""

    async def write_summary(self, uid: str, summary: Summary, revision: str | None) -> str:
        """Store a summary and return its new revision.

        Raises `Conflict` unless the stored revision is still `revision`; None: there is none.
        """

    async def delete_summary(self, uid: str, revision: str) -> None:
        """Delete a summary. Raises `Conflict` unless its revision is still `revision`."""

    async def read_engagements(self, uid: str, ids: Sequence[str]) -> dict[str, Engagement | None]:
        """Engagements by id, each as stored now; None for one that does not exist."""

    async def newest_engagements(
        self, uid: str, limit: int, after: tuple[int, str] | None = None
    ) -> list[Engagement]:
        """The newest stored engagements, in the order of `engagement.newest_first`.

        Starts behind `after`, a timestamp in microseconds and an id, if given.
        """

    async def read_profile(self, uid: str) -> Profile:
        """A user's profile; an empty one if there is none."""


class SeenAccess(Protocol):
    """The part of a store that recording impressions needs. Calls may raise `Unavailable`."""

    async def read_summary(self, uid: str) -> StoredSummary | None:
        """A user's summary, or None if there is none."""

    async def write_seen(self, uid: str, summary: Summary, revision: str | None) -> str:
        """Store a summary of which only `seen` has changed; returns its new revision.

        It does not count as changed for `SummaryArchive.changed_since`. Raises `Conflict` as
        `write_summary` does.
        """


class SummaryStore(SummaryAccess, SeenAccess, Protocol):
    """A store of engagements, profiles and summaries.

    Calls may raise `Unavailable` or `Unstorable`.
    """

    async def connect(self) -> None:
        """Open the connection, if the store has one, so that the first read need not wait."""

    async def put_engagement(self, uid: str, engagement: Engagement) -> None:
        """Store an engagement durably, in place of one with the same `id`."""

    async def delete_engagement(self, uid: str, engagement_id: str) -> bool:
        """Remove an engagement; False if there was none."""

    async def delete_engagements(self, uid: str) -> RemovedEngagements:
        """Remove a user's engagements that were written before this call, and no later ones."""

    async def update_profile(self, uid: str, changes: Mapping[str, Any]) -> Profile:
        """Set some fields of a user's profile atomically; returns the whole profile."""

    async def delete_profile(self, uid: str) -> bool:
        """Remove the fields of a user's `Profile`, and no others; False if there were none."""

    async def purge(self) -> None:
        """Erase deleted data from files that the store manages itself."""

    async def users(self, limit: int, after: str | None = None) -> list[str]:
        """Ids of users with an engagement, a profile or a summary, in ascending order.

        Starts behind the id `after`, if given. Fewer than `limit` are the last. May contain users
        whose data were deleted.
        """

    async def count(self) -> StoreCounts:
        """Numbers of documents, without reading them."""
