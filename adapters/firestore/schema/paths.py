"""Paths of documents with placeholders, such as `users/{uid}/plays/{id}`."""

import re
from functools import cached_property

import msgspec

_SEGMENT = re.compile(r"\{[a-z]+\}|(?!\.\.?\Z)(?!__.*__\Z)[^/{}\x00-\x1f\x7f*]+")
USER, DOCUMENT = "{uid}", "{id}"


class PathPattern(msgspec.Struct, frozen=True, dict=True):
    """The paths of documents of one kind. A placeholder stands for any one id."""

    text: str

    def __post_init__(self) -> None:
        if not all(map(_SEGMENT.fullmatch, self.segments)):
            raise ValueError(f"expected a path like users/{{uid}}/plays/{{id}}, got {self.text}")
        holes = [one for one in self.segments if one.startswith("{")]
        if len(holes) != len(set(holes)):
            raise ValueError(f"expected each placeholder once, got {self.text}")

    @cached_property
    def segments(self) -> list[str]:
        """The names between the slashes."""
        return self.text.split("/")

    @property
    def collection(self) -> str:
        """The name of the collection that the documents are in."""
        return self.segments[-2 if len(self.segments) % 2 == 0 else -1]

    @cached_property
    def is_of_user(self) -> bool:
        """Whether the path names the user."""
        return USER in self.segments

    def match(self, path: str) -> dict[str, str] | None:
        """The ids that a path has in place of the placeholders; None for another kind of path."""
        found = self._expression.fullmatch(path)
        return found.groupdict() if found else None

    def fill(self, **ids: str) -> str:
        """The path with ids in place of the placeholders that are named."""
        parts = [ids.get(one[1:-1], one) if one[0] == "{" else one for one in self.segments]
        return "/".join(parts)

    def overlaps(self, other: "PathPattern") -> bool:
        """Whether a path exists that both match."""
        if len(self.segments) != len(other.segments):
            return False
        pairs = zip(self.segments, other.segments, strict=True)
        return all(a == b or a[0] == "{" or b[0] == "{" for a, b in pairs)

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        parts = [
            f"(?P<{one[1:-1]}>[^/]+)" if one[0] == "{" else re.escape(one) for one in self.segments
        ]
        return re.compile("/".join(parts))
