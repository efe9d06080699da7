"""A summary as a stored document: readable in a console, with engagements in one bytes field."""

from typing import Any

import msgspec

from feed.model.engagement import PROFILE_LISTS, Profile, Summary, SummaryError, pack, unpack
from feed.model.timestamps import rfc3339


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a document that are read; the others are for people."""

    engagements: bytes
    category_interests: tuple[str, ...] = ()
    followed_series: tuple[str, ...] = ()
    muted_series: tuple[str, ...] = ()
    muted_categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    incomplete: bool = False
    seen: bytes = b""


def to_document(summary: Summary) -> dict[str, Any]:
    """The document that stores a summary. Equal summaries give equal documents."""
    profile = msgspec.to_builtins(summary.profile)
    del profile["display_name"]
    newest = summary.engagements[0].timestamp_us if summary.engagements else None
    return {
        "engagements": pack(summary.engagements),
        **{name: list(values) for name, values in profile.items()},
        "counts": summary.counts(),
        "newest_engagement_at": None if newest is None else rfc3339(newest),
        "incomplete": summary.incomplete,
        "seen": summary.seen,
    }


def from_document(document: dict[str, Any]) -> Summary:
    """The summary that a document stores. Raises `SummaryError` for an invalid document."""
    try:
        fields = msgspec.convert(document, _Document)
    except msgspec.ValidationError as error:
        raise SummaryError(f"not a summary: {error}") from error
    return Summary(
        engagements=unpack(fields.engagements),
        profile=Profile(**{name: getattr(fields, name) for name in PROFILE_LISTS}),
        incomplete=fields.incomplete,
        seen=fields.seen,
    )
