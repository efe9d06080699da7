"""Pages of other origins: none may read an answer unless the settings name them."""

from collections.abc import Callable

import httpx
import pytest

from tests.support.server import Server

Start = Callable[..., Server]
OURS, FOREIGN = "https://app.example", "https://evil.example"
ASKED = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


@pytest.fixture(scope="module")
def shared(start_module_server: Start, small_shelf: str) -> Server:
    return start_module_server(CORS_ORIGINS=f"{OURS}, http://localhost:5000", SHELF=small_shelf)


def ask(server: Server, method: str, origin: str, **headers: str) -> httpx.Response:
    path = "/api/sessions/create"
    return server.client.request(method, path, headers={"Origin": origin, **headers}, content=b"{}")


def test_without_the_setting_no_other_origin_is_allowed(server: Server) -> None:
    for method in ("POST", "OPTIONS"):
        answer = ask(server, method, OURS, **ASKED)
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_page_of_a_named_origin_may_call_without_credentials_and_read_answers_and_errors(
    shared: Server,
) -> None:
    for origin in (OURS, "http://localhost:5000"):
        before = ask(shared, "OPTIONS", origin, **ASKED)
        assert before.status_code == 200
        assert before.headers["access-control-allow-origin"] == origin
        assert "POST" in before.headers["access-control-allow-methods"]
        assert "authorization" in before.headers["access-control-allow-headers"].lower()
        assert "access-control-allow-credentials" not in before.headers
        answer = ask(shared, "POST", origin)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == origin
        assert "Origin" in answer.headers["vary"].split(", ")
        assert "Server-Timing" in answer.headers["access-control-expose-headers"]
        error = shared.client.post("/api/nothing", headers={"Origin": origin})
        assert error.status_code == 404
        assert error.headers["access-control-allow-origin"] == origin


def test_a_page_of_another_origin_may_not(shared: Server) -> None:
    assert ask(shared, "OPTIONS", FOREIGN, **ASKED).status_code == 400
    for origin in (FOREIGN, f"{OURS}.evil.example", "null", "https://app.example:444"):
        assert "access-control-allow-origin" not in ask(shared, "POST", origin).headers
