"""One feed over HTTP, within a deadline and a size whatever the server does."""

import asyncio
from collections.abc import Callable

import httpx

from adapters.rss.cache import Copy
from adapters.rss.compression import expand, too_large
from feed.ports.errors import Unavailable

MAX_REDIRECTS = 5
MAX_PORT = 65_535

Client = Callable[[], httpx.AsyncClient]
"""Makes a client that decides where it connects."""


def fetch(
    url: str, known: Copy | None, *, timeout_s: float, max_bytes: int, client: Client
) -> Copy | None:
    """Get a URL; None if it is still what is `known`.

    `timeout_s` (seconds) covers everything from resolving to the last byte, redirects included;
    `max_bytes` the body before and after decompression. Raises `Unavailable` with the reason.
    """
    try:
        # An event loop of its own, because only cancelling ends a server that sends one byte
        # every now and then: a socket's timeout starts again with each of them.
        return asyncio.run(_fetch_within(url, known, timeout_s, max_bytes, client))
    except TimeoutError:
        raise Unavailable(f"no complete answer within {timeout_s:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise Unavailable(f"{type(error).__name__}: {error}".rstrip(": ")) from error


async def _fetch_within(
    url: str, known: Copy | None, timeout_s: float, max_bytes: int, client: Client
) -> Copy | None:
    headers = {"User-Agent": "earshot", "Accept-Encoding": "gzip, deflate"}
    if known and known.etag:
        headers["If-None-Match"] = known.etag
    if known and known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    async with asyncio.timeout(timeout_s), client() as session:
        request: httpx.Request | None = session.build_request(
            "GET", url, headers=headers, timeout=timeout_s
        )
        # By hand, because httpx reads a redirect's body whole, whatever its size.
        for _ in range(MAX_REDIRECTS + 1):
            if request is None:
                break
            if (request.url.port or 0) > MAX_PORT:
                raise httpx.InvalidURL(f"{request.url.port} is no port")
            response = await session.send(request, stream=True)
            try:
                if not response.has_redirect_location:
                    return await _receive(response, known, max_bytes)
                request = response.next_request
            finally:
                await response.aclose()
    raise Unavailable(f"more than {MAX_REDIRECTS} redirects")


async def _receive(response: httpx.Response, known: Copy | None, max_bytes: int) -> Copy | None:
    if response.status_code == httpx.codes.NOT_MODIFIED and known:
        return None
    if response.status_code != httpx.codes.OK:
        raise Unavailable(f"HTTP {response.status_code}")
    body = await _body(response, max_bytes)
    return Copy(
        body,
        _validator(response, "ETag"),
        _validator(response, "Last-Modified"),
        response.headers.get("Content-Type"),
    )


async def _body(response: httpx.Response, max_bytes: int) -> bytes:
    """Receive, then decompress: httpx expands a chunk whole before anybody can see its size."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise Unavailable(f"content encoding {encoding!r} was not asked for")
    received = bytearray()
    async for chunk in response.aiter_raw():
        received += chunk
        if len(received) > max_bytes:
            raise too_large(max_bytes)
    return expand(bytes(received), max_bytes, is_deflated=encoding == "deflate")


def _validator(response: httpx.Response, name: str) -> str | None:
    value = response.headers.get(name)
    # A validator has to go back as a header, and httpx sends only ASCII.
    return value if value and value.isascii() else None
