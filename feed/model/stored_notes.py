"""A reference from a snapshot to the notes of its episodes, which lie beside it."""

import msgspec


class StoredNotes(msgspec.Struct, frozen=True):
    """Number, size and checksum of the notes that were stored with a catalog."""

    count: int
    """episodes that have notes"""
    size: int
    """bytes"""
    sha256: str
    """of the bytes up to the first frame but the digests, in hexadecimal; they hold a checksum of
    each frame"""
