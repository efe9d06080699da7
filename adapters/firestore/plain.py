"""Converts values of Firestore's client into those of JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from google.cloud.firestore import DocumentReference, GeoPoint
from google.cloud.firestore_v1.vector import Vector

from feed.model.timestamps import rfc3339, to_us


def plain(value: Any, *, references_as_ids: bool = False) -> Any:
    """A Firestore value as a JSON value: timestamps as RFC 3339, references as paths or ids."""
    if isinstance(value, Mapping):
        return {
            name: plain(one, references_as_ids=references_as_ids) for name, one in value.items()
        }
    if isinstance(value, list | Vector):
        return [plain(one, references_as_ids=references_as_ids) for one in value]
    if isinstance(value, datetime):
        return rfc3339(to_us(value))
    if isinstance(value, DocumentReference):
        return value.id if references_as_ids else value.path
    if isinstance(value, GeoPoint):
        return {"latitude": value.latitude, "longitude": value.longitude}
    return value
