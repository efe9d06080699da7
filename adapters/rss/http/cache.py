"""A cache of feeds, for conditional requests and for when a feed cannot be fetched."""

import hashlib
import json
from typing import NamedTuple

from feed.ports.builds import BuildCache


class CachedFeed(NamedTuple):
    """A response: the decompressed body, and the headers that matter for the next request."""

    body: bytes
    etag: str | None = None
    last_modified: str | None = None
    content_type: str | None = None
    """may name the charset; entries of early releases lack it"""


class FeedCache:
    """HTTP responses of feeds by URL, in a build cache (None: nothing is stored)."""

    def __init__(self, build_cache: BuildCache | None) -> None:
        self._build_cache = build_cache

    def load(self, url: str) -> CachedFeed | None:
        """The cached response of a URL; None if there is none or it is damaged."""
        data = self._build_cache.load(_name(url)) if self._build_cache else None
        if data is None:
            return None
        header, _, body = data.partition(b"\n")
        try:
            return CachedFeed(body, **json.loads(header))
        except (ValueError, TypeError):
            return None

    def save(self, url: str, response: CachedFeed) -> None:
        """Store the response of a URL in place of an earlier one."""
        if self._build_cache:
            header = response._asdict()
            body = header.pop("body")
            self._build_cache.save(_name(url), json.dumps(header).encode() + b"\n" + body)


def _name(url: str) -> str:
    # A hash, because the URL of a private feed is secret and file names are not.
    return f"{hashlib.sha256(url.encode()).hexdigest()}.feed"
