"""Decompresses the bodies of responses, up to a limit of size."""

import zlib

from feed.ports.errors import Unavailable

MAX_MEMBERS = 10_000
"""of one gzip file; each costs time, even an empty one"""
MAX_LAYERS = 2
"""a gzip file may be sent with gzip as the content encoding"""

_GZIP = b"\x1f\x8b"
_PIECE_BYTES = 16_384


def decompress(body: bytes, max_bytes: int, *, is_deflated: bool = False) -> bytes:
    """A body without its compression; gzip is recognised from its first bytes.

    `is_deflated` says that the header `Content-Encoding` is deflate; a body that is plain all the
    same is returned unchanged. Raises `Unavailable` for a body that is damaged, truncated, or
    larger than `max_bytes`.
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
        raise too_large_error(max_bytes)
    return body


def too_large_error(max_bytes: int) -> Unavailable:
    """The error for a body that is larger than `max_bytes`."""
    return Unavailable(
        f"larger than {max_bytes} bytes; --feed-max-mb (the setting FEED_MAX_MB) allows more"
    )


def _gunzip(body: bytes, max_bytes: int) -> bytes:
    """The content of all members of a gzip file (RFC 1952), without the padding behind them."""
    expanded, at = bytearray(), 0
    for _ in range(MAX_MEMBERS):
        if not body.startswith(_GZIP, at):
            return bytes(expanded)
        at = _append(zlib.decompressobj(wbits=31), body, at, expanded, max_bytes)
    raise zlib.error


def _inflate(body: bytes, max_bytes: int) -> bytes:
    """The content of a deflated body: with zlib's header, as in the standard, or without it."""
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
    """Append the content of the compressed stream at `at`; returns the offset behind it."""
    while not unzip.eof:
        piece = body[at : at + _PIECE_BYTES]
        if not piece:
            raise zlib.error
        expanded += unzip.decompress(piece, max_bytes + 1 - len(expanded))
        if len(expanded) > max_bytes:
            raise too_large_error(max_bytes)
        at += len(piece) - len(unzip.unused_data)
    return at
