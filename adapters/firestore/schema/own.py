"""The table `[earshot]` of a schema: where Earshot's own documents are."""

import msgspec

from adapters.firestore.schema.paths import PathPattern

CONVERSATIONS = "earshot_conversations"
"""name of the collection of a user's conversations, which no app has"""


class OwnTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where Earshot's own documents are. No app may keep documents of its own there."""

    documents: str = "users/{uid}/earshot"
    """the collection of a user with what Earshot writes: `profile`, `summary` and others"""
    engagements: str = "users/{uid}/engagements"
    """the collection of a user with the engagements that are recorded through the API. An app may
    write there, too, in the same shape"""

    def __post_init__(self) -> None:
        for name in ("documents", "engagements"):
            segments = PathPattern(text := getattr(self, name)).segments
            if len(segments) % 2 == 0 or segments[1:2] != ["{uid}"] or text.count("{") != 1:
                raise ValueError(f"{name}: expected a path like users/{{uid}}/earshot, got {text}")
        if self.documents == self.engagements:
            raise ValueError("documents, engagements: expected two collections")

    def document(self, name: str) -> PathPattern:
        """The path of one of Earshot's own documents of a user."""
        return PathPattern(f"{self.documents}/{name}")

    @property
    def conversations(self) -> str:
        """The collection of a user's conversations, below the other documents."""
        return f"{self.documents}/conversations/{CONVERSATIONS}"

    @property
    def conversation(self) -> PathPattern:
        """The path of a conversation of a user."""
        return PathPattern(f"{self.conversations}/{{id}}")

    @property
    def engagement(self) -> PathPattern:
        """The path of an engagement in Earshot's own collection."""
        return PathPattern(f"{self.engagements}/{{id}}")
