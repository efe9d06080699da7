"""Files that episodes name, fetched over one client as feeds are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from adapters.rss.http.cache import CachedFeed
from adapters.rss.http.fetch import fetch_with
from adapters.rss.http.transport import Resolver, checked_client, resolve
from feed.ports.web import Validators, WebFile

MAX_BYTES = 4 * 2**20
"""of one file"""
TIMEOUT_S = 15.0
"""of one file, from name resolution to the last byte"""


class HttpFiles:
    """`WebFiles` over HTTP."""

    def __init__(self, session: httpx.AsyncClient) -> None:
        self._session = session

    async def get(self, url: str, known: Validators | None) -> WebFile | None:
        """The file at an address; None if it has not changed since it had the `known` validators.

        Raises `Unavailable` with the reason.
        """
        cached = CachedFeed(b"", *known) if known else None
        found = await fetch_with(
            self._session, url, cached, timeout_s=TIMEOUT_S, max_bytes=MAX_BYTES
        )
        if found is None:
            return None
        return WebFile(found.body, Validators(found.etag, found.last_modified))


@asynccontextmanager
async def open_files(
    *, allow_private: bool = False, resolve: Resolver = resolve
) -> AsyncIterator[HttpFiles]:
    """Files over one client, closed in the end; `allow_private` is as in `checked_client`."""
    tls = httpx.create_ssl_context()
    async with checked_client(tls, resolve, allow_private=allow_private) as session:
        yield HttpFiles(session)
