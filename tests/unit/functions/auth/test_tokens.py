"""Valid tokens name a user; all others are refused. Only the Auth emulator's may be unsigned."""

import asyncio
import base64
import json
import time

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.auth.firebase import EmulatorVerifier, FirebaseVerifier
from functions.problems import ProblemError
from functions.settings import SettingsError
from tests.support.bearers import ask, refusal, request
from tests.support.google import Google
from tests.support.tokens import (
    CERTIFICATES,
    KEYS,
    PROJECT,
    PUBLIC,
    SOON,
    claims,
    handmade,
    hmac_signed,
    token,
    unsigned,
)


def test_a_good_token_names_its_user(users: FirebaseVerifier) -> None:
    assert ask(users, token()) == "alice"
    assert asyncio.run(users.uid(request(f"bearer   {token(sub='Zoë 🎧 ' + 'x' * 120)} ")))


def test_without_a_header_a_request_is_anonymous_and_nothing_is_fetched(
    users: FirebaseVerifier, google: Google
) -> None:
    assert asyncio.run(users.uid(request())) is None
    assert google.fetches == 0


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


UNUSABLE = ("empty sub", "long sub", *(name for name in BAD if name.startswith("sub ")))


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_refused(name: str, users: FirebaseVerifier) -> None:
    detail = refusal(users, f"Bearer {BAD[name]()}")
    assert detail.removeprefix("Authorization: ") in {
        "expired": ["the token has expired"],
        "iat ahead": ["the token is not valid yet"],
        "nbf ahead": ["the token is not valid yet"],
        **{key: ["this user's id cannot name a document (docs/api.md)"] for key in UNUSABLE},
    }.get(name, ["this token is not accepted"])


def test_other_ways_to_sign_in_are_refused(users: FirebaseVerifier) -> None:
    refusal(users, "")
    refusal(users, "Basic YWxpY2U6c2VjcmV0")
    refusal(users, token())
    refusal(users, f"Token {token()}")
    refusal(users, f"Bearer {token()}", f"Bearer {token(sub='bob')}")


def test_clocks_may_differ_by_some_seconds(users: FirebaseVerifier) -> None:
    now = int(time.time())
    assert ask(users, token(exp=now - 5)) == "alice"
    assert ask(users, token(iat=now + 5, auth_time=now + 5)) == "alice"


@given(st.lists(st.text(st.characters(max_codepoint=255)) | st.sampled_from(["e30", ""])))
def test_no_other_text_is_a_token(parts: list[str]) -> None:
    # The emulator's verifier reads whatever it is sent: no key is missing.
    refusal(EmulatorVerifier("demo-x", k_service=""), f"Bearer {'.'.join(parts)}")


def test_a_token_with_any_changed_character_is_refused(users: FirebaseVerifier) -> None:
    good = token()
    assert ask(users, good) == "alice"
    for place, character in enumerate(good[:-1]):  # of the last, only two bits count
        other = "B" if character == "A" else "A"
        refusal(users, f"Bearer {good[:place]}{other}{good[place + 1 :]}")


def test_only_the_claim_true_makes_an_admin(users: FirebaseVerifier) -> None:
    def admin(sent: str) -> bool:
        return asyncio.run(users.is_admin(request(f"Bearer {sent}")))

    assert admin(token(admin=True))
    assert not any(admin(token(admin=claim)) for claim in (None, False, "true", 1, [True]))
    assert not asyncio.run(users.is_admin(request()))
    with pytest.raises(ProblemError):
        admin(token(admin=True, exp=1))


def test_a_project_is_needed() -> None:
    with pytest.raises(SettingsError, match="FIREBASE_PROJECT"):
        FirebaseVerifier("")


def test_the_emulator_s_users_have_unsigned_tokens() -> None:
    users = EmulatorVerifier("demo-x", k_service="")
    assert asyncio.run(users.uid(request())) is None
    assert ask(users, unsigned()) == "alice"
    wrong = {
        "aud": ["demo-y"],
        "iss": ["demo-x"],
        "exp": [1, None, float("inf")],
        "sub": ["", 7, None],
        **{claim: [SOON] for claim in ("iat", "nbf", "auth_time")},
    }
    for claim, values in wrong.items():
        for value in values:
            refusal(users, f"Bearer {unsigned(**{claim: value})}")
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
def test_unsigned_tokens_are_accepted_only_locally(
    project: str, k_service: str, setting: str
) -> None:
    with pytest.raises(SettingsError, match=setting):
        EmulatorVerifier(project, k_service=k_service)
