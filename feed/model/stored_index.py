"""A reference from a snapshot to the search index that lies beside it."""

import msgspec


class StoredIndex(msgspec.Struct, frozen=True):
    """Size and checksum of the search index that was built from a catalog."""

    size: int
    """bytes"""
    sha256: str
    """in hexadecimal"""
