"""Fetches one URL, within a deadline and a limit of size that the server cannot exceed."""

import asyncio
from collections.abc import Callable

import httpx

from adapters.rss.http.cache import CachedFeed
from adapters.rss.http.compression import decompress, too_large_error
from feed.ports.errors import Unavailable

MAX_REDIRECTS = 5
MAX_PORT = 65_535
MAX_VALIDATOR_CHARS = 1_000
"""of an `ETag` or `Last-Modified`; a longer one is not kept"""

ClientFactory = Callable[[], httpx.AsyncClient]
"""makes the HTTP client; its transport decides which addresses may be reached"""


def fetch(
    url: str, cached: CachedFeed | None, *, timeout_s: float, max_bytes: int, client: ClientFactory
) -> CachedFeed | None:
    """The response of a URL; None if it has not changed since `cached` (304).

    Args:
        url: An http or https URL; redirects are followed.
        cached: The response of an earlier request, for a conditional request.
        timeout_s: Limit for everything from name resolution to the last byte, in seconds.
        max_bytes: Limit of the body, before and after decompression.
        client: Makes the HTTP client.

    Raises `Unavailable` with the reason.
    """

    async def run() -> CachedFeed | None:
        async with client() as session:
            return await fetch_with(session, url, cached, timeout_s=timeout_s, max_bytes=max_bytes)

    return asyncio.run(run())


async def fetch_with(
    session: httpx.AsyncClient,
    url: str,
    cached: CachedFeed | None,
    *,
    timeout_s: float,
    max_bytes: int,
) -> CachedFeed | None:
    """The response of a URL, fetched with a client that is open; otherwise as `fetch`."""
    try:
        # In an event loop, because only cancellation stops a server that sends a byte now and
        # then: the timeout of a socket starts again with every byte.
        async with asyncio.timeout(timeout_s):
            return await _fetch(session, url, cached, timeout_s, max_bytes)
    except TimeoutError:
        raise Unavailable(f"no complete answer within {timeout_s:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise Unavailable(f"{type(error).__name__}: {error}".rstrip(": ")) from error


async def _fetch(
    session: httpx.AsyncClient,
    url: str,
    cached: CachedFeed | None,
    timeout_s: float,
    max_bytes: int,
) -> CachedFeed | None:
    headers = {"User-Agent": "earshot", "Accept-Encoding": "gzip, deflate"}
    if cached and cached.etag:
        headers["If-None-Match"] = cached.etag
    if cached and cached.last_modified:
        headers["If-Modified-Since"] = cached.last_modified
    request: httpx.Request | None = session.build_request(
        "GET", url, headers=headers, timeout=timeout_s
    )
    # Redirects by hand, because httpx reads the whole body of a redirect, whatever its size.
    for _ in range(MAX_REDIRECTS + 1):
        if request is None:
            break
        if (request.url.port or 0) > MAX_PORT:
            raise httpx.InvalidURL(f"{request.url.port} is no port")
        response = await session.send(request, stream=True)
        try:
            if not response.has_redirect_location:
                return await _receive(response, cached, max_bytes)
            request = response.next_request
        finally:
            await response.aclose()
    raise Unavailable(f"more than {MAX_REDIRECTS} redirects")


async def _receive(
    response: httpx.Response, cached: CachedFeed | None, max_bytes: int
) -> CachedFeed | None:
    if response.status_code == httpx.codes.NOT_MODIFIED and cached:
        return None
    if response.status_code != httpx.codes.OK:
        raise Unavailable(f"HTTP {response.status_code}")
    body = await _body(response, max_bytes)
    return CachedFeed(
        body,
        _validator(response, "ETag"),
        _validator(response, "Last-Modified"),
        response.headers.get("Content-Type"),
    )


async def _body(response: httpx.Response, max_bytes: int) -> bytes:
    """The decompressed body. httpx would decompress whole chunks without a limit."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise Unavailable(f"content encoding {encoding!r} was not asked for")
    received = bytearray()
    async for chunk in response.aiter_raw():
        received += chunk
        if len(received) > max_bytes:
            raise too_large_error(max_bytes)
    return decompress(bytes(received), max_bytes, is_deflated=encoding == "deflate")


def _validator(response: httpx.Response, name: str) -> str | None:
    value = response.headers.get(name)
    # It is sent back in a header, and httpx sends only ASCII. A build remembers one for each file.
    return value if value and value.isascii() and len(value) <= MAX_VALIDATOR_CHARS else None
