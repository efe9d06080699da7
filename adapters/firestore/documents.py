"""Documents of Firestore: an engagement or a profile to fields, and back.

Apps write these documents, too, so what is read is checked; what is malformed is logged by its
path and left out, so that it fails nothing beside it.
"""

import logging
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from feed.model import engagement as kinds
from feed.model.engagement import Engagement, Profile
from feed.model.timestamps import from_us, to_us

if TYPE_CHECKING:
    from google.cloud import firestore

Snapshot: TypeAlias = "firestore.DocumentSnapshot[Any]"
Place = tuple[int, str]
"""of an engagement in the list: timestamp in microseconds, and id"""

PROFILE = frozenset(Profile.__struct_fields__)
"""The fields of `users/{uid}` that are Earshot's. Any other is the app's own."""

_NAME = re.compile(r"(?!\.\.?\Z)(?!__.*__\Z)[^/\ud800-\udfff]+\Z", re.DOTALL)
_MAX_NAME = 1500
"""bytes"""

log = logging.getLogger(__name__)


class _Fields(msgspec.Struct, frozen=True):
    """An engagement's document, its timestamp in microseconds. Checked: apps write them, too."""

    timestamp: int
    episode_id: kinds.StoredEpisodeId
    type: kinds.EngagementType
    progress: kinds.Progress | None = None
    episode_title: str = ""
    series_name: str = ""


def fields_of(engagement: Engagement) -> dict[str, Any]:
    """The document of an engagement; what it lacks is left out."""
    fields = {
        "episode_id": engagement.episode_id,
        "type": engagement.type,
        "timestamp": from_us(engagement.timestamp_us),
        "progress": engagement.progress,
        "episode_title": engagement.episode_title or None,
        "series_name": engagement.series_name or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def engagement_of(snapshot: Snapshot) -> Engagement | None:
    """The engagement of a document; None, and a line in the log, if it is malformed."""
    fields = {name: value for name, value in _fields(snapshot).items() if value is not None}
    instant = fields.pop("timestamp", None)
    if isinstance(instant, datetime):
        fields["timestamp"] = to_us(instant)
    try:
        values = msgspec.structs.asdict(msgspec.convert(fields, _Fields))
    except msgspec.ValidationError as error:
        log.warning("%s is malformed: %s", snapshot.reference.path, error)
        return None
    return Engagement(id=snapshot.id, timestamp_us=values.pop("timestamp"), **values)


def profile_of(snapshot: Snapshot) -> Profile:
    """The profile of a document; a malformed field of it counts as empty, and is logged."""
    fields, known = _fields(snapshot), {}
    for field in msgspec.structs.fields(Profile):
        if fields.get(field.name) is None:
            continue
        try:
            known[field.name] = msgspec.convert(fields[field.name], field.type)
        except msgspec.ValidationError as error:
            log.warning("%s: %s is malformed: %s", snapshot.reference.path, field.name, error)
    return Profile(**known)


def _fields(snapshot: Snapshot) -> dict[str, Any]:
    return snapshot.to_dict() or {}


def place_of(snapshot: Snapshot) -> Place:
    """Where an engagement's document stands in the list."""
    return to_us(snapshot.get("timestamp")), snapshot.id


def newest_first(snapshot: Snapshot) -> Place:
    """Sort key: the order of `engagement.newest_first`."""
    instant_us, name = place_of(snapshot)
    return -instant_us, name


def is_name(text: str) -> bool:
    """Whether Firestore takes this for the last part of a document's path."""
    return _NAME.match(text) is not None and len(text.encode()) <= _MAX_NAME
