"""Byte streams between memory and Cloud Storage, without a second copy of the data."""

import base64
import hashlib
import io
from typing import Any

import google_crc32c

from adapters.gcs.calls import Deadline
from adapters.gcs.compression import Decompressor, InvalidFrame
from feed.ports.errors import Unavailable


class DownloadBuffer:
    """Receives a download in one buffer of fixed size; decompresses and checks it as it arrives.

    After an invalid byte `problem` is set, and the rest only enters the checksum: it tells whether
    the download was damaged in transit and is worth repeating.
    """

    def __init__(
        self, capacity: int, deadline: Deadline, *, is_compressed: bool = False, sha256: str = ""
    ) -> None:
        """Allocate `capacity` bytes. `sha256` is the expected one in hexadecimal, "" for none."""
        self.data = deadline.buffer = bytearray(capacity)
        self._deadline = deadline
        self._is_packed = is_compressed
        self._sha256 = sha256
        self.restart()

    def restart(self) -> None:
        """Forget what was received, before another attempt."""
        self.size = 0
        self.problem = ""
        self._crc = 0
        self._decompressor = Decompressor() if self._is_packed else None
        self._digest = hashlib.sha256() if self._sha256 else None

    @property
    def crc32c(self) -> str:
        """The checksum of the received bytes, as Cloud Storage writes it."""
        return crc32c_text(self._crc)

    def write(self, chunk: bytes) -> int:
        """Receive the next chunk. Raises `Unavailable` past the deadline or for too many bytes."""
        self._deadline.left_s()
        self._crc = google_crc32c.extend(self._crc, chunk)
        if self._decompressor is None:
            if self.size + len(chunk) > len(self.data):
                raise Unavailable(f"more than the {len(self.data)} bytes that were expected")
            self._take(chunk)
        elif not self.problem:
            self._decompress(self._decompressor, chunk)
        return len(chunk)

    def end(self) -> None:
        """Check the received data after the last chunk; sets `problem` if they are not valid."""
        if self._decompressor and not self.problem:
            try:
                self._decompressor.end()
            except InvalidFrame as error:
                self.problem = str(error)
        if self._decompressor and not self.problem and self.size != len(self.data):
            self.problem = f"unpacked it has {self.size} bytes, expected {len(self.data)}"
        if self._digest and not self.problem and self._digest.hexdigest() != self._sha256:
            self.problem = "it has another SHA-256 than expected"

    def _decompress(self, decompressor: Decompressor, chunk: bytes) -> None:
        try:
            for part in decompressor.parts(chunk):
                if self.size + len(part) > len(self.data):
                    self.problem = f"unpacked it has more than the expected {len(self.data)} bytes"
                    return
                self._take(part)
        except InvalidFrame as error:
            self.problem = str(error)

    def _take(self, part: bytes) -> None:
        end = self.size + len(part)
        self.data[self.size : end] = part
        self.size = end
        if self._digest:
            self._digest.update(part)


class UploadSource(io.RawIOBase):
    """Provides the bytes of an upload from memory, until the deadline."""

    def __init__(self, view: memoryview, deadline: Deadline) -> None:
        self._view = view
        self._deadline = deadline
        self._at = 0

    def readable(self) -> bool:
        """True: the library reads from it."""
        return True

    def seekable(self) -> bool:
        """True: the library repeats chunks."""
        return True

    def tell(self) -> int:
        """The current position, in bytes."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to another position and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._view)}[whence]
        self._at = base + offset
        return self._at

    def readinto(self, into: Any) -> int:
        """Copy the next bytes into `into`; returns their number. Raises `Unavailable` if late."""
        self._deadline.left_s()
        part = self._view[self._at : self._at + len(into)]
        into[: len(part)] = part
        self._at += len(part)
        return len(part)


def crc32c_text(crc: int) -> str:
    """A CRC32C as Cloud Storage writes it: base64 of its four bytes."""
    return base64.b64encode(crc.to_bytes(4, "big")).decode()
