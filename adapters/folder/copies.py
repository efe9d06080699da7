"""Copies in a folder, one file each, with a checksum in front."""

import hashlib
import logging
from pathlib import Path

from adapters.folder.shelf import write_whole

log = logging.getLogger(__name__)


class FolderCopies:
    """`BuildCache` in a folder, which is made when something is first kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, name: str) -> bytes | None:
        """The bytes kept under a name; None if there are none, or they are not as they were."""
        try:
            digest, _, data = (self._folder / name).read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("a copy cannot be read: %s", error)
            return None
        return data if digest == _digest(data) else None

    def save(self, name: str, data: bytes) -> None:
        """Keep bytes under a plain file name. A folder that cannot be written costs a log line."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # For its owner alone: a private feed is nobody else's.
            write_whole(self._folder / name, _digest(data) + b"\n" + data, mode=0o600)
        except OSError as error:
            log.warning("a copy is not kept: %s", error)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()
