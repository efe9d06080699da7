"""Which addresses are public: a feed must not lead a builder inside its own network."""

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

# Beside what `ipaddress` calls global. Its lists grow with Python's versions; these are the IANA
# special-purpose registries of 2026.
_V4_CLOSED = tuple(
    IPv4Network(text)
    for text in ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4")
)
_V6_GLOBAL = IPv6Network("2000::/3")
"""all that is allocated for hosts"""
_V6_CLOSED = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether an IPv4 or IPv6 address is one of the public Internet.

    Of an IPv6 address that stands for an IPv4 one (mapped, NAT64, 6to4) that one decides.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        inner = _inner(address)
        if inner is None:
            return address in _V6_GLOBAL and address.is_global and not _within(address, _V6_CLOSED)
        address = inner
    return address.is_global and not address.is_multicast and not _within(address, _V4_CLOSED)


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _within(
    address: IPv4Address | IPv6Address, networks: tuple[IPv4Network | IPv6Network, ...]
) -> bool:
    return any(address in network for network in networks)
