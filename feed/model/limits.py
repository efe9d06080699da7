"""Size limits, in bytes of UTF-8, under which every summary fits into one Firestore document.

The largest summary: 500 engagements of `MAX_ENGAGEMENT_ID` + `MAX_EPISODE_ID` + 25 bytes (332,500),
and five lists of `MAX_ENTRIES` entries of `MAX_ENTRY` + 1 bytes (513,000). With names, counts and
the longest user id that is less than 850,000 of Firestore's 1,048,576; the rest is room to spare.

The API refuses what is longer. An app may write longer texts to Firestore itself: a summary leaves
them out, each judged by itself, so that what is left out depends on no order of events.
"""

import re

from feed.model.episode import MAX_ID_BYTES

DOCUMENT_BYTES = 1_048_576
"""Firestore's limit for one document"""
MAX_ENGAGEMENT_ID = 128
MAX_EPISODE_ID = MAX_ID_BYTES
MAX_ENTRY = 512
"""bytes of an entry in one of a profile's lists"""
MAX_ENTRIES = 200
"""entries in each of a profile's lists"""

_DOCUMENT_ID = re.compile(r"(?!\.\.?\Z)(?!__.*__\Z)[^/\x00-\x1f\x7f\ud800-\udfff]+\Z")
"""a valid Firestore document id without control characters"""


def is_document_id(text: str) -> bool:
    """Whether a text can be the id of a user or an engagement, but for its length."""
    return _DOCUMENT_ID.match(text) is not None


def utf8_bytes(text: str) -> int:
    """Length of a text in bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def engagement_fits(engagement_id: str, episode_id: str) -> bool:
    """Whether a summary can store an engagement with these ids."""
    return (
        utf8_bytes(engagement_id) <= MAX_ENGAGEMENT_ID and utf8_bytes(episode_id) <= MAX_EPISODE_ID
    )


def fitting_entries(entries: tuple[str, ...]) -> tuple[str, ...]:
    """The entries of a profile's list that a summary stores: the first that are short enough."""
    return tuple(one for one in entries if utf8_bytes(one) <= MAX_ENTRY)[:MAX_ENTRIES]
