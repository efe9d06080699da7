"""A column of strings of any length, which numpy has no type for."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Strings(Sequence[str]):
    """An immutable column of n strings, encoded one after another in one buffer."""

    offsets: npt.NDArray[np.int64]
    """(n + 1,) string i is `data[offsets[i]:offsets[i + 1]]`"""
    data: npt.NDArray[np.uint8]
    """UTF-8; lone surrogates pass"""

    @classmethod
    def of(cls, strings: Iterable[str]) -> "Strings":
        """A column of these strings."""
        return cls.of_bytes(s.encode("utf-8", "surrogatepass") for s in strings)

    @classmethod
    def of_bytes(cls, rows: Iterable[bytes]) -> "Strings":
        """A column of strings that are already encoded."""
        data, ends = bytearray(), array("q", [0])  # compact: a list of rows takes more memory
        for row in rows:
            data += row
            ends.append(len(data))
        return cls(np.array(ends, np.int64), np.frombuffer(data, np.uint8))

    def raw(self, row: int) -> bytes:
        """The encoded bytes of one row."""
        return self.data[self.offsets[row] : self.offsets[row + 1]].tobytes()

    def __getitem__(self, row: int) -> str:  # type: ignore[override]  # rows, never slices
        return self.raw(row).decode("utf-8", "surrogatepass")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[str]:
        return (self[row] for row in range(len(self)))
