"""Cards: what an app shows of each episode, packed one by one.

Each is deflated by itself (RFC 1951), so that a page unpacks its own alone. What deflate finds
little of in one short card, it finds in some others that it is shown first, its preset dictionary:
so they take a quarter of the room or less, and one is unpacked in microseconds.
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
"""bytes: as far back as deflate looks, and so the most that is in common"""
MOST = 1 << 24
"""bytes of a card, so that damage cannot ask for all memory"""
_RAW = -15
"""zlib's number for bare deflate with that window"""
_LEVEL = 3
"""higher ones save 5% and take half as much time again"""


@dataclass(frozen=True)
class Cards:
    """n JSON objects, encoded. Card i is packed in `data[offsets[i]:offsets[i + 1]]`."""

    offsets: npt.NDArray[np.int64]
    """(n + 1,)"""
    data: npt.NDArray[np.uint8]
    common: npt.NDArray[np.uint8]
    """what all are packed after"""

    @classmethod
    def of(cls, cards: Iterable[bytes], some: Sequence[bytes]) -> "Cards":
        """These cards; `some` are a few dozen of them, from all over. Raises ValueError."""
        common = b"".join(some)[:WINDOW]
        empty = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, zdict=common)

        def packed(card: bytes) -> bytes:
            if len(card) > MOST:
                raise ValueError(f"a card of {len(card)} bytes; expected {MOST} at most")
            deflate = empty.copy()
            return deflate.compress(card) + deflate.flush()

        rows = Strings.of_bytes(map(packed, cards))
        return cls(rows.offsets, rows.data, np.frombuffer(common, np.uint8))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def raw(self, row: int) -> bytes:
        """One card. Raises ValueError where it cannot be unpacked."""
        inflate = self._empty.copy()
        try:
            card: bytes = inflate.decompress(
                self.data[self.offsets[row] : self.offsets[row + 1]], MOST
            )
        except zlib.error as error:
            raise ValueError(f"cards: {row} cannot be unpacked: {error}") from error
        if not inflate.eof:
            raise ValueError(f"cards: {row} is cut off, or longer than any")
        return card

    @cached_property
    def _empty(self) -> Any:
        """What unpacks, before it has seen a card: it is copied for each."""
        return zlib.decompressobj(_RAW, zdict=self.common.tobytes())
