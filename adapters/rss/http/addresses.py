"""Tells public IP addresses: a feed must not lead the builder into its own network (SSRF)."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# In addition to what `ipaddress` knows, which depends on Python's version: the IANA special-purpose
# registries of 2026.
_V4_CLOSED = tuple(
    IPv4Network(text)
    for text in ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4")
)
_V6_GLOBAL = IPv6Network("2000::/3")
"""all addresses allocated for hosts"""
_V6_CLOSED = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether a text is an IPv4 or IPv6 address of the public Internet.

    An IPv6 address that embeds an IPv4 one (mapped, NAT64, 6to4) is public if that one is.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        embedded = _embedded(address)
        if embedded is None:
            return address in _V6_GLOBAL and address.is_global and not _within(address, _V6_CLOSED)
        address = embedded
    return address.is_global and not address.is_multicast and not _within(address, _V4_CLOSED)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _within(
    address: IPv4Address | IPv6Address, networks: tuple[IPv4Network | IPv6Network, ...]
) -> bool:
    return any(address in network for network in networks)
