"""Which addresses a feed may be fetched from."""

import pytest

from adapters.rss.http.addresses import is_public

PUBLIC = {
    "IPv4": ["1.1.1.1", "93.184.215.14", "172.32.0.1", "100.128.0.1", "192.0.1.1"],
    "IPv6": ["2606:4700::1111", "2a00:1450:4001:81b::200e"],
    "embedded IPv4": ["::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"],
}
CLOSED = {
    "this network": ["0.0.0.0", "0.1.2.3", "::"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
    "carriers": ["100.64.0.1", "100.127.255.255"],
    "this machine": ["127.0.0.1", "127.255.0.3", "::1"],
    "link": ["169.254.169.254", "fe80::1", "fe80::1%eth0"],
    "protocols": ["192.0.0.8", "192.0.0.170", "192.88.99.1", "100::1", "2001::1", "2001:20::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "benchmarks": ["198.18.0.1"],
    "multicast": ["224.0.0.1", "224.0.1.1", "239.255.255.250", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "5f00::1"],
    "mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1"],
    "translated": ["::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"],
    "local translation": ["64:ff9b:1::101:101"],
    "6to4": ["2002:7f00:1::1", "2002:a00:1::"],
    "unique local": ["fc00::1", "fd00:ec2::254", "fec0::1"],
    "none": ["localhost", ""],
}


@pytest.mark.parametrize("addresses", PUBLIC.values(), ids=PUBLIC)
def test_an_address_of_the_internet_is_public(addresses: list[str]) -> None:
    assert [one for one in addresses if not is_public(one)] == []


@pytest.mark.parametrize("addresses", CLOSED.values(), ids=CLOSED)
def test_any_other_address_is_not_public(addresses: list[str]) -> None:
    assert [one for one in addresses if is_public(one)] == []
