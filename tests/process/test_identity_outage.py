"""Google's keys cannot be fetched: sessions are anonymous, and nothing else is answered."""

from collections.abc import Callable

import pytest

from tests.support.server import Server, problem
from tests.support.tokens import PROJECT, token

Start = Callable[..., Server]


@pytest.fixture(scope="module")
def cut_off(start_module_server: Start, small_shelf: str) -> Server:
    """A server that verifies real tokens, but cannot reach Google's keys."""
    nowhere = "http://127.0.0.1:9"
    settings = {"AUTH": "firebase", "FIREBASE_PROJECT": PROJECT, "NOW": "", "SHELF": small_shelf}
    return start_module_server(**settings, HTTPS_PROXY=nowhere, https_proxy=nowhere)


def bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {token()}"}


def test_a_session_is_anonymous_and_says_why(cut_off: Server) -> None:
    body = {"limit": 3, "user_id": "alice"}
    answer = cut_off.client.post("/api/sessions/create", json=body, headers=bearer())
    assert answer.status_code == 200, answer.text
    session = answer.json()
    assert "identity_unavailable" in session["degraded"]
    assert len(session["episodes"]) == 3
    assert len(cut_off.next_page(session)["episodes"]) == 10


def test_a_request_that_needs_a_user_is_answered_503(cut_off: Server) -> None:
    for method, path in (
        ("GET", "/api/me"),
        ("POST", "/api/me/engagements"),
        ("DELETE", "/api/me"),
    ):
        body = {"episode_id": "e", "type": "like"} if method == "POST" else None
        answer = cut_off.client.request(method, path, json=body, headers=bearer())
        assert problem(answer, 503)["type"].endswith(":identity-unavailable")


def test_a_malformed_token_is_refused_without_keys(cut_off: Server) -> None:
    headers = {"Authorization": "Bearer not.a.token"}
    answer = cut_off.client.post("/api/sessions/create", json={}, headers=headers)
    problem(answer, 401, "Authorization")
