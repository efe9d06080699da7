"""Charts and series as an app sees them."""

from tests.support.server import Server, problem


def test_the_newest_of_a_category_come_page_by_page_and_may_be_cached(server: Server) -> None:
    path = "/api/new?limit=7&category=bread&language=en"
    answer = server.call("GET", path)
    assert answer.headers["cache-control"] == "public, max-age=60"
    first = answer.json()
    second = server.call("GET", f"{path}&cursor={first['next_cursor']}").json()
    both = [*first["episodes"], *second["episodes"]]
    dates = [one["published_at"] for one in both]
    assert len({one["id"] for one in both}) == 14
    assert dates == sorted(dates, reverse=True)
    for one in both:
        assert "Bread" in one["categories"]["major"]
        assert one.get("language", "en").startswith("en")
    assert server.call("GET", "/api/new?category=nothing").json()["episodes"] == []
    problem(server.call("GET", "/api/new?window=year"), 400, "window")
    problem(server.call("GET", "/api/popular?since=2026"), 400, "since")


def test_the_cards_of_episodes_are_answered_in_the_order_of_their_ids_without_unknown_ones(
    server: Server,
) -> None:
    answer = server.call("GET", "/api/episodes?id=episode-5&id=gone&id=episode-3&id=episode-5")
    assert answer.headers["cache-control"] == "public, max-age=60"
    alone = [
        server.call("GET", f"/api/episodes/{one}").json() for one in ("episode-5", "episode-3")
    ]
    assert answer.json()["episodes"] == alone
    assert server.call("GET", "/api/episodes?id=gone").json()["episodes"] == []


def test_without_listeners_nothing_is_popular_or_trending(server: Server) -> None:
    for path in ("/api/popular", "/api/trending"):
        assert server.call("GET", path).json()["episodes"] == []


def test_a_series_has_a_card_its_episodes_and_similar_series(server: Server) -> None:
    path = "/api/series/series-Chess-0"
    first = server.call("GET", f"{path}?limit=3").json()
    card = first["series"]
    assert (card["name"], card["topics"]) == ("Series-Chess-0", ["Chess"])
    assert card["newest_at"] == first["episodes"][0]["published_at"]
    rest = server.call("GET", f"{path}?limit=50&cursor={first['next_cursor']}").json()
    assert rest["next_cursor"] is None
    assert len(first["episodes"]) + len(rest["episodes"]) == card["episodes"]
    similar = server.call("GET", f"{path}/similar?limit=4").json()
    assert len(similar["series"]) == len(similar["scores"]) == 4
    assert card["id"] not in [one["id"] for one in similar["series"]]
    problem(server.call("GET", "/api/series/none"), 404)
    problem(server.call("GET", f"{path}/similar?count=3"), 400, "count")


def test_recommended_series_leave_out_what_a_user_follows_and_are_theirs_alone(
    server: Server,
) -> None:
    path = "/api/recommended/series?limit=5"
    everybody = server.call("GET", path)
    assert everybody.headers["cache-control"] == "public, max-age=60"
    assert "Authorization" in everybody.headers["vary"]
    assert everybody.json()["cold_start"]
    server.call("PATCH", "/api/me", {"followed_series": ["series-Chess-0"]}, "shows")
    mine = server.call("GET", path, user="shows")
    assert mine.headers["cache-control"] == "no-store"
    series = mine.json()["series"]
    assert {one["topics"][0] for one in series} == {"Chess"}
    assert "series-Chess-0" not in [one["id"] for one in series]
    assert series[0]["reason"]["text"] == "Similar to Series-Chess-0"
    problem(server.call("GET", f"{path}&user=me"), 400, "user")


def test_similar_episodes_leave_out_what_a_user_mutes_and_finished_but_are_the_same_for_all_others(
    server: Server,
) -> None:
    path = "/api/episodes/episode-3/similar?limit=10"
    everybody = server.call("GET", path)
    assert everybody.headers["cache-control"] == "public, max-age=60"
    assert "Authorization" in everybody.headers["vary"]
    first, second = everybody.json()["episodes"][:2]
    server.call("PATCH", "/api/me", {"muted_series": [first["series"]["id"]]}, "similar")
    finished = {"episode_id": second["id"], "type": "complete"}
    server.call("POST", "/api/me/engagements", finished, "similar")
    mine = server.call("GET", path, user="similar")
    assert mine.headers["cache-control"] == "no-store"
    found = mine.json()["episodes"]
    assert len(found) == 10
    assert second["id"] not in [one["id"] for one in found]
    assert first["series"]["id"] not in [one["series"]["id"] for one in found if one["series"]]
    assert server.call("GET", path).json() == everybody.json()
    bread = server.call("GET", f"{path}&category=bread", user="similar").json()["episodes"]
    assert bread
    assert all("Bread" in one["categories"]["major"] for one in bread)
    problem(server.call("GET", f"{path}&categorie=bread"), 400, "categorie")
