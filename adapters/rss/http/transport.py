"""An HTTP transport that connects only to allowed IP addresses (a guard against SSRF).

For each connection the host is resolved once, all its addresses are checked, and the connection
goes to one of them, so that a later answer of the name server (DNS rebinding) has no effect. The
header `Host` and the check of the certificate use the host's name.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable

import httpx

from adapters.rss.http.addresses import is_public
from feed.ports.errors import Unavailable

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""resolves a host and a port to IP addresses, the preferred first"""

MAX_ADDRESSES = 4
"""of one host, tried one after another"""


class CheckedTransport(httpx.AsyncBaseTransport):
    """Sends requests only to hosts all of whose addresses pass `allows`.

    Raises `Unavailable` for any other host and `httpx.UnsupportedProtocol` for URLs that are not
    http or https. Uses no proxy, which would resolve the name itself.
    """

    def __init__(
        self, tls: ssl.SSLContext, resolve: Resolver, allows: Callable[[str], bool] = is_public
    ) -> None:
        # No keep-alive: two hosts at one address would share a connection and its certificate.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._inner = httpx.AsyncHTTPTransport(verify=tls, trust_env=False, limits=limits)
        self._resolve = resolve
        self._allows = allows

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the first of the host's addresses that accepts a connection."""
        url = request.url
        if url.scheme not in {"http", "https"}:
            raise httpx.UnsupportedProtocol(f"{url.scheme}: only http and https are fetched")
        host = url.raw_host.decode("ascii")
        addresses = await self._checked(host, url.port or (443 if url.scheme == "https" else 80))
        timeout = dict(request.extensions.get("timeout", {}))
        if timeout.get("connect") is not None:
            timeout["connect"] /= max(1, len(addresses))
        error: httpx.TransportError = httpx.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._inner.handle_async_request(
                    httpx.Request(
                        request.method,
                        url.copy_with(host=address),
                        headers=request.headers,
                        stream=request.stream,
                        extensions={**request.extensions, "sni_hostname": host, "timeout": timeout},
                    )
                )
            except (httpx.ConnectError, httpx.ConnectTimeout) as refused:
                error = refused
        raise error

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()

    async def _checked(self, host: str, port: int) -> list[str]:
        try:
            addresses = await self._resolve(host, port)
        except OSError as error:
            raise httpx.ConnectError(f"{host}: {error.strerror or error}") from error
        for address in addresses:
            if not self._allows(address):
                raise Unavailable(
                    f"{host} is at {address}, which is no public address: for feeds of your own "
                    "network there is --allow-private-feeds (the setting ALLOW_PRIVATE_FEEDS)"
                )
        return addresses[:MAX_ADDRESSES]


def checked_client(
    tls: ssl.SSLContext, resolve: Resolver, *, allow_private: bool
) -> httpx.AsyncClient:
    """A client that reaches only public addresses, or with `allow_private` all of them.

    The latter uses the proxies of the environment.
    """
    if allow_private:
        return httpx.AsyncClient(verify=tls)
    return httpx.AsyncClient(transport=CheckedTransport(tls, resolve), trust_env=False)


async def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host, from the system's resolver. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))
