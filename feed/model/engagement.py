"""A user's engagements and profile, and the summary that is derived from them.

A summary is never a second truth. The law that `merge` and `feed.summary.writer` keep: once all
events are handled, in any order and with any duplicates, its packed engagements are byte for byte
those of a summary rebuilt from the engagements that exist.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, get_args

import msgspec

from feed.model import limits

MAX_ENGAGEMENTS = 500
"""Number of a user's newest engagements that a summary holds."""

EngagementType = Literal[
    "click", "listen", "complete", "bookmark", "like", "share", "not_interested"
]
ENGAGEMENT_TYPES: tuple[EngagementType, ...] = get_args(EngagementType)
"""An index in it is the code of a type in packed engagements: append, never reorder."""

EngagementId = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
EpisodeId = Annotated[str, msgspec.Meta(min_length=1)]
StoredEpisodeId = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_EPISODE_ID)]
"""Recorded only if it is no longer in UTF-8 either, which a schema cannot say."""
Progress = Annotated[float, msgspec.Meta(ge=0, le=1)]

ABANDONED_BELOW = 0.1
"""A listen with less progress than this was abandoned: it is a dislike, and no interaction."""
COMPLETED_FROM = 0.9
"""A listen with at least this progress counts as completed."""

_PACKING = b"\x01"


class SummaryError(ValueError):
    """Stored bytes are not packed engagements that this version reads."""


class Engagement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a user did with an episode. Two with the same `id` are one engagement."""

    id: str
    episode_id: str
    type: EngagementType
    timestamp_us: int
    """microseconds since 1970, UTC, by the client's clock"""
    progress: float | None = None
    """share of the episode that was played, 0 to 1"""
    episode_title: str = ""
    series_name: str = ""

    def without_names(self) -> "Engagement":
        """A copy without the episode's title and series, as a summary stores it."""
        if not self.episode_title and not self.series_name:
            return self
        return msgspec.structs.replace(self, episode_title="", series_name="")

    @property
    def fits(self) -> bool:
        """Whether a summary can store it; one whose ids are too long is left out."""
        return limits.engagement_fits(self.id, self.episode_id)


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a user declared: interests, follows, mutes and languages."""

    display_name: str = ""
    category_interests: tuple[str, ...] = ()
    followed_series: tuple[str, ...] = ()
    muted_series: tuple[str, ...] = ()
    muted_categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


PROFILE_LISTS = tuple(name for name in Profile.__struct_fields__ if name != "display_name")
"""Fields of a profile that a summary stores."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a session needs to know about a user, in one document."""

    engagements: tuple[Engagement, ...] = ()
    """the newest `MAX_ENGAGEMENTS`, without names, in the order of `newest_first`"""
    profile: Profile = Profile()
    """without the display name, which a session does not need"""
    incomplete: bool = False
    """whether an older engagement may be missing; the next writer reads the newest again"""
    seen: bytes = b""
    """which episodes the user had on the screen, packed (`feed.model.impressions`); it is derived
    from nothing else"""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known about the user; an empty summary is not stored."""
        return self == Summary()

    @property
    def has_only_seen(self) -> bool:
        """Whether nothing is known about the user, or no more than what they saw."""
        return self == Summary(seen=self.seen)

    def counts(self) -> dict[str, int]:
        """Number of engagements of each type, for people who read the document."""
        found = Counter(e.type for e in self.engagements)
        return {kind: found[kind] for kind in ENGAGEMENT_TYPES if found[kind]}


class _Packed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    id: str
    episode_id: str
    code: int
    timestamp_us: int
    progress: float | None


def newest_first(engagement: Engagement) -> tuple[int, str]:
    """Sort key: newest first, equal times by id, so that the order is total."""
    return (-engagement.timestamp_us, engagement.id)


def newest(engagements: Iterable[Engagement]) -> tuple[Engagement, ...]:
    """The `MAX_ENGAGEMENTS` newest that fit, ordered and without names, as a summary has them."""
    fitting = (e for e in engagements if e.fits)
    return tuple(e.without_names() for e in sorted(fitting, key=newest_first)[:MAX_ENGAGEMENTS])


def merge(summary: Summary, changes: Mapping[str, Engagement | None]) -> Summary:
    """The summary with some engagements, by id, as they are now; None for a deleted one.

    An engagement that does not fit counts as deleted. The result is `incomplete` where an older
    engagement, cut off before, may belong in it: the list was full, and now it is shorter or
    reaches further back.
    """
    before = summary.engagements
    kept = {e.id: e for e in before}
    for engagement_id, engagement in changes.items():
        if engagement is None:
            kept.pop(engagement_id, None)
        else:
            kept[engagement_id] = engagement
    after = newest(kept.values())
    uncovered = len(before) >= MAX_ENGAGEMENTS and (
        len(after) < MAX_ENGAGEMENTS or newest_first(after[-1]) > newest_first(before[-1])
    )
    return msgspec.structs.replace(
        summary, engagements=after, incomplete=summary.incomplete or uncovered
    )


def with_profile(summary: Summary, profile: Profile) -> Summary:
    """The summary with a new profile, without the display name and entries that do not fit."""
    lists = {field: limits.fitting_entries(getattr(profile, field)) for field in PROFILE_LISTS}
    return msgspec.structs.replace(
        summary, profile=msgspec.structs.replace(profile, display_name="", **lists)
    )


def pack(engagements: Iterable[Engagement]) -> bytes:
    """Encode engagements as MessagePack arrays behind a version byte.

    Equal engagements give equal bytes. About 60 bytes each: 30 KB for a full summary.
    """
    rows = [
        _Packed(
            e.id,
            e.episode_id,
            ENGAGEMENT_TYPES.index(e.type),
            e.timestamp_us,
            None if e.progress is None else float(e.progress),
        )
        for e in engagements
    ]
    return _PACKING + msgspec.msgpack.encode(rows)


_unpacker = msgspec.msgpack.Decoder(list[_Packed])


def unpack(packed: bytes) -> tuple[Engagement, ...]:
    """Decode the bytes that `pack` returns. Raises `SummaryError` for any others."""
    if packed[:1] != _PACKING:
        raise SummaryError(f"packed engagements: expected {_PACKING!r} first, got {packed[:1]!r}")
    try:
        return tuple(
            Engagement(
                id=p.id,
                episode_id=p.episode_id,
                type=ENGAGEMENT_TYPES[p.code],
                timestamp_us=p.timestamp_us,
                progress=p.progress,
            )
            for p in _unpacker.decode(packed[1:])
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, IndexError) as error:
        raise SummaryError(f"packed engagements cannot be read: {error}") from error
