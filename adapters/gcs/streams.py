"""What Cloud Storage reads from and writes to: bytes where they lie, checked as they come."""

import base64
import hashlib
import io
from typing import Any

import google_crc32c

from adapters.gcs.calls import Deadline
from adapters.gcs.packing import Garbled, Unpacking
from feed.ports.errors import Unavailable


class Sink:
    """Takes a download into one buffer of fixed size, unpacks it, and checks it as it comes.

    What is stored wrong is remembered in `problem` and the rest only summed up: the checksum of
    what came tells whether it was damaged on the way, and is worth asking for again.
    """

    def __init__(
        self, capacity: int, deadline: Deadline, *, is_packed: bool = False, sha256: str = ""
    ) -> None:
        """`sha256` is that of the bytes in the buffer, in hexadecimal; empty: it is not checked."""
        self.buffer = deadline.buffer = bytearray(capacity)
        self._deadline = deadline
        self._is_packed = is_packed
        self._sha256 = sha256
        self.restart()

    def restart(self) -> None:
        """Begin again."""
        self.size = 0
        self.problem = ""
        self._crc = 0
        self._unpacking = Unpacking() if self._is_packed else None
        self._digest = hashlib.sha256() if self._sha256 else None

    @property
    def crc32c(self) -> str:
        """Of what came, as Cloud Storage writes it."""
        return crc32c_text(self._crc)

    def write(self, chunk: bytes) -> int:
        """Take what came next. Raises `Unavailable` when there is no time or no room."""
        self._deadline.left_s()
        self._crc = google_crc32c.extend(self._crc, chunk)
        if self._unpacking is None:
            if self.size + len(chunk) > len(self.buffer):
                raise Unavailable(f"more than the {len(self.buffer)} bytes that it should be")
            self._take(chunk)
        elif not self.problem:
            self._unpack(self._unpacking, chunk)
        return len(chunk)

    def end(self) -> None:
        """All has come: look whether it is what it should be."""
        if self._unpacking and not self.problem:
            try:
                self._unpacking.end()
            except Garbled as error:
                self.problem = str(error)
        if self._unpacking and not self.problem and self.size != len(self.buffer):
            self.problem = f"unpacked it has {self.size} bytes, not {len(self.buffer)}"
        if self._digest and not self.problem and self._digest.hexdigest() != self._sha256:
            self.problem = "not the bytes of that SHA-256"

    def _unpack(self, unpacking: Unpacking, chunk: bytes) -> None:
        try:
            for part in unpacking.parts(chunk):
                if self.size + len(part) > len(self.buffer):
                    self.problem = f"unpacked it has more than {len(self.buffer)} bytes"
                    return
                self._take(part)
        except Garbled as error:
            self.problem = str(error)

    def _take(self, part: bytes) -> None:
        end = self.size + len(part)
        self.buffer[self.size : end] = part
        self.size = end
        if self._digest:
            self._digest.update(part)


class Source(io.RawIOBase):
    """Gives an upload its bytes, slice by slice, from where they lie."""

    def __init__(self, view: memoryview, deadline: Deadline) -> None:
        self._view = view
        self._deadline = deadline
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """How many bytes were read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._view)}[whence]
        self._at = base + offset
        return self._at

    def readinto(self, into: Any) -> int:
        """Give what comes next. Raises `Unavailable` when there is no time."""
        self._deadline.left_s()
        part = self._view[self._at : self._at + len(into)]
        into[: len(part)] = part
        self._at += len(part)
        return len(part)


def crc32c_text(crc: int) -> str:
    """A CRC32C as Cloud Storage writes it."""
    return base64.b64encode(crc.to_bytes(4, "big")).decode()
