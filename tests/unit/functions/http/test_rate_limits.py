"""Rate limits count each key, tell when to retry, and bound the number of keys."""

import msgspec
import pytest

from functions.http import rate_limits
from functions.http.rate_limits import RateLimit, RateLimits
from functions.problems import ProblemError
from functions.settings import Settings


def refusal(limit: RateLimit, key: str) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        limit.check(key)
    return caught.value


def test_the_request_beyond_a_limit_is_refused_with_the_headers_of_the_standards() -> None:
    limit = RateLimit("writes", "2/minute")
    limit.check("ada")
    limit.check("ada")
    refused = refusal(limit, "ada")
    assert refused.status == 429
    wait_s = int(refused.headers["Retry-After"])
    assert 25 <= wait_s <= 30
    assert refused.headers["RateLimit-Policy"] == '"writes";q=2;w=60'
    assert refused.headers["RateLimit"] == f'"writes";r=0;t={wait_s}'
    limit.check("bert")


def test_a_limit_that_is_off_refuses_nothing() -> None:
    limit = RateLimit("writes", "off")
    for _ in range(10_000):
        limit.check("ada")


def test_the_number_of_keys_in_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MAX_KEYS", 50)
    limit = RateLimit("requests", "2/hour")
    for number in range(1000):
        limit.check(f"address {number}")
    backend = limit._limiter._store._backend  # type: ignore[union-attr]
    assert len(backend._client) <= 50
    assert len(backend.expire_info) <= 50


def request(address: str) -> dict[str, object]:
    return {"type": "http", "headers": [], "client": (address, 5000)}


@pytest.mark.parametrize("what", ["session", "ask", "photo"])
def test_what_costs_most_is_counted_by_user_or_else_by_address(what: str) -> None:
    names = ("LIMIT_SESSIONS", "LIMIT_ANONYMOUS", "LIMIT_ASKS", "LIMIT_PHOTOS")
    limits = RateLimits(msgspec.convert(dict.fromkeys(names, "1/hour"), Settings))
    check = getattr(limits, f"check_{what}")
    check("ada", request("192.0.2.1"))
    check("bert", request("192.0.2.1"))
    check(None, request("192.0.2.1"))
    check(None, request("192.0.2.2"))
    for uid, address in (("ada", "192.0.2.9"), (None, "192.0.2.2")):
        with pytest.raises(ProblemError):
            check(uid, request(address))


def test_a_write_that_a_call_may_do_without_counts_and_is_not_refused() -> None:
    limits = RateLimits(Settings(LIMIT_WRITES="1/hour"))
    assert limits.may_write("ada")
    assert not limits.may_write("ada")
    with pytest.raises(ProblemError):
        limits.check_write("ada", deletes=False)


def test_in_the_cloud_addresses_are_limited_only_if_the_number_of_proxies_is_set() -> None:
    rates = {"LIMIT_ADDRESS": "1/hour", "LIMIT_ANONYMOUS": "1/hour"}
    limits = RateLimits(Settings(K_SERVICE="create-session", **rates))
    for _ in range(3):  # all clients seem to have the address of Google's proxy
        limits.check_request(request("169.254.1.1"))
        limits.check_session(None, request("169.254.1.1"))
    told = RateLimits(Settings(K_SERVICE="create-session", TRUSTED_HOPS=1, **rates))
    told.check_request(request("169.254.1.1"))
    with pytest.raises(ProblemError):
        told.check_request(request("169.254.1.1"))
