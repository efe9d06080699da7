"""The ports of users: engagements, profiles and summaries."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from feed.model.engagement import Engagement, Profile, Summary


class SummaryArchive(Protocol):
    """All users' summaries, of which the builder makes a catalog's signals."""

    def summaries(self) -> Iterator[Summary]:
        """Yield every summary that can be read, each once, in any order. Raises `Unavailable`."""
        ...


@dataclass(frozen=True)
class StoredSummary:
    """A summary as it was read, and its revision for a conditional write."""

    summary: Summary | None
    """None: what is stored there cannot be read; its writer rebuilds it"""
    revision: str


@dataclass(frozen=True)
class StoreCounts:
    """How many documents a store has, for all users together."""

    profiles: int
    summaries: int
    engagements: int


class RemovedEngagements(NamedTuple):
    """The ids of engagements removed: all that was written up to a moment by the store's clock."""

    ids: list[str]
    until_us: int


class SummaryAccess(Protocol):
    """What a summary's writer needs of a store. Calls may raise `Unavailable` or `Unstorable`."""

    async def read_summary(self, uid: str) -> StoredSummary | None:
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

    async def delete_engagements(self, uid: str) -> RemovedEngagements:
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

    async def count(self) -> StoreCounts:
        """How much there is, without reading it."""
        ...
