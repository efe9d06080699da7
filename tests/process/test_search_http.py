"""Search and suggestions as an app sees them."""

from tests.support.server import Server, problem


def test_pages_of_a_search_go_on_where_the_last_ended_and_filters_hold(server: Server) -> None:
    path = "/api/search?q=bread&limit=5&category=Bread"
    first = server.call("GET", path).json()
    assert first["degraded"] == []
    assert first["topics"][0] == "Bread"
    second = server.call("GET", f"{path}&cursor={first['next_cursor']}").json()
    pages = [*first["episodes"], *second["episodes"]]
    assert len({one["id"] for one in pages}) == len(pages) == min(10, first["total"])
    for one in pages:
        assert "Bread" in one["categories"]["major"]
        assert "title" in one["matched"]
        begin, end = one["snippet"]["ranges"][0]
        assert one["snippet"]["text"][begin:end] == "Bread"
    problem(server.call("GET", f"{path}&cursor=x"), 400, "cursor")
    understood = server.call("GET", "/api/search?q=latest bread this week").json()["understood"]
    assert understood["newest"]
    assert understood["since"] is None or understood["since"].endswith("Z")


def test_what_a_user_muted_is_not_found(server: Server) -> None:
    found = server.call("GET", "/api/search?q=chess&limit=50", user="searcher").json()
    muted = found["episodes"][0]["series"]["id"]
    server.call("PATCH", "/api/me", {"muted_series": [muted]}, user="searcher")
    again = server.call("GET", "/api/search?q=chess&limit=50", user="searcher").json()
    assert again["total"] < found["total"]
    assert muted not in {(one["series"] or {}).get("id") for one in again["episodes"]}


def test_a_beginning_is_completed_to_names_and_titles(server: Server) -> None:
    found = server.call("GET", "/api/suggest?q=astr&limit=3").json()["suggestions"]
    assert found[0] == {"kind": "topic", "text": "Astronomy", "id": None}
    titles = server.call("GET", "/api/suggest?q=astronomy number 1").json()["suggestions"]
    assert {one["kind"] for one in titles} == {"title"}
