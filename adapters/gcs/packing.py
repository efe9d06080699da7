"""Packing: a snapshot as one zstd frame (RFC 8878) where that pays, and back as it arrives.

Embeddings do not compress and cards do, so a level is right that leaves alone what does not
(docs/adr/0012-packed-snapshots.md).
"""

import sys
from collections.abc import Iterator

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEVEL = -1
"""below 1 what repeats nothing is left as it is, so that it costs nothing to unpack"""
SAVED = 0.1
"""the share that packing has to save to be worth it"""
FEWEST = 1 << 16
"""bytes below which nothing is worth it"""
PART = 1 << 20
"""bytes packed or unpacked at once: what bounds memory"""


class Garbled(Exception):
    """These bytes are no frame, or it does not end where it should."""


def packed(view: memoryview) -> bytearray | None:
    """The bytes as one frame; None where that saves too little."""
    if len(view) < FEWEST:
        return None
    compressor = zstd.ZstdCompressor(LEVEL)
    compressor.set_pledged_input_size(len(view))
    frame, most = bytearray(), len(view) * (1 - SAVED)
    for start in range(0, len(view), PART):
        frame += compressor.compress(view[start : start + PART])
        if len(frame) > most:
            return None
    frame += compressor.flush()
    return frame if len(frame) <= most else None


class Unpacking:
    """Unpacks a frame that arrives chunk by chunk."""

    def __init__(self) -> None:
        self._decompressor = zstd.ZstdDecompressor()

    def parts(self, chunk: bytes) -> Iterator[bytes]:
        """What a chunk holds, at most `PART` bytes at once. Raises `Garbled`."""
        while True:
            if self._decompressor.eof:
                if chunk:
                    raise Garbled("something follows the frame")
                return
            try:
                part = self._decompressor.decompress(chunk, PART)
            except zstd.ZstdError as error:
                raise Garbled(f"no zstd frame: {error}") from error
            chunk = self._decompressor.unused_data if self._decompressor.eof else b""
            if part:
                yield part
            if self._decompressor.needs_input:
                return

    def end(self) -> None:
        """Nothing more comes. Raises `Garbled` where the frame is not complete."""
        if not self._decompressor.eof:
            raise Garbled("the frame is not complete")
