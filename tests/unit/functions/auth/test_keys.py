"""Google's keys are fetched once, cached, refreshed, and missed when no server answers."""

import asyncio
import json
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from functions.auth import google_keys
from functions.auth.firebase import FirebaseVerifier
from functions.auth.google_keys import GoogleKeys, certificates
from tests.support.bearers import ask, refusal, request, unavailable
from tests.support.clock import Clock
from tests.support.google import Google
from tests.support.tokens import CERTIFICATES, PROJECT, certificate, token


def test_keys_are_kept_for_their_max_age(
    users: FirebaseVerifier, google: Google, clock: Clock
) -> None:
    google.headers = {"Cache-Control": "public, max-age=600, must-revalidate", "Age": "100"}
    for second, fetches in [(0, 1), (1, 1), (499, 1), (500, 2), (501, 2), (999, 2), (1000, 3)]:
        clock.now_s = 1000.0 + second
        assert ask(users, token()) == "alice"
        assert google.fetches == fetches, second


@pytest.mark.parametrize("caching", ["", "no-store", "max-age=0", "s-maxage=9999, x-max-age=99"])
def test_without_a_max_age_keys_are_kept_for_a_minute(
    caching: str, users: FirebaseVerifier, google: Google, clock: Clock
) -> None:
    google.headers = {"Cache-Control": caching}
    for second, fetches in [(0, 1), (59, 1), (60, 2)]:
        clock.now_s = 1000.0 + second
        assert ask(users, token()) == "alice"
        assert google.fetches == fetches


def test_a_new_key_is_fetched_and_a_retired_one_is_no_longer_accepted(
    users: FirebaseVerifier, google: Google, clock: Clock
) -> None:
    assert ask(users, token()) == "alice"
    google.serve("tuesday")
    clock.now_s += 60
    assert ask(users, token("tuesday", "tuesday")) == "alice"
    refusal(users, f"Bearer {token()}")


def test_unknown_keys_cost_one_fetch_a_minute(
    users: FirebaseVerifier, google: Google, clock: Clock
) -> None:
    ask(users, token())
    for second in range(0, 180, 7):
        clock.now_s = 1000.0 + second
        refusal(users, f"Bearer {token(f'kid-{second}', 'forger')}")
        google.status = 500 if second > 60 else 200
    assert google.fetches == 3


def test_concurrent_requests_make_one_fetch(
    users: FirebaseVerifier, google: Google, clock: Clock
) -> None:
    async def herd() -> list[str | None]:
        google.answering.clear()
        asyncio.get_running_loop().call_later(0.2, google.answering.set)
        sent = request(f"Bearer {token()}")
        return await asyncio.gather(*(users.uid(sent) for _ in range(300)))

    for fetches in (1, 2):
        assert asyncio.run(herd()) == ["alice"] * 300
        assert google.fetches == fetches
        clock.now_s += 3600


def test_a_waiting_request_may_be_cancelled(users: FirebaseVerifier, google: Google) -> None:
    async def herd() -> str | None:
        google.answering.clear()
        sent = request(f"Bearer {token()}")
        first, second = (asyncio.create_task(users.uid(sent)) for _ in range(2))
        await asyncio.sleep(0.1)
        first.cancel()
        google.answering.set()
        return await second

    assert asyncio.run(herd()) == "alice"
    assert google.fetches == 1


WRONG: dict[str, tuple[int, bytes]] = {
    "down": (503, b"try later"),
    "gone": (404, b"{}"),
    "a page": (200, b"<html>"),
    "no keys": (200, b"{}"),
    "cut off": (200, json.dumps(CERTIFICATES).encode()[:-40]),
    "no certificate": (200, b'{"monday": "-----BEGIN CERTIFICATE-----"}'),
    "too much": (200, json.dumps(CERTIFICATES).encode() + b" " * (1 << 19)),
    "another kind of key": (
        200,
        json.dumps({"monday": certificate(ec.generate_private_key(ec.SECP256R1()))}).encode(),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_stale_keys_are_used_for_a_day_while_no_fetch_succeeds(
    name: str,
    users: FirebaseVerifier,
    google: Google,
    clock: Clock,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ask(users, token())
    google.status, google.body = WRONG[name]
    clock.now_s += 3600
    for _ in range(5):
        assert ask(users, token()) == "alice"
    assert google.fetches == 2
    assert "Google's keys cannot be fetched" in capsys.readouterr().out
    unavailable(users, token("tuesday", "tuesday"))
    clock.now_s += 5
    assert ask(users, token()) == "alice"
    assert google.fetches == 3
    clock.now_s += 86_400
    unavailable(users, token())
    google.status = 200
    google.serve("monday")
    clock.now_s += 5
    assert ask(users, token()) == "alice"


def test_a_request_with_a_known_key_does_not_wait_for_a_server_that_hangs(
    users: FirebaseVerifier, google: Google, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google_keys, "FETCH_TIMEOUT_S", 1.0)
    google.answering.clear()
    began = time.monotonic()
    unavailable(users, token())
    assert 0.9 < time.monotonic() - began < 5

    google.answering.set()
    clock.now_s += 5
    assert ask(users, token()) == "alice"

    google.answering.clear()
    clock.now_s += 3600
    began = time.monotonic()
    assert ask(users, token()) == "alice"
    assert time.monotonic() - began < 0.95


def test_a_server_that_sends_slowly_is_given_up(
    users: FirebaseVerifier, google: Google, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google_keys, "FETCH_TIMEOUT_S", 0.5)
    google.pause_s = 0.2  # each piece comes in time, all of them together take 2 s
    began = time.monotonic()
    unavailable(users, token())
    assert time.monotonic() - began < 1.5

    google.pause_s = 0
    clock.now_s += 5
    time.sleep(0.3)  # the next piece tells the thread that it is too late
    assert ask(users, token()) == "alice"


def test_without_a_server_keys_are_unavailable(clock: Clock) -> None:
    unavailable(FirebaseVerifier(PROJECT, GoogleKeys("http://127.0.0.1:9/", clock=clock)), token())


def test_certificates_with_another_kind_of_key_are_left_out() -> None:
    other = certificate(ec.generate_private_key(ec.SECP256R1()))
    found = certificates(json.dumps({**CERTIFICATES, "other": other}).encode())
    assert set(found) == set(CERTIFICATES)
