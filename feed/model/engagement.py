"""Engagement, profile and summary, and `merge`: how the first become the last.

A summary is derived, never a second truth. The law that `merge` and `feed.summary.writer`
keep: once all events are handled, in any order and with any duplicates, the packed engagements are
byte for byte those of a summary rebuilt from the engagements that exist.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, get_args

import msgspec

from feed.model import limits

KEPT = 500
"""How many of a user's newest engagements a summary holds."""

EngagementType = Literal[
    "click", "listen", "complete", "bookmark", "like", "share", "not_interested"
]
TYPES: tuple[EngagementType, ...] = get_args(EngagementType)
"""Their places are their codes in packed engagements: append, never reorder."""

EngagementId = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
EpisodeId = Annotated[str, msgspec.Meta(min_length=1)]
StoredEpisodeId = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_EPISODE_ID)]
"""One that is longer in UTF-8, which no schema can say, is shown, but not recorded."""
Progress = Annotated[float, msgspec.Meta(ge=0, le=1)]

ABANDONED_BELOW = 0.1
"""A listen with less progress than this was abandoned: it is a dislike, and no interaction."""
COMPLETED_FROM = 0.9
"""A listen with at least this progress counts as completed."""

_PACKING = b"\x01"


class SummaryError(ValueError):
    """Stored bytes are no packed engagements that this version reads."""


class Engagement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a user did with an episode. The same `id` twice is one engagement."""

    id: str
    episode_id: str
    type: EngagementType
    timestamp_us: int
    """microseconds since 1970, UTC, as the client's clock had it"""
    progress: float | None = None
    """0 to 1: how much of the episode was heard"""
    episode_title: str = ""
    series_name: str = ""

    def bare(self) -> "Engagement":
        """The part that a summary keeps: all but the names that are only for reading."""
        if not self.episode_title and not self.series_name:
            return self
        return msgspec.structs.replace(self, episode_title="", series_name="")

    @property
    def fits(self) -> bool:
        """Whether a summary can hold it. One that is too large counts there as none."""
        return limits.fits(self.id, self.episode_id)


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a user said of themselves."""

    display_name: str = ""
    category_interests: tuple[str, ...] = ()
    followed_series: tuple[str, ...] = ()
    muted_series: tuple[str, ...] = ()
    muted_categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


PROFILE_LISTS = tuple(name for name in Profile.__struct_fields__ if name != "display_name")


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """All that a session needs to know of a user, in one read."""

    engagements: tuple[Engagement, ...] = ()
    """the newest `KEPT`, bare, in the order of `newest_first`"""
    profile: Profile = Profile()
    """without the display name, which no session needs"""
    incomplete: bool = False
    """a cut-off engagement may be missing; whoever writes next reads the newest ones again"""

    @property
    def empty(self) -> bool:
        """Whether nothing is known. Such a summary is not stored: it is no document."""
        return self == Summary()

    def counts(self) -> dict[str, int]:
        """Engagements by type, for whoever reads the document in a console."""
        found = Counter(e.type for e in self.engagements)
        return {kind: found[kind] for kind in TYPES if found[kind]}


class _Packed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    id: str
    episode_id: str
    code: int
    timestamp_us: int
    progress: float | None


def newest_first(engagement: Engagement) -> tuple[int, str]:
    """Sort key: by time, newest first, equal times by id, so that the order is total."""
    return (-engagement.timestamp_us, engagement.id)


def newest(engagements: Iterable[Engagement]) -> tuple[Engagement, ...]:
    """The `KEPT` newest that fit, bare and in order: those of a summary rebuilt from scratch."""
    fitting = (e for e in engagements if e.fits)
    return tuple(e.bare() for e in sorted(fitting, key=newest_first)[:KEPT])


def merge(summary: Summary, changes: Mapping[str, Engagement | None]) -> Summary:
    """The summary after the named engagements became what they are now (None: gone).

    Pure. What does not fit counts as gone. Marks the result `incomplete` where a cut-off engagement
    may have been uncovered: the list was full, and now it is shorter or reaches further back.
    """
    before = summary.engagements
    kept = {e.id: e for e in before}
    for engagement_id, engagement in changes.items():
        if engagement is None:
            kept.pop(engagement_id, None)
        else:
            kept[engagement_id] = engagement
    after = newest(kept.values())
    uncovered = len(before) >= KEPT and (
        len(after) < KEPT or newest_first(after[-1]) > newest_first(before[-1])
    )
    return msgspec.structs.replace(
        summary, engagements=after, incomplete=summary.incomplete or uncovered
    )


def with_profile(summary: Summary, profile: Profile) -> Summary:
    """The summary with what a session needs of the profile, and what fits of that."""
    lists = {field: limits.fitting(getattr(profile, field)) for field in PROFILE_LISTS}
    return msgspec.structs.replace(
        summary, profile=msgspec.structs.replace(profile, display_name="", **lists)
    )


def pack(engagements: Iterable[Engagement]) -> bytes:
    """Engagements as one compact bytes field (MessagePack arrays behind a version byte).

    Equal engagements give equal bytes. About 60 bytes each, so 30 KB for a full summary.
    """
    rows = [
        _Packed(
            e.id,
            e.episode_id,
            TYPES.index(e.type),
            e.timestamp_us,
            None if e.progress is None else float(e.progress),
        )
        for e in engagements
    ]
    return _PACKING + msgspec.msgpack.encode(rows)


_unpacker = msgspec.msgpack.Decoder(list[_Packed])


def unpack(packed: bytes) -> tuple[Engagement, ...]:
    """The inverse of `pack`. Raises `SummaryError`."""
    if packed[:1] != _PACKING:
        raise SummaryError("packed engagements of another version")
    try:
        return tuple(
            Engagement(
                id=p.id,
                episode_id=p.episode_id,
                type=TYPES[p.code],
                timestamp_us=p.timestamp_us,
                progress=p.progress,
            )
            for p in _unpacker.decode(packed[1:])
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, IndexError) as error:
        raise SummaryError(f"packed engagements cannot be read: {error}") from error
