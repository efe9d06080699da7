"""What an operator sees: timings, one log line for each request, health and metrics."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.support.catalogs import NOW, catalog_of, episodes, publish_to
from tests.support.server import Server, until

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
        "scenarios": ["baseline", "films", "for_you", "plain"],
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
