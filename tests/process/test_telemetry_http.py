"""What an operator sees: timings, one log line per request, health and metrics."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from feed.model.timestamps import rfc3339, to_us
from feed.scenarios.scenario import shipped
from feed.scenarios.version import version
from feed.session.decision_log import DecisionLine, LoggedEngagement, SeenList
from tests.support.catalogs import NOW
from tests.support.server import Server, problem, until

Start = Callable[..., Server]
LIKE = {"episode_id": "episode-3", "type": "like"}


@pytest.fixture(scope="module")
def watched(start_module_server: Start, small_shelf: str) -> Server:
    """A server whose log no test of another module adds to."""
    return start_module_server(SHELF=small_shelf, CORS_ORIGINS="https://app.example")


def request_lines(server: Server, count: int, before: int) -> list[dict[str, Any]]:
    """The lines of as many requests from a length of the output on, once they are there."""
    lines = server.logged(lambda line: "httpRequest" in line, count, before)
    assert len(lines) == count
    return lines


TIMING = re.compile(r"[a-z]+;dur=\d+(\.\d+)?(, [a-z]+;dur=\d+(\.\d+)?)*")


def test_an_answer_says_how_long_each_step_took(server: Server, user: str) -> None:
    steps = {}
    for method, path, body in (
        ("POST", "/api/sessions/create", {}),
        ("POST", "/api/me/engagements", {"episode_id": "episode-3", "type": "like"}),
        ("GET", "/api/nothing", None),
    ):
        header = server.call(method, path, body, user).headers["server-timing"]
        assert TIMING.fullmatch(header), header
        steps[path] = [step.split(";")[0] for step in header.split(", ")]
    assert steps == {
        "/api/sessions/create": ["validate", "catalog", "summary", "rank", "encode", "total"],
        "/api/me/engagements": ["validate", "store", "summarise", "total"],
        "/api/nothing": ["total"],
    }


def test_every_request_is_one_line_of_json_in_the_log(watched: Server, user: str) -> None:
    before = watched.mark()
    session = watched.create(user)
    watched.next_page(session, user)
    watched.call("POST", "/api/sessions/create", {"limit": 0})
    watched.call("GET", "/api/n%C3%B6%22%0Dthing?secret=token")
    headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    assert watched.client.options("/api/sessions/create", headers=headers).status_code == 200
    lines = request_lines(watched, 5, before)
    assert [line["message"] for line in lines] == [
        "POST /api/sessions/create 200",
        "POST /api/sessions/{session_id}/next 200",
        "POST /api/sessions/create 400",
        "GET /api/{path:path} 404",
        "OPTIONS - 200",
    ]
    for line in lines:
        assert line["severity"] == "INFO"
        assert line["httpRequest"]["latency"].endswith("s")
    assert lines[0]["timings_ms"].keys() == {"validate", "catalog", "summary", "rank", "encode"}
    assert lines[0]["session_id"] == lines[1]["session_id"] == session["session_id"]
    assert "summary_missing" in lines[0]["degraded"]
    assert lines[2]["problem"].startswith("limit: ")
    assert "secret" not in watched.output


def test_a_user_is_a_hash_in_the_log_the_same_on_every_instance(
    watched: Server, server: Server
) -> None:
    users = ("lovelace", "babbage")
    hashes = []
    for one in (watched, server):
        before = one.mark()
        for user in users:
            one.create(user)
            one.engage(user, **LIKE, id=f"{user}-likes")
            one.call("DELETE", f"/api/me/engagements/{user}-likes", user=user)
        one.create()
        hashes.append([line.get("user") for line in request_lines(one, 7, before)])
        assert not [user for user in users if user in one.output]
    assert hashes[0] == hashes[1]
    first, *_, anonymous = hashes[0]
    assert len(set(hashes[0])) == 3
    assert anonymous is None
    assert len(first) == 16


def test_the_log_says_what_was_shown_seen_and_done_in_the_terms_of_the_catalog(
    watched: Server, user: str
) -> None:
    before = watched.mark()
    first = watched.create(user, limit=4)
    second = watched.next_page(first, user)
    name, shown = first["session_id"], [one["id"] for one in first["episodes"]]
    saw = [{"episode_id": one} for one in (*shown[:2], shown[0], "unknown@mail.example")]
    saw += [{"episode_id": shown[2], "session_id": "unknown@mail.example"}]
    body = {"session_id": name, "seen": saw}
    watched.call("POST", "/api/me/impressions", body, user)
    listen = {"episode_id": shown[1], "type": "listen", "progress": 0.5}
    watched.call("POST", f"/api/sessions/{name}/engage", listen, user)
    watched.engage(user, episode_id="unknown@mail.example", type="like")
    watched.create(user, stored=False)
    lines = request_lines(watched, 6, before)
    assert "mail.example" not in watched.output[before:]
    one, two, seen, engaged, *rest = [msgspec.convert(line, DecisionLine) for line in lines]
    assert one.shown[0].episode_ids == shown
    assert (one.session_id, one.catalog_episodes, one.time) == (name, 60, rfc3339(to_us(NOW)))
    assert one.scenario_version == version(shipped()["for_you"])
    assert (two.session_id, two.shown[0].first_position) == (name, 5)
    assert two.shown[0].episode_ids == [one["id"] for one in second["episodes"]]
    assert {place for places in two.shown[0].sources.values() for place in places} == {
        one["queue_position"] for one in second["episodes"]
    }
    assert seen.seen == [SeenList(name, shown[:2])]
    assert engaged.engagement == LoggedEngagement(shown[1], "listen", rfc3339(to_us(NOW)), 0.5)
    assert (engaged.session_id, engaged.user) == (name, one.user)
    assert [(line.shown, line.engagement) for line in rest] == [([], None), ([], None)]


def test_wrong_values_are_in_the_answer_and_not_in_the_log(watched: Server) -> None:
    before = watched.mark()
    named = "lovelace@mail.example"
    for method, path, body in (
        ("DELETE", f"/api/me/engagements/{named}", None),
        ("GET", f"/api/me/{named}", None),
        ("PATCH", "/api/me", {named: 1}),
        ("POST", "/api/me/engagements", {**LIKE, "type": named}),
        ("POST", "/api/sessions/create", {"scenario": named}),
        ("PATCH", "/api/me", {"languages": [named]}),
        ("GET", f"/api/me/engagements?limit={named}", None),
    ):
        answer = watched.call(method, path, body, "babbage")
        assert answer.status_code in {400, 404}
        assert named in unquote(answer.text)
    lines = request_lines(watched, 7, before)
    assert all("problem" in line for line in lines)
    assert "lovelace" not in watched.output


def test_no_address_makes_a_long_line_or_another_label(watched: Server) -> None:
    before = watched.mark()
    odd = ["/api/a%0Ab", "/%0A", "/api/me%0A", "/api//", "/api/%F0%9F%8E%A7", "/api/%00%22%7B"]
    for path in (*odd, f"/api/{'x' * 60_000}", f"/{'%0A' * 20_000}"):
        answer = watched.call("GET", path)
        assert problem(answer, 404)["type"] == "urn:earshot:problem:not-found"
    lines = request_lines(watched, len(odd) + 2, before)
    assert {line["message"] for line in lines} == {
        "GET /api/{path:path} 404",
        "GET /{path:path} 404",
    }
    assert max(map(len, watched.output.splitlines())) < 4000
    metrics = watched.call("GET", "/api/metrics").text
    routes = set(re.findall(r'earshot_requests_total{.*route="([^"]*)"', metrics))
    assert all(re.fullmatch(r"-|/[a-z_/{}:]*", route) for route in routes), routes


def test_health_says_what_is_served_and_that_all_is_well(server: Server) -> None:
    health = server.call("GET", "/api/health")
    assert health.status_code == 200
    assert health.json() == {
        "status": "ok",
        "catalog": {
            "version": server.create()["catalog_version"],
            "created_at": NOW.isoformat().replace("+00:00", "Z"),
            "age_s": 0,
            "episodes": 400,
            "embedding_model": "test",
        },
        "looks": None,
        "dependencies": {"catalog": "ok", "shelf": "ok", "store": "ok"},
    }


def test_metrics_count_requests_and_a_catalog_of_just_the_allowed_age_is_not_stale(
    start_server: Start, small_shelf: str
) -> None:
    now = (NOW + timedelta(seconds=100)).isoformat()
    server = start_server(NOW=now, CATALOG_MAX_AGE_S="100", SHELF=small_shelf)
    assert server.call("GET", "/api/health").json()["status"] == "ok"
    assert "catalog_stale" not in server.create()["degraded"]
    for user in ("anna", "bert"):
        server.create(user)
    server.call("GET", "/api/episodes/nothing")
    response = server.call("GET", "/api/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }
    create = "/api/sessions/create"
    assert found["earshot_requests_total", create, "200", "POST"] == 3
    assert found["earshot_requests_total", "/api/episodes/{episode_id:path}", "404", "GET"] == 1
    assert found["earshot_request_seconds_count", create] == 3
    assert found["earshot_request_seconds_bucket", "+Inf", create] == 3
    assert found["earshot_request_seconds_sum", create] > 0
    assert found["earshot_degraded_total", "summary_missing"] == 2
    assert found["earshot_external_calls_total", "ok", "store"] >= 2
    assert found["earshot_external_calls_total", "ok", "shelf"] >= 2
    assert found[("earshot_catalog_created_seconds",)] == NOW.timestamp()


def test_an_instance_says_what_it_works_on_and_how_its_caches_fare(watched: Server) -> None:
    server = watched
    for _ in range(2):
        server.call("POST", "/api/ask", {"question": "episode"}).read()
    idle = [
        {"name": "questions", "used": 0, "limit": 8, "unit": "requests"},
        {"name": "others", "used": 0, "limit": 16, "unit": "requests"},
    ]

    def when_idle() -> Any:  # a client has the whole answer a moment before its place is free
        said = server.call("GET", "/api/health/processing").json()
        return said if said["requests"] == idle else None

    processing = until(when_idle)
    assert processing["model"] is None
    caches = {one["name"]: one for one in processing["caches"]}
    assert caches["ask_sources"]["used"] == 1
    performance = server.call("GET", "/api/metrics/performance").json()
    assert performance["requests"]["200"] >= 3
    assert performance["capacity"] == {"questions": 8, "others": 16}
    (sources,) = [one for one in performance["caches"] if one["name"] == "ask_sources"]
    assert (sources["hits"], sources["misses"], sources["hit_rate"]) == (1, 1, 0.5)
    regions = server.call("GET", "/api/health/regions").json()
    assert regions == {"model": None, "regions": []}
