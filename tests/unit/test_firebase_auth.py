import asyncio
import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from adapters.sqlite import SqliteStore
from functions import firebase_auth
from functions.auth import Nobody
from functions.errors import ProblemError
from functions.firebase_auth import (
    AppChecked,
    EmulatorUsers,
    FirebaseUsers,
    GoogleKeys,
    certificates,
    key_set,
)
from functions.routes import api
from functions.service import Service
from functions.settings import Settings, SettingsError

PROJECT = "podcasts-of-alice"
PEM = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
KEYS = {kid: rsa.generate_private_key(65537, 2048) for kid in ("monday", "tuesday", "forger")}


def certificate(key: Any) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "securetoken")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


CERTIFICATES = {kid: certificate(key) for kid, key in KEYS.items()}
PUBLIC = KEYS["monday"].public_key().public_bytes(*PEM)


class Google:
    """Serves certificates, counts how often it is asked, and does worse when told to."""

    def __init__(self) -> None:
        self.serve("monday")
        self.status, self.headers, self.fetches = 200, {"Cache-Control": "max-age=3600"}, 0
        self.answering = threading.Event()
        self.answering.set()
        self.pause_s = 0.0
        google = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                google.fetches += 1
                google.answering.wait(10)
                self.send_response(google.status)
                for name, value in google.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                step = 100 if google.pause_s else len(google.body)
                for start in range(0, len(google.body), step):
                    self.wfile.write(google.body[start : start + step])
                    time.sleep(google.pause_s)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def serve(self, *kids: str) -> None:
        self.body = json.dumps({kid: CERTIFICATES[kid] for kid in kids}).encode()


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def google() -> Iterator[Google]:
    google = Google()
    yield google
    google.answering.set()
    google.server.shutdown()
    google.server.server_close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def users(google: Google, clock: Clock) -> FirebaseUsers:
    return FirebaseUsers(PROJECT, GoogleKeys(google.url, clock=clock))


