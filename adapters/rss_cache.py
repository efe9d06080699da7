"""Feeds as they were last read, one file each: for conditional requests and for bad days."""

import contextlib
import hashlib
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

log = logging.getLogger(__name__)


class Copy(NamedTuple):
    """A feed's bytes, decompressed, and the validators that its server sent with them."""

    body: bytes
    etag: str | None
    last_modified: str | None


class FeedCache:
    """Copies by URL in a folder; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def load(self, url: str) -> Copy | None:
        """Return the copy kept of a URL; None if there is none or it is not what was written."""
        if self._folder is None:
            return None
        try:
            digest, _, rest = self._path(self._folder, url).read_bytes().partition(b"\n")
            if digest != _digest(rest):
                return None
            header, _, body = rest.partition(b"\n")
            return Copy(body, **json.loads(header))
        except (OSError, ValueError, TypeError):
            return None

    def keep(self, url: str, copy: Copy) -> None:
        """Keep a copy, whole or not at all. A folder that cannot be written only costs a log."""
        if self._folder is None:
            return
        header = {"etag": copy.etag, "last_modified": copy.last_modified}
        rest = json.dumps(header).encode() + b"\n" + copy.body
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # mkstemp's mode 0600 stays: a private feed is kept for its owner alone.
            handle, temporary = tempfile.mkstemp(dir=self._folder, suffix=".tmp")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_digest(rest) + b"\n" + rest)
                Path(temporary).replace(self._path(self._folder, url))
            except OSError:
                with contextlib.suppress(OSError):
                    Path(temporary).unlink()
                raise
        except OSError as error:
            log.warning("feed cache not written: %s", error)

    @staticmethod
    def _path(folder: Path, url: str) -> Path:
        # A hash, because a private feed's URL is a secret and a file name is seen by many.
        return folder / f"{hashlib.sha256(url.encode()).hexdigest()}.feed"


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()
