"""What an operator sees: timings, one log line for each request, health and metrics."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from prometheus_client.parser import text_string_to_metric_families

from tests.support.catalogs import NOW, catalog_of, episodes, publish_to
from tests.support.server import Server, problem, until

Start = Callable[..., Server]
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


def test_every_request_is_one_line_of_json_in_the_log(start_server: Start, tmp_path: Path) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(400)))
    server = start_server()
    until(lambda: "GET /api/health" in server.output)  # of the start
    before = len(server.output)
    session = server.create("anna")
    server.next_page(session, "anna")
    server.call("POST", "/api/sessions/create", {"limit": 0})
    server.call("GET", "/api/n%C3%B6%22%0Dthing?secret=token")
    (missing, *lines) = until(lambda: _lines(server.output[before:], 5))

    assert (missing["severity"], missing["cause"]) == ("INFO", "summary_missing")
    assert [line["message"] for line in lines] == [
        "POST /api/sessions/create 200",
        "POST /api/sessions/{session_id}/next 200",
        "POST /api/sessions/create 400",
        "GET /api/{path:path} 404",
    ]
    for line in lines:
        assert line["severity"] == "INFO"
        assert line["httpRequest"]["latency"].endswith("s")
    assert lines[0]["timings_ms"].keys() == {"validate", "catalog", "summary", "rank", "encode"}
    assert lines[0]["session_id"] == lines[1]["session_id"] == session["session_id"]
    assert lines[0]["degraded"] == ["summary_missing"]
    assert lines[2]["problem"].startswith("limit: ")
    assert "secret" not in server.output


def test_a_user_is_a_hash_in_the_log_the_same_on_every_instance(
    start_server: Start, tmp_path: Path
) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(60)))
    one, other = start_server(), start_server()
    another_key = start_server(CURSOR_KEYS="another key for tests that is long")
    users = ("lovelace", "babbage")
    for server in (one, other, another_key):
        for user in users:
            server.create(user)
            engagement = {"id": f"{user}-likes", "episode_id": "episode-3", "type": "like"}
            server.call("POST", "/api/me/engagements", engagement, user)
            server.call("DELETE", f"/api/me/engagements/{user}-likes", user=user)
        server.create()
    found = [[line.get("user") for line in _requests(server)] for server in (one, other)]
    assert found[0] == found[1]
    first, *_, anonymous = found[0]
    assert len(set(found[0])) == 3
    assert anonymous is None
    assert len(first) == 16
    assert first not in another_key.output
    for server in (one, other, another_key):
        for user in users:
            assert user not in server.output


def test_what_was_sent_and_is_wrong_is_in_the_answer_and_not_in_the_log(
    start_server: Start, tmp_path: Path
) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(60)))
    server = start_server()
    named = "lovelace@mail.example"
    like = {"episode_id": "episode-3", "type": "like"}
    for method, path, body in (
        ("DELETE", f"/api/me/engagements/{named}", None),
        ("GET", f"/api/me/{named}", None),
        ("PATCH", "/api/me", {named: 1}),
        ("POST", "/api/me/engagements", {**like, "type": named}),
        ("POST", "/api/sessions/create", {"scenario": named}),
        ("PATCH", "/api/me", {"languages": [named]}),
        ("GET", f"/api/me/engagements?limit={named}", None),
    ):
        answer = server.call(method, path, body, "babbage")
        assert answer.status_code in {400, 404}
        assert named in unquote(answer.text)
    lines = until(lambda: (found := _requests(server)) and len(found) == 7 and found)
    assert all("problem" in line for line in lines)
    assert "lovelace" not in server.output


def test_no_address_makes_a_long_line_or_another_label(start_server: Start, tmp_path: Path) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(60)))
    server = start_server()
    odd = ["/api/a%0Ab", "/%0A", "/api/me%0A", "/api//", "/api/%F0%9F%8E%A7", "/api/%00%22%7B"]
    for path in (*odd, f"/api/{'x' * 60_000}", f"/{'%0A' * 20_000}"):
        answer = server.call("GET", path)
        assert problem(answer, 404)["type"] == "urn:earshot:problem:not-found"
    lines = until(lambda: (found := _requests(server)) and len(found) == len(odd) + 2 and found)
    assert {line["message"] for line in lines} <= {
        "GET /api/{path:path} 404",
        "GET /{path:path} 404",
    }
    assert max(map(len, server.output.splitlines())) < 4000
    metrics = server.call("GET", "/api/metrics").text
    routes = set(re.findall(r'earshot_requests_total{.*route="([^"]*)"', metrics))
    assert routes == {"/api/health", "/api/{path:path}", "/{path:path}"}


def _requests(server: Server) -> list[dict[str, Any]]:
    """The lines of all requests but the start's."""
    lines = [line for line in server.log_lines if "httpRequest" in line]
    return [line for line in lines if line["httpRequest"]["requestUrl"] != "/api/health"]


def test_a_preflight_is_counted_and_logged_too(start_server: Start, tmp_path: Path) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(60)))
    server = start_server(CORS_ORIGINS="https://app.example")
    headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    assert server.client.options("/api/sessions/create", headers=headers).status_code == 200
    until(lambda: [line["message"] for line in _requests(server)] == ["OPTIONS - 200"])
    assert 'method="OPTIONS",route="-",status="200"' in server.call("GET", "/api/metrics").text


def _lines(output: str, count: int) -> list[dict[str, str]] | None:
    lines = [json.loads(line) for line in output.splitlines()]
    return lines if len(lines) >= count else None


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
        "dependencies": {"catalog": "ok", "shelf": "ok", "store": "ok"},
    }


def test_health_is_not_well_with_a_catalog_that_is_older_than_builds_may_be_apart(
    start_server: Start, tmp_path: Path
) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(60)))
    server = start_server(NOW=(NOW + timedelta(days=365)).isoformat())
    health = server.call("GET", "/api/health")
    assert health.status_code == 200
    assert health.json()["status"] == "degraded"
    assert health.json()["dependencies"]["catalog"] == "stale"
    assert "catalog_stale" in server.create()["degraded"]
    server.kill()
    still_fresh = NOW + timedelta(seconds=100)
    server = start_server(NOW=still_fresh.isoformat(), CATALOG_MAX_AGE_S="100")
    assert server.call("GET", "/api/health").json()["status"] == "ok"
    assert "catalog_stale" not in server.create()["degraded"]


def test_metrics_count_requests_by_route_and_status(start_server: Start, tmp_path: Path) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(60)))
    server = start_server()
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
    assert found["earshot_requests_total", create, "200", "POST"] == 2
    assert found["earshot_requests_total", "/api/episodes/{episode_id:path}", "404", "GET"] == 1
    assert found["earshot_request_seconds_count", create] == 2
    assert found["earshot_request_seconds_bucket", "+Inf", create] == 2
    assert found["earshot_request_seconds_sum", create] > 0
    assert found["earshot_degraded_total", "summary_missing"] == 2
    assert found[("earshot_catalog_created_seconds",)] == NOW.timestamp()
