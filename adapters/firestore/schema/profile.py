"""The table `[profile]` of a schema: what the app itself knows of a user's preferences."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from adapters.firestore.schema.paths import PathPattern
from adapters.firestore.schema.values import Refusal, field_at, identifier
from feed.model.engagement import PROFILE_LISTS


class ProfileTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields of the app's document of a user. Each has a list of texts, numbers or references.

    Where the document has such a field it counts instead of what was set through the API. It is
    read when the user's next engagement is merged, by the first build of a day, and by each session
    of a user who has no summary yet, for two document reads more.
    """

    path: str
    """the document of a user, like `users/{uid}`"""
    category_interests: str = ""
    """the field with the categories that the user chose"""
    followed_series: str = ""
    """the field with the ids of the series that the user follows"""
    muted_series: str = ""
    """the field with the ids of the series that the user does not want"""
    muted_categories: str = ""
    """the field with the categories that the user does not want"""
    languages: str = ""
    """the field with the user's languages, as tags like `en`"""
    trigger: bool = False
    """whether each write of the document updates the summary at once: a call of a function, and two
    reads, for every write that the app makes to it"""

    def __post_init__(self) -> None:
        segments = PathPattern(self.path).segments
        if len(segments) % 2 or segments[1] != "{uid}" or self.path.count("{") != 1:
            raise ValueError(f"path: expected one like users/{{uid}}, got {self.path}")
        if not self.fields:
            raise ValueError(f"expected at least one of {', '.join(PROFILE_LISTS)}")

    @property
    def place(self) -> PathPattern:
        """The path of a user's document."""
        return PathPattern(self.path)

    @property
    def fields(self) -> dict[str, str]:
        """The app's field for each field of a profile that it keeps."""
        return {name: field for name in PROFILE_LISTS if (field := getattr(self, name))}

    def lists(self, document: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...] | Refusal]]:
        """Yield each field of a profile that a document has, with its entries or a refusal."""
        for name, field in self.fields.items():
            value = field_at(document, field)
            if value is None:
                continue
            try:
                yield name, _entries(value, field)
            except Refusal as refusal:
                yield name, refusal


def _entries(value: Any, field: str) -> tuple[str, ...]:
    """The entries of a list, or of a map of booleans, which is another way to store a set."""
    if isinstance(value, Mapping):
        return tuple(sorted(str(name) for name, chosen in value.items() if chosen is True))
    if not isinstance(value, list):
        raise Refusal(f"{field} is no list")
    return tuple(identifier(one, field) for one in value)
