"""Compresses a snapshot as one zstd frame (RFC 8878), and decompresses it as it arrives.

Cards compress and embeddings do not, so the level is one that stores incompressible blocks as they
are (docs/adr/0012-compressed-snapshots.md).
"""

import sys
from collections.abc import Iterator

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEVEL = -1
"""below 1, blocks without repetition are stored raw and cost nothing to decompress"""
MIN_SAVING = 0.1
"""the share of bytes that compression has to save to be used"""
MIN_BYTES = 1 << 16
"""smaller data are not compressed"""
PART_BYTES = 1 << 20
"""compressed or decompressed at once; bounds memory"""


class InvalidFrame(Exception):
    """The bytes are not exactly one complete zstd frame."""


def compress(view: memoryview) -> bytearray | None:
    """The bytes as one zstd frame; None if that saves less than `MIN_SAVING`."""
    if len(view) < MIN_BYTES:
        return None
    compressor = zstd.ZstdCompressor(LEVEL)
    compressor.set_pledged_input_size(len(view))
    frame, most = bytearray(), len(view) * (1 - MIN_SAVING)
    for start in range(0, len(view), PART_BYTES):
        frame += compressor.compress(view[start : start + PART_BYTES])
        if len(frame) > most:
            return None
    frame += compressor.flush()
    return frame if len(frame) <= most else None


class Decompressor:
    """Decompresses a zstd frame that arrives chunk by chunk."""

    def __init__(self) -> None:
        self._decompressor = zstd.ZstdDecompressor()

    def parts(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the next chunk decompressed, in parts of `PART_BYTES`. Raises `InvalidFrame`."""
        while True:
            if self._decompressor.eof:
                if chunk:
                    raise InvalidFrame("something follows the frame")
                return
            try:
                part = self._decompressor.decompress(chunk, PART_BYTES)
            except zstd.ZstdError as error:
                raise InvalidFrame(f"no zstd frame: {error}") from error
            chunk = self._decompressor.unused_data if self._decompressor.eof else b""
            if part:
                yield part
            if self._decompressor.needs_input:
                return

    def end(self) -> None:
        """Check that the frame is complete after the last chunk. Raises `InvalidFrame`."""
        if not self._decompressor.eof:
            raise InvalidFrame("the frame is not complete")
