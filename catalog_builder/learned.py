"""Learned: what one build learns for the next, kept beside the shelf.

Whatever is kept only saves time. A build that has it, one that has lost it and one that cannot read
it end alike: what fits is used, and everything else found out anew.
"""

import logging
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from feed.builds import Copies

Kept = TypeVar("Kept", bound=msgspec.Struct)
"""One thing that is kept. It raises ValueError where it is made of what does not fit together."""

log = logging.getLogger(__name__)


class Learned:
    """What was learned of one catalog, kept from build to build."""

    def __init__(self, copies: Copies, *, anew: bool = False) -> None:
        """`anew`: what is kept is not used, and replaced."""
        self._copies = copies
        self._anew = anew

    def load(self, name: str, kind: type[Kept]) -> Kept | None:
        """What the last build kept under a name, if it is to be used and can be."""
        data = None if self._anew else self._copies.load(name)
        if data is None:
            return None
        try:
            return msgspec.msgpack.decode(data, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            log.warning("the %s kept cannot be read: %s", name, error)
            return None

    def keep(self, name: str, what: msgspec.Struct) -> None:
        """Keep it for the next build."""
        self._copies.keep(name, msgspec.msgpack.encode(what))


def packed(column: npt.NDArray[np.generic], kind: str) -> bytes:
    """A column as bytes, whatever the machine: `kind` is little-endian, as `<f4`."""
    return column.astype(kind, copy=False).tobytes()