def claims(project: str = PROJECT, **changes: Any) -> dict[str, Any]:
    """What Firebase puts into an ID token; a change to None takes a claim out."""
    now = int(time.time())
    made = {
        "iss": f"https://securetoken.google.com/{project}",
        "aud": project,
        "auth_time": now - 60,
        "iat": now - 30,
        "exp": now + 3570,
        "sub": "alice",
        "user_id": "alice",
        "firebase": {"identities": {}, "sign_in_provider": "password"},
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def token(kid: str | None = "monday", signed_by: str = "monday", **changes: Any) -> str:
    headers = {"kid": kid} if kid else {}
    return jwt.encode(claims(**changes), KEYS[signed_by], "RS256", headers)


def handmade(header: Any, payload: Any, signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(payload).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def unsigned(**changes: Any) -> str:
    return handmade({"alg": "none", "typ": "JWT"}, claims("demo-x", **changes))


def hmac_signed(secret: bytes) -> str:
    bare = handmade({"alg": "HS256", "kid": "monday"}, claims()).rstrip(".")
    mac = hmac.digest(secret, bare.encode(), hashlib.sha256)
    return f"{bare}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def request(*authorization: str, **others: str) -> Request:
    pairs = [("authorization", value) for value in authorization] + list(others.items())
    headers = [(k.lower().replace("_", "-").encode(), v.encode("latin-1")) for k, v in pairs]
    return Request({"type": "http", "headers": headers})


def ask(users: Any, sent: str, **others: str) -> str | None:
    return asyncio.run(users.uid(request(f"Bearer {sent}", **others)))


def refusal(users: Any, *authorization: str, field: str = "Authorization", **others: str) -> str:
    with pytest.raises(ProblemError) as raised:
        asyncio.run(users.uid(request(*authorization, **others)))
    problem = raised.value
    assert (problem.status, problem.kind, problem.field) == (401, "invalid-token", field)
    assert problem.headers == {"WWW-Authenticate": "Bearer"}
    assert problem.expected
    return problem.detail


def unavailable(users: Any, sent: str) -> None:
    with pytest.raises(ProblemError) as raised:
        ask(users, sent)
    assert (raised.value.status, raised.value.headers) == (503, {"Retry-After": "5"})


def test_a_good_token_names_its_user(users: FirebaseUsers) -> None:
    assert ask(users, token()) == "alice"
    assert asyncio.run(users.uid(request(f"bearer   {token(sub='Zoë 🎧 ' + 'x' * 120)} ")))


def test_without_a_header_a_request_is_anonymous_and_nothing_is_fetched(
    users: FirebaseUsers, google: Google
) -> None:
    assert asyncio.run(users.uid(request())) is None
    assert google.fetches == 0


SOON = int(time.time()) + 600
BAD = {
    "forged": lambda: token(signed_by="forger"),
    "another kid": lambda: token("tuesday", "tuesday"),
    "no kid": lambda: token(None),
    "empty kid": lambda: handmade({"alg": "RS256", "kid": ""}, claims(), b"x"),
    "a kid that is no text": lambda: handmade({"alg": "RS256", "kid": 7}, claims(), b"x"),
    "a key of its own": lambda: jwt.encode(
        claims(),
        KEYS["forger"],
        "RS256",
        {"kid": "monday", "jwk": json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEYS["forger"]))},
    ),
    "foreign project": lambda: token(project="podcasts-of-bob"),
    "foreign aud": lambda: token(aud="podcasts-of-bob"),
    "several aud": lambda: token(aud=[PROJECT, "podcasts-of-bob"]),
    "foreign iss": lambda: token(iss="https://securetoken.google.com/podcasts-of-bob"),
    "session cookie": lambda: token(iss=f"https://session.firebase.google.com/{PROJECT}"),
    "expired": lambda: token(exp=int(time.time()) - 30),
    "iat ahead": lambda: token(iat=SOON),
    "nbf ahead": lambda: token(nbf=SOON),
    "auth_time ahead": lambda: token(auth_time=SOON),
    "auth_time no number": lambda: token(auth_time="1"),
    "empty sub": lambda: token(sub=""),
    "long sub": lambda: token(sub="x" * 129),
    "sub a path": lambda: token(sub="alice/engagements/1"),
    "sub dots": lambda: token(sub=".."),
    "sub reserved": lambda: token(sub="__alice__"),
    "sub a line": lambda: token(sub="alice\n"),
    "sub half a character": lambda: token(sub="\ud800"),
    "alg none": lambda: handmade({"alg": "none", "kid": "monday"}, claims()),
    "alg None": lambda: handmade({"alg": "None", "kid": "monday"}, claims(), b"x"),
    "no alg": lambda: handmade({"kid": "monday"}, claims(), b"x"),
    "HS256 with the public key": lambda: hmac_signed(PUBLIC),
    "HS256 with the certificate": lambda: hmac_signed(CERTIFICATES["monday"].encode()),
    "RS512": lambda: jwt.encode(claims(), KEYS["monday"], "RS512", {"kid": "monday"}),
    "PS256": lambda: jwt.encode(claims(), KEYS["monday"], "PS256", {"kid": "monday"}),
    "unsigned": lambda: token().rpartition(".")[0] + ".",
    "no object": lambda: handmade({"alg": "RS256", "kid": "monday"}, ["alice"], b"x"),
    "oversized": lambda: token(role="x" * 8192),
    **{f"no {c}": lambda c=c: token(**{c: None}) for c in ("iss", "aud", "exp", "iat", "sub")},
    "no auth_time": lambda: token(auth_time=None),
    **{f"garbage {g!r}": lambda g=g: g for g in ("", " ", "x", "a.b", "a.b.c", "....", "é.è.ê")},
    "deep": lambda: base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.x",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_refused(name: str, users: FirebaseUsers) -> None:
    detail = refusal(users, f"Bearer {BAD[name]()}")
    assert detail.removeprefix("Authorization: ") in {
        "expired": ["the token has expired"],
        "iat ahead": ["the token is not valid yet"],
        "nbf ahead": ["the token is not valid yet"],
    }.get(name, ["this token is not accepted"])


def test_other_ways_to_sign_in_are_refused(users: FirebaseUsers) -> None:
    refusal(users, "")
    refusal(users, "Basic YWxpY2U6c2VjcmV0")
    refusal(users, token())
    refusal(users, f"Token {token()}")
    refusal(users, f"Bearer {token()}", f"Bearer {token(sub='bob')}")


def test_clocks_may_be_some_seconds_apart(users: FirebaseUsers) -> None:
    now = int(time.time())
    assert ask(users, token(exp=now - 5)) == "alice"
    assert ask(users, token(iat=now + 5, auth_time=now + 5)) == "alice"


@given(st.lists(st.text(st.characters(max_codepoint=255)) | st.sampled_from(["e30", ""])))
def test_no_other_text_is_a_token(parts: list[str]) -> None:
    # The emulator's verifier reads whatever it is sent: no key is missing.
    refusal(EmulatorUsers("demo-x", k_service=""), f"Bearer {'.'.join(parts)}")


def test_not_one_character_of_a_token_can_be_changed(users: FirebaseUsers) -> None:
    good = token()
    assert ask(users, good) == "alice"
    for place, character in enumerate(good[:-1]):  # of the last, only two bits count
        other = "B" if character == "A" else "A"
        refusal(users, f"Bearer {good[:place]}{other}{good[place + 1 :]}")


def test_keys_are_kept_as_long_as_they_may_be(
    users: FirebaseUsers, google: Google, clock: Clock
) -> None:
    google.headers = {"Cache-Control": "public, max-age=600, must-revalidate", "Age": "100"}
    for second, fetches in [(0, 1), (1, 1), (499, 1), (500, 2), (501, 2), (999, 2), (1000, 3)]:
        clock.now_s = 1000.0 + second
        assert ask(users, token()) == "alice"
        assert google.fetches == fetches, second


@pytest.mark.parametrize("caching", ["", "no-store", "max-age=0", "s-maxage=9999, x-max-age=99"])
def test_without_a_max_age_keys_are_kept_for_a_minute(
    caching: str, users: FirebaseUsers, google: Google, clock: Clock
) -> None:
    google.headers = {"Cache-Control": caching}
    for second, fetches in [(0, 1), (59, 1), (60, 2)]:
        clock.now_s = 1000.0 + second
        assert ask(users, token()) == "alice"
        assert google.fetches == fetches


def test_a_new_key_is_fetched_and_a_retired_one_is_no_longer_accepted(
    users: FirebaseUsers, google: Google, clock: Clock
) -> None:
    assert ask(users, token()) == "alice"
    google.serve("tuesday")
    clock.now_s += 60
    assert ask(users, token("tuesday", "tuesday")) == "alice"
    refusal(users, f"Bearer {token()}")


def test_unknown_keys_cost_one_fetch_a_minute(
    users: FirebaseUsers, google: Google, clock: Clock
) -> None:
    ask(users, token())
    for second in range(0, 180, 7):
        clock.now_s = 1000.0 + second
        refusal(users, f"Bearer {token(f'kid-{second}', 'forger')}")
        google.status = 500 if second > 60 else 200
    assert google.fetches == 3


def test_a_thundering_herd_makes_one_fetch(
    users: FirebaseUsers, google: Google, clock: Clock
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


def test_one_of_the_herd_may_leave(users: FirebaseUsers, google: Google) -> None:
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
def test_stale_keys_are_used_while_no_others_come_but_not_for_ever(
    name: str,
    users: FirebaseUsers,
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


def test_a_server_that_hangs_is_not_waited_for_where_the_key_is_known(
    users: FirebaseUsers, google: Google, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firebase_auth, "FETCH_TIMEOUT_S", 1.0)
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


def test_a_server_that_drips_is_given_up(
    users: FirebaseUsers, google: Google, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firebase_auth, "FETCH_TIMEOUT_S", 0.5)
    google.pause_s = 0.2  # each piece comes in time, all of them together take 2 s
    began = time.monotonic()
    unavailable(users, token())
    assert time.monotonic() - began < 1.5

    google.pause_s = 0
    clock.now_s += 5
    time.sleep(0.3)  # the next piece tells the thread that it is too late
    assert ask(users, token()) == "alice"


def test_keys_that_nobody_serves_are_unavailable(clock: Clock) -> None:
    unavailable(FirebaseUsers(PROJECT, GoogleKeys("http://127.0.0.1:9/", clock=clock)), token())


def test_a_project_is_needed() -> None:
    with pytest.raises(SettingsError, match="FIREBASE_PROJECT"):
        FirebaseUsers("")


def test_the_emulator_s_users_have_unsigned_tokens() -> None:
    users = EmulatorUsers("demo-x", k_service="")
    assert asyncio.run(users.uid(request())) is None
    assert ask(users, unsigned()) == "alice"
    for changes in (
        {"aud": "demo-y"},
        {"iss": "demo-x"},
        {"exp": 1},
        {"iat": SOON},
        {"nbf": SOON},
        {"sub": ""},
        {"sub": 7},
        {"sub": None},
        {"exp": None},
        {"auth_time": SOON},
        {"exp": float("inf")},
    ):
        refusal(users, f"Bearer {unsigned(**changes)}")
    refusal(users, f"Bearer {unsigned()}c2ln")
    refusal(users, f"Bearer {token(project='demo-x').rpartition('.')[0]}.")
    refusal(users, f"Bearer {token(project='demo-x')}")


@pytest.mark.parametrize(
    ("project", "k_service", "setting"),
    [
        ("demo-x", "create-session", "AUTH"),
        (PROJECT, "", "FIREBASE_PROJECT"),
        ("", "", "FIREBASE_PROJECT"),
        ("my-demo-x", "", "FIREBASE_PROJECT"),
    ],
)
def test_unsigned_tokens_are_for_emulators_alone(
    project: str, k_service: str, setting: str
) -> None:
    with pytest.raises(SettingsError, match=setting):
        EmulatorUsers(project, k_service=k_service)


def app_token(signed_by: str = "monday", **changes: Any) -> str:
    made = {
        "iss": "https://firebaseappcheck.googleapis.com/123",
        "aud": ["projects/123", f"projects/{PROJECT}"],
        "sub": "1:123:web:abc",
        **changes,
    }
    return token("monday", signed_by, **made)


def test_app_check_lets_in_only_the_project_s_apps(google: Google, users: FirebaseUsers) -> None:
    checked = AppChecked(users, "123", GoogleKeys(f"{google.url}jwks", key_set))
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEYS["monday"].public_key()))
    other = {"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "other"}
    jwks = json.dumps({"keys": [other, {**public, "kid": "monday", "alg": "RS256"}]})

    ask(users, token())
    google.body = jwks.encode()
    assert ask(checked, token(), X_Firebase_AppCheck=app_token()) == "alice"
    assert asyncio.run(checked.uid(request(X_Firebase_AppCheck=app_token()))) is None
    refusal(checked, "Bearer x", X_Firebase_AppCheck=app_token())
    field = "X-Firebase-AppCheck"
    refusal(checked, f"Bearer {token()}", field=field)
    for bad in (
        "",
        token(),
        app_token("forger"),
        app_token(exp=1),
        app_token(aud=["projects/456"]),
        app_token(aud=[]),
        app_token(iss="https://firebaseappcheck.googleapis.com/456"),
        app_token(sub=None),
    ):
        refusal(checked, f"Bearer {token()}", field=field, X_Firebase_AppCheck=bad)
    with pytest.raises(SettingsError, match="APP_CHECK"):
        AppChecked(Nobody(), "my-project")


def test_certificates_with_another_kind_of_key_are_left_out() -> None:
    other = certificate(ec.generate_private_key(ec.SECP256R1()))
    found = certificates(json.dumps({**CERTIFICATES, "other": other}).encode())
    assert set(found) == set(CERTIFICATES)


def test_the_api_knows_its_users_by_their_tokens(users: FirebaseUsers, tmp_path: Path) -> None:
    async def stored() -> None: ...

    store: Any = SqliteStore(tmp_path / "users.db")
    holder: Any = None
    app = api(Service(Settings(), holder, store, users, {}, (b"key",), lambda: 0, stored))
    at = httpx.ASGITransport(app)

    async def me(*headers: tuple[str, str]) -> httpx.Response:
        async with httpx.AsyncClient(transport=at, base_url="http://x") as client:
            return await client.get("/api/me", headers=list(headers))

    assert asyncio.run(me(("Authorization", f"Bearer {token()}"))).json()["user_id"] == "alice"
    assert asyncio.run(me()).json()["type"] == "urn:earshot:problem:not-signed-in"
    for name, bad in BAD.items():
        if not name.startswith("garbage"):
            answer = asyncio.run(me(("Authorization", f"Bearer {bad()}")))
            assert answer.status_code == 401, name
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"
            document = answer.json()
            assert document["field"] == "Authorization"
            assert PROJECT in document["expected"]
