"""The client's address is found behind trusted proxies, and cannot be forged."""

import pytest

from functions.http.client_address import UNREADABLE, client_address

PROXY, CLIENT, MADE_UP = "10.0.0.1", "192.0.2.7", "203.0.113.9"


def address(hops: int, *forwarded: str, connection: tuple[str, int] | None = (PROXY, 5000)) -> str:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return client_address({"type": "http", "headers": headers, "client": connection}, hops)


def test_addresses_that_a_client_claims_are_ignored() -> None:
    assert address(0, connection=(CLIENT, 5000)) == CLIENT
    assert address(0, MADE_UP, connection=(CLIENT, 5000)) == CLIENT
    assert address(1, f"{MADE_UP}, {CLIENT}") == CLIENT
    assert address(2, f"{MADE_UP}, {MADE_UP}, {CLIENT}, {PROXY}") == CLIENT
    assert address(2, MADE_UP, f"{CLIENT},{PROXY}") == CLIENT  # in a header of its own
    assert address(3, CLIENT) == CLIENT  # fewer entries than proxies: the first counts


def test_unreadable_addresses_do_not_evade_a_limit() -> None:
    claims = [(), ("",), (",",), ("nobody",), ("999.1.1.1",), ("unknown, hidden",)]
    assert {address(2, *claim) for claim in claims} <= {PROXY, UNREADABLE}
    assert address(0, MADE_UP, connection=None) == address(0, CLIENT, connection=None)


@pytest.mark.parametrize("claimed", [MADE_UP, "198.51.100.1, 203.0.113.77"])
def test_an_address_that_uvicorn_took_from_a_header_is_ignored(claimed: str) -> None:
    # It takes the client's place, with port 0, before an application sees it.
    rewritten = (claimed.rsplit(",", maxsplit=1)[-1].strip(), 0)
    assert address(0, claimed, connection=rewritten) == "this machine"


def test_ipv6_addresses_of_one_network_count_as_one() -> None:
    assert address(1, "2001:db8:1:2::1") == address(1, "2001:db8:1:2:ffff:1:2:3")
    assert address(1, "2001:db8:1:2::1") != address(1, "2001:db8:1:3::1")


@pytest.mark.parametrize(
    "written", [CLIENT, f"{CLIENT}:4711", f"::ffff:{CLIENT}", f"[::ffff:{CLIENT}]:4711"]
)
def test_every_spelling_of_an_address_counts_as_one(written: str) -> None:
    assert address(1, written) == CLIENT
