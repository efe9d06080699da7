"""The build cache in a folder: one file a name, with a checksum in front."""

import hashlib
import logging
from pathlib import Path

from adapters.folder.files import write_whole

log = logging.getLogger(__name__)


class FolderBuildCache:
    """A `BuildCache` in a folder, which is created by the first `save`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, name: str) -> bytes | None:
        """The bytes saved under a name; None if there are none or they are damaged."""
        try:
            digest, _, data = (self._folder / name).read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("the build cache cannot be read: %s", error)
            return None
        return data if digest == _digest(data) else None

    def save(self, name: str, data: bytes) -> None:
        """Save bytes under a plain file name, replacing earlier ones. A failure is only logged."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # Readable by its owner alone: a feed may be private.
            write_whole(self._folder / name, _digest(data) + b"\n" + data, mode=0o600)
        except OSError as error:
            log.warning("the build cache cannot be written: %s", error)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()
