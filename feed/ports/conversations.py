"""Port of the store of conversations: what users asked, and what was answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from feed.ports.language_model import Turn


@dataclass(frozen=True)
class StoredConversation:
    """A conversation as read, with its revision for a conditional write."""

    turns: tuple[Turn, ...]
    """oldest first; none where it has expired"""
    revision: str


@dataclass(frozen=True)
class ListedConversation:
    """A conversation as it is stored, whether or not it has expired."""

    id: str
    turns: tuple[Turn, ...]
    """oldest first; none where the stored ones are malformed"""
    expires_us: int | None
    """microseconds since 1970, UTC; None where the stored time is malformed"""


class Conversations(Protocol):
    """Stores conversations of users, each until it expires.

    Every write names the revision that it follows, so that a writer that comes late restores
    nothing that was deleted. Calls may raise `Unavailable` or `Unstorable`.
    """

    async def read(self, uid: str, conversation_id: str, now_us: int) -> StoredConversation | None:
        """A user's conversation, or None if there is none.

        `now_us` is in microseconds since 1970, UTC: what has expired by then has no turns.
        """

    async def write(
        self,
        uid: str,
        conversation_id: str,
        turns: Sequence[Turn],
        *,
        now_us: int,
        expires_us: int,
        revision: str | None,
    ) -> str:
        """Store a conversation and return its new revision.

        Raises `Conflict` unless the stored revision is still `revision`; None: there is none.
        Both times are in microseconds since 1970, UTC. A store without a policy of its own also
        deletes what has expired by `now_us`, of all users.
        """

    async def page(self, uid: str, limit: int, after: str = "") -> list[ListedConversation]:
        """A user's conversations in the order of their ids, behind the id `after`.

        Everything that `delete_all` deletes comes, also what has expired. Fewer than `limit` are
        the last.
        """

    async def delete_all(self, uid: str) -> int:
        """Delete all conversations that a user has when the call begins; returns their number."""
