"""Unknown addresses and methods, and browsing."""

from collections.abc import Callable

import pytest

from tests.support.server import ROOT, Server, problem

UNKNOWN = "/ /a.php /api /api/ /api/nothing /api/sessions/create/ /api//me /api/a%0Ab /api/me%0A"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/sessions/create", "POST"),
        ("PUT", "/api/sessions/create", "POST"),
        ("OPTIONS", "/api/sessions/0123456789abcdef/next", "POST"),
        ("GET", "/api/sessions/0123456789abcdef/engage", "POST"),
        ("POST", "/api/me", "GET, PATCH, DELETE, HEAD"),
        ("PATCH", "/api/me/engagements", "GET, POST, DELETE, HEAD"),
        ("GET", "/api/me/engagements/1", "DELETE"),
        ("DELETE", "/api/episodes/episode-1", "GET, HEAD"),
        ("POST", "/api/health", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_for_an_address_is_refused(
    server: Server, method: str, path: str, allowed: str
) -> None:
    response = server.call(method, path)
    assert problem(response, 405)["expected"] == response.headers["allow"] == allowed


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", UNKNOWN.split())
def test_an_address_that_there_is_not_is_not_found_by_any_method(
    server: Server, method: str, path: str
) -> None:
    problem(server.call(method, path), 404)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/robots.txt", 404), ("TRACE", "/api/me", 405)],
)
def test_what_functions_framework_answers_itself_is_plain_text(
    server: Server, method: str, path: str, status: int
) -> None:
    response = server.call(method, path)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/plain")


def test_head_says_what_get_says_without_the_body(server: Server) -> None:
    for path, status in (("/api/categories", 200), ("/api/nothing", 404)):
        response = server.call("HEAD", path)
        assert response.status_code == status
        assert response.content == b""
        assert int(response.headers["content-length"]) > 0


def test_series_are_told_by_name_and_artwork_and_unknown_ones_left_out(server: Server) -> None:
    cards = server.create(limit=20)["episodes"]
    series = next(card["series"] for card in cards if card["series"])
    found = server.call("GET", f"/api/series?id=nothing&id={series['id']}&id={series['id']}").json()
    assert found["series"] == [series]
    for query in ("", "?id=x" + "&id=x" * 200):
        problem(server.call("GET", f"/api/series{query}"), 400, "id")


def test_only_a_server_of_pages_says_that_there_is_no_firebase(
    server: Server, start_server: Callable[..., Server]
) -> None:
    address = "/__/firebase/init.json"
    assert server.call("GET", address).status_code == 404
    pages = start_server(WEB=str(ROOT / "web"))
    answer = pages.call("GET", address)
    assert (answer.status_code, answer.json()) == (200, {})
    style = pages.call("GET", "/style.css")
    assert (style.status_code, style.text) == (200, (ROOT / "web/style.css").read_text())
    assert style.headers["content-type"].startswith("text/css")
    assert style.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("episode", ["nothing", "", "%00", "%ff", "%2e%2e%2fetc", "x" * 5000])
def test_an_episode_that_there_is_not_is_not_found(server: Server, episode: str) -> None:
    for path in (f"/api/episodes/{episode}", f"/api/episodes/{episode}/similar"):
        answer = problem(server.call("GET", path), 404)
        assert len(answer["detail"]) < 600


def test_an_episode_its_like_and_the_categories_can_be_browsed(server: Server) -> None:
    episode = server.call("GET", "/api/episodes/episode-3")
    assert episode.json()["id"] == "episode-3"
    assert "max-age" in episode.headers["cache-control"]
    similar = server.call("GET", "/api/episodes/episode-3/similar?limit=5").json()
    assert len(similar["episodes"]) == 5
    assert similar["similarity_scores"] == sorted(similar["similarity_scores"], reverse=True)
    assert "episode-3" not in [e["id"] for e in similar["episodes"]]
    listed = server.call("GET", "/api/categories").json()
    assert all(one["episodes"] <= listed["episodes"] for one in listed["categories"])
    names = [one["name"] for one in listed["categories"]]
    assert {"Astronomy", "Bread", "Chess", "Dance", "Economics", "Forests"} < set(names)
    for limit in ("0", "51"):
        response = server.call("GET", f"/api/episodes/episode-3/similar?limit={limit}")
        problem(response, 400, "limit")
