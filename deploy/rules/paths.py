"""Patterns of documents' paths, and where two of them overlap."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Bindings = Mapping[str, str | tuple[str | None, ...] | None]
"""What wildcards stand for: a segment, or a tuple of several; None is a segment that may be any."""


@dataclass(frozen=True)
class Segment:
    """One segment of a pattern: a literal, `{name}` for one, or `{name=**}` for any number."""

    text: str
    wildcard: bool = False
    recursive: bool = False

    def __str__(self) -> str:
        if not self.wildcard:
            return self.text
        return f"{{{self.text}{'=**' if self.recursive else ''}}}"


Pattern = tuple[Segment, ...]


def pattern_text(pattern: Sequence[Segment]) -> str:
    """Returns a pattern below `documents` as it stands in rules: /users/{uid}."""
    return "".join(f"/{segment}" for segment in pattern)


def alignments(theirs: Pattern, ours: Pattern, *, least: int) -> Iterator[Bindings]:
    """Yields, for each way in which a path can match both, what the wildcards of `theirs` are.

    `ours` has no recursive wildcard. A recursive one of `theirs` stands for at least `least`
    segments: 1 in version 1 of the language, 0 in version 2.
    """
    if not theirs:
        if not ours:
            yield {}
        return
    first, rest = theirs[0], theirs[1:]
    if first.recursive:
        for count in range(least, len(ours) + 1):
            value = tuple(None if one.wildcard else one.text for one in ours[:count])
            for later in alignments(rest, ours[count:], least=least):
                yield {first.text: value, **later}
        return
    if not ours or not (first.wildcard or ours[0].wildcard or first.text == ours[0].text):
        return
    for later in alignments(rest, ours[1:], least=least):
        if first.wildcard:
            yield {first.text: None if ours[0].wildcard else ours[0].text, **later}
        else:
            yield later


def names(theirs: Pattern, ours: Pattern) -> bool:
    """Returns whether `theirs` is a pattern for the collection of `ours` in particular.

    It has as many segments, and each literal of ours as a literal.
    """
    return len(theirs) == len(ours) and all(
        not mine.recursive
        and (not mine.wildcard and mine.text == own.text if not own.wildcard else True)
        for mine, own in zip(theirs, ours, strict=True)
    )
