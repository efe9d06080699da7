"""The address of the client of a request, behind proxies of which some are trusted."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

UNREADABLE = "unreadable"
"""of whatever is no address: all of it together"""
_PREFIX_BITS = 64
"""what a provider gives one customer, who may use any address in it"""


def client_address(scope: Scope, trusted_hops: int) -> str:
    """The client's address as text; for IPv6 the /64 it lies in.

    Each trusted proxy appends to `X-Forwarded-For` the address that it was called from, so the
    client's is that many entries from the end. Whatever stands before it, the client made up.
    Without trusted proxies it is the address of the connection.
    """
    entries = [
        entry.strip()
        for line in Headers(scope=scope).getlist("x-forwarded-for")
        for entry in line.split(",")
    ]
    if trusted_hops and entries:
        return _grouped(entries[-min(trusted_hops, len(entries))])
    host, port = scope.get("client") or ("", 0)
    if not port:
        # uvicorn, called from this machine, has put what X-Forwarded-For says in its place.
        return "this machine"
    return _grouped(host)


def _grouped(text: str) -> str:
    try:
        address = ip_address(_without_port(text))
    except ValueError:
        return UNREADABLE
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return _network(address)


def _network(address: IPv6Address) -> str:
    return str(IPv6Network((int(address), _PREFIX_BITS), strict=False))


def _without_port(text: str) -> str:
    """`192.0.2.1:80` and `[2001:db8::1]:80` without what some proxies append."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    host, separator, _ = text.partition(":")
    return host if separator and "." in host else text
