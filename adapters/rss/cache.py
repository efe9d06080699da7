"""Feeds as they were last read: for conditional requests and for bad days."""

import hashlib
import json
from typing import NamedTuple

from feed.ports.builds import Copies


class Copy(NamedTuple):
    """A feed's bytes, decompressed, and the headers that its server sent with them."""

    body: bytes
    etag: str | None = None
    last_modified: str | None = None
    content_type: str | None = None
    """may name the encoding; copies of earlier releases lack it"""


class FeedCache:
    """Copies of feeds by URL; without a place for them nothing is kept."""

    def __init__(self, copies: Copies | None) -> None:
        self._copies = copies

    def load(self, url: str) -> Copy | None:
        """Return the copy kept of a URL; None if there is none or it is not what was written."""
        kept = self._copies.load(_name(url)) if self._copies else None
        if kept is None:
            return None
        header, _, body = kept.partition(b"\n")
        try:
            return Copy(body, **json.loads(header))
        except (ValueError, TypeError):
            return None

    def keep(self, url: str, copy: Copy) -> None:
        """Keep a copy in place of an earlier one."""
        if self._copies:
            header = copy._asdict()
            body = header.pop("body")
            self._copies.keep(_name(url), json.dumps(header).encode() + b"\n" + body)


def _name(url: str) -> str:
    # A hash, because a private feed's URL is a secret and a file name is seen by many.
    return f"{hashlib.sha256(url.encode()).hexdigest()}.feed"
