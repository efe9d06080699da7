"""The address of a request's client, behind a number of trusted proxies."""

from ipaddress import IPv4Address, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

UNREADABLE = "unreadable"
"""stands for every text that is no IP address"""
_PREFIX_BITS = 64
"""of the IPv6 network that a provider gives one customer"""


def client_address(scope: Scope, trusted_hops: int) -> str:
    """Return the client's address as text; for IPv6, the /64 network that contains it.

    Each trusted proxy appends the address of its caller to `X-Forwarded-For`, so the client's
    address is that many entries from the end. Earlier entries may be forged by the client.
    Without trusted proxies, the address is the connection's.
    """
    entries = [
        entry.strip()
        for line in Headers(scope=scope).getlist("x-forwarded-for")
        for entry in line.split(",")
    ]
    if trusted_hops and entries:
        return _limit_key(entries[-min(trusted_hops, len(entries))])
    host, port = scope.get("client") or ("", 0)
    if not port:
        # Called from this machine, uvicorn replaces the address by X-Forwarded-For's.
        return "this machine"
    return _limit_key(host)


def _limit_key(text: str) -> str:
    try:
        address = ip_address(_without_port(text))
    except ValueError:
        return UNREADABLE
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), _PREFIX_BITS), strict=False))


def _without_port(text: str) -> str:
    """Remove the port that some proxies append: `192.0.2.1:80`, `[2001:db8::1]:80`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    host, separator, _ = text.partition(":")
    return host if separator and "." in host else text
