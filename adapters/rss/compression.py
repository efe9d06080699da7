"""Bodies as servers compress them -> bytes, never more than allowed."""

import zlib

from feed.ports.errors import Unavailable

MAX_MEMBERS = 10_000
"""of one gzip file; each costs time, however little it holds"""
MAX_LAYERS = 2
"""A gzipped file may be sent gzipped."""

_GZIP = b"\x1f\x8b"
_PIECE_BYTES = 16_384


def expand(body: bytes, max_bytes: int, *, is_deflated: bool = False) -> bytes:
    """Returns a body without its compression: gzip is seen from its first bytes.

    `is_deflated` if the header says so; a body that is plain nevertheless stays as it is.
    Raises `Unavailable` for more than `max_bytes`, and for what ends early or is damaged.
    """
    try:
        if is_deflated and not body.lstrip().startswith(b"<"):
            body = _inflate(body, max_bytes)
        for _ in range(MAX_LAYERS):
            if not body.startswith(_GZIP):
                break
            body = _gunzip(body, max_bytes)
    except zlib.error:
        raise Unavailable("the answer's compression is broken") from None
    if len(body) > max_bytes:
        raise too_large(max_bytes)
    return body


def too_large(max_bytes: int) -> Unavailable:
    """Returns the error of a body that is larger than allowed."""
    return Unavailable(
        f"larger than {max_bytes} bytes; --feed-max-mb (the setting FEED_MAX_MB) allows more"
    )


def _gunzip(body: bytes, max_bytes: int) -> bytes:
    """The members of a gzip file, one after another (RFC 1952); what follows them is padding."""
    expanded, at = bytearray(), 0
    for _ in range(MAX_MEMBERS):
        if not body.startswith(_GZIP, at):
            return bytes(expanded)
        at = _append(zlib.decompressobj(wbits=31), body, at, expanded, max_bytes)
    raise zlib.error


def _inflate(body: bytes, max_bytes: int) -> bytes:
    """A deflated body: with zlib's header, as the standard says, or without, as some servers do."""
    for wbits in (15, -15):
        expanded = bytearray()
        try:
            _append(zlib.decompressobj(wbits=wbits), body, 0, expanded, max_bytes)
        except zlib.error:
            continue
        return bytes(expanded)
    raise zlib.error


def _append(
    unzip: "zlib._Decompress", body: bytes, at: int, expanded: bytearray, max_bytes: int
) -> int:
    """Appends what one compressed stream holds; returns where it ends in the body."""
    while not unzip.eof:
        piece = body[at : at + _PIECE_BYTES]
        if not piece:
            raise zlib.error
        expanded += unzip.decompress(piece, max_bytes + 1 - len(expanded))
        if len(expanded) > max_bytes:
            raise too_large(max_bytes)
        at += len(piece) - len(unzip.unused_data)
    return at
