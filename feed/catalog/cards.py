"""Cards: the JSON that an app shows for each episode, compressed one by one.

Each card is deflated by itself (RFC 1951), so that a page decompresses only its own, each in
microseconds. Some cards serve as a preset dictionary for all: so compressed, they take a quarter of
their size or less.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from feed.arrays.strings import Strings

WINDOW = 1 << 15
"""bytes that deflate looks back, and so the longest useful dictionary"""
MAX_CARD_BYTES = 1 << 24
"""Longest card, so that a damaged file cannot exhaust the memory."""
_RAW_DEFLATE = -15
"""zlib's number for a raw deflate stream with that window"""
_LEVEL = 3
"""higher levels save 5% and take half as much time again"""


@dataclass(frozen=True)
class Cards:
    """The compressed JSON objects of n episodes."""

    offsets: npt.NDArray[np.int64]
    """(n + 1,) card i is compressed in `data[offsets[i]:offsets[i + 1]]`"""
    data: npt.NDArray[np.uint8]
    common: npt.NDArray[np.uint8]
    """preset dictionary of all cards"""

    @classmethod
    def of(cls, cards: Iterable[bytes], samples: Sequence[bytes]) -> "Cards":
        """Compress cards with a few dozen of them as the dictionary.

        Raises ValueError for a card above `MAX_CARD_BYTES`.
        """
        common = b"".join(samples)[:WINDOW]
        initial = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW_DEFLATE, zdict=common)

        def compressed(card: bytes) -> bytes:
            if len(card) > MAX_CARD_BYTES:
                raise ValueError(f"a card of {len(card)} bytes; expected {MAX_CARD_BYTES} at most")
            compressor = initial.copy()
            return compressor.compress(card) + compressor.flush()

        rows = Strings.of_bytes(map(compressed, cards))
        return cls(rows.offsets, rows.data, np.frombuffer(common, np.uint8))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def raw(self, row: int) -> bytes:
        """The JSON of one card. Raises ValueError where it cannot be decompressed."""
        decompressor = self._decompressor.copy()
        try:
            card: bytes = decompressor.decompress(
                self.data[self.offsets[row] : self.offsets[row + 1]], MAX_CARD_BYTES
            )
        except zlib.error as error:
            raise ValueError(f"card {row} cannot be decompressed: {error}") from error
        if not decompressor.eof:
            raise ValueError(f"card {row} is cut off, or longer than {MAX_CARD_BYTES} bytes")
        return card

    @cached_property
    def _decompressor(self) -> Any:
        """A decompressor in its first state; each card takes a copy."""
        return zlib.decompressobj(_RAW_DEFLATE, zdict=self.common.tobytes())
