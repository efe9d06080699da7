"""Only the Auth emulator's tokens may be unsigned, and only locally."""

import asyncio

import pytest

from functions.auth.firebase import EmulatorVerifier, FirebaseVerifier
from functions.settings import SettingsError
from tests.support.bearers import ask, refusal, request
from tests.support.tokens import PROJECT, SOON, token, unsigned


def test_a_project_is_needed() -> None:
    with pytest.raises(SettingsError, match="FIREBASE_PROJECT"):
        FirebaseVerifier("")


def test_the_emulator_s_users_have_unsigned_tokens() -> None:
    users = EmulatorVerifier("demo-x", k_service="")
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
def test_unsigned_tokens_are_accepted_only_locally(
    project: str, k_service: str, setting: str
) -> None:
    with pytest.raises(SettingsError, match=setting):
        EmulatorVerifier(project, k_service=k_service)
