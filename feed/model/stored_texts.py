"""References from a snapshot to the texts of its episodes, which lie beside it."""

from enum import StrEnum

import msgspec


class TextKind(StrEnum):
    """A kind of texts. It names their folder on a shelf, and their field of a catalog."""

    NOTES = "notes"
    """full show notes"""
    TRANSCRIPTS = "transcripts"
    """chapters and transcripts"""


class StoredTexts(msgspec.Struct, frozen=True):
    """Number, size and checksum of the texts of one kind that were stored with a catalog."""

    count: int
    """episodes that have one"""
    size: int
    """bytes"""
    sha256: str
    """of the bytes up to the first frame but the digests, in hexadecimal; they hold a checksum of
    each frame"""
