"""App Check admits only the apps of the project."""

import asyncio
import json
from typing import Any

import jwt
import pytest

from functions.auth.firebase import AppCheckVerifier, FirebaseVerifier
from functions.auth.google_keys import GoogleKeys, key_set
from functions.auth.verifier import AnonymousVerifier
from functions.problems import ProblemError
from functions.settings import SettingsError
from tests.support.bearers import ask, refusal, request
from tests.support.google import Google
from tests.support.tokens import KEYS, PROJECT, token


def app_token(signed_by: str = "monday", **changes: Any) -> str:
    made = {
        "iss": "https://firebaseappcheck.googleapis.com/123",
        "aud": ["projects/123", f"projects/{PROJECT}"],
        "sub": "1:123:web:abc",
        **changes,
    }
    return token("monday", signed_by, **made)


def test_only_the_apps_of_the_project_are_answered(google: Google, users: FirebaseVerifier) -> None:
    checked = AppCheckVerifier(users, "123", GoogleKeys(f"{google.url}jwks", key_set))
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEYS["monday"].public_key()))
    other = {"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "other"}
    jwks = json.dumps({"keys": [other, {**public, "kid": "monday", "alg": "RS256"}]})

    ask(users, token())
    google.body = jwks.encode()
    assert ask(checked, token(), X_Firebase_AppCheck=app_token()) == "alice"
    assert asyncio.run(checked.uid(request(X_Firebase_AppCheck=app_token()))) is None
    admin = request(f"Bearer {token(admin=True)}", X_Firebase_AppCheck=app_token())
    assert asyncio.run(checked.is_admin(admin))
    with pytest.raises(ProblemError):
        asyncio.run(checked.is_admin(request(f"Bearer {token(admin=True)}")))
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
        AppCheckVerifier(AnonymousVerifier(), "my-project")
