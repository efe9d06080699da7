"""Converts engagements and profiles to and from Firestore documents.

Apps write such documents, too, so they are validated when they are read: a malformed document or
field is logged with its path and left out.
"""

import logging
import re
import zlib
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from adapters.firestore.reads import Document
from adapters.firestore.refusals import Refusals
from adapters.firestore.schema.profile import ProfileTable
from adapters.firestore.schema.values import Refusal
from feed.model import engagement as kinds
from feed.model.engagement import Engagement, Profile
from feed.model.timestamps import from_us, to_us

if TYPE_CHECKING:
    from google.cloud import firestore

Snapshot: TypeAlias = "firestore.DocumentSnapshot[Any]"
Position = tuple[int, str]
"""of an engagement in `newest_first` order: timestamp in microseconds, and id"""

SHARDS = 16
"""Number of parts that summaries are divided into, by their users' ids.

Firestore takes 500 writes a second for an index that begins with the same value and goes on with a
time, so 16 parts take 8,000. One query may name up to 30 parts, so a search by time costs one read
if nothing is found."""

_NAME = re.compile(r"(?!\.\.?\Z)(?!__.*__\Z)[^/\ud800-\udfff]+\Z", re.DOTALL)
_MAX_NAME = 1500
"""bytes"""

log = logging.getLogger(__name__)


class _Fields(msgspec.Struct, frozen=True):
    """The fields of an engagement's document, for validation; `timestamp` in microseconds."""

    timestamp: int
    episode_id: kinds.StoredEpisodeId
    type: kinds.EngagementType
    progress: kinds.Progress | None = None
    episode_title: str = ""
    series_name: str = ""


def engagement_fields(engagement: Engagement) -> dict[str, Any]:
    """The document of an engagement, without its empty fields."""
    fields = {
        "episode_id": engagement.episode_id,
        "type": engagement.type,
        "timestamp": from_us(engagement.timestamp_us),
        "progress": engagement.progress,
        "episode_title": engagement.episode_title or None,
        "series_name": engagement.series_name or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def parse_engagement(document: Document, refusals: Refusals) -> Engagement | None:
    """The engagement in a document of Earshot's shape; None, and counted, if it is malformed."""
    fields = {name: value for name, value in document.fields.items() if value is not None}
    instant = fields.pop("timestamp", None)
    if isinstance(instant, datetime):
        fields["timestamp"] = to_us(instant)
    try:
        values = msgspec.structs.asdict(msgspec.convert(fields, _Fields))
    except msgspec.ValidationError as error:
        refusals.add("engagements", str(error).replace("`", ""), document.path)
        return None
    return Engagement(id=document.id, timestamp_us=values.pop("timestamp"), **values)


def parse_profile(document: Document | None) -> Profile:
    """The profile in a document; a malformed field is logged and left empty."""
    known: dict[str, Any] = {}
    if document is None:
        return Profile()
    for field in msgspec.structs.fields(Profile):
        value = document.fields.get(field.name)
        if value is None:
            continue
        try:
            known[field.name] = msgspec.convert(value, field.type)
        except msgspec.ValidationError as error:
            log.warning("%s: %s is malformed: %s", document.path, field.name, error)
    return Profile(**known)


def with_preferences(
    profile: Profile, table: ProfileTable, document: Document, refusals: Refusals
) -> Profile:
    """A profile with the fields that the app's document has; one not understood is counted."""
    known: dict[str, tuple[str, ...]] = {}
    for name, entries in table.lists(document.fields):
        if isinstance(entries, Refusal):
            refusals.add("profile", entries.reason, document.path, "a profile of the app")
        else:
            known[name] = entries
    return msgspec.structs.replace(profile, **known)


def shard_of(uid: str) -> int:
    """The part, below `SHARDS`, that a user's summary belongs to."""
    return zlib.crc32(uid.encode()) % SHARDS


def is_document_id(text: str) -> bool:
    """Whether a text is a valid id of a Firestore document."""
    return _NAME.match(text) is not None and len(text.encode()) <= _MAX_NAME
