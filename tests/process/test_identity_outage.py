"""Google's keys cannot be had: sessions go on as if anonymous, and nobody is taken for another."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.catalogs import catalog_of, episodes, publish_to
from tests.support.server import Server, problem
from tests.support.tokens import PROJECT, token

Start = Callable[..., Server]


@pytest.fixture
def cut_off(start_server: Start, tmp_path: Path) -> Server:
    """A process that verifies real tokens, and has no way to where Google's keys are."""
    publish_to(tmp_path / "shelf", catalog_of(episodes(200)))
    nowhere = "http://127.0.0.1:9"
    settings = {"AUTH": "firebase", "FIREBASE_PROJECT": PROJECT, "NOW": ""}
    return start_server(**settings, HTTPS_PROXY=nowhere, https_proxy=nowhere)


def bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {token()}"}


def test_a_session_is_answered_and_says_that_nobody_is_known(cut_off: Server) -> None:
    body = {"limit": 3, "user_id": "alice"}
    answer = cut_off.client.post("/api/sessions/create", json=body, headers=bearer())
    assert answer.status_code == 200, answer.text
    session = answer.json()
    assert "identity_unavailable" in session["degraded"]
    assert len(session["episodes"]) == 3
    assert len(cut_off.next_page(session)["episodes"]) == 10  # anybody may go on with it


def test_what_needs_a_user_says_that_it_cannot_know_one(cut_off: Server) -> None:
    for method, path in (
        ("GET", "/api/me"),
        ("POST", "/api/me/engagements"),
        ("DELETE", "/api/me"),
    ):
        body = {"episode_id": "e", "type": "like"} if method == "POST" else None
        answer = cut_off.client.request(method, path, json=body, headers=bearer())
        assert problem(answer, 503)["type"].endswith(":identity-unavailable")


def test_a_token_that_nobody_could_have_signed_is_refused_all_the_same(cut_off: Server) -> None:
    headers = {"Authorization": "Bearer not.a.token"}
    answer = cut_off.client.post("/api/sessions/create", json={}, headers=headers)
    problem(answer, 401, "Authorization")
