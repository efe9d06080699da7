"""What the Lab gets from the API, and that only admins may."""

import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from feed.__main__ import main
from feed.scenarios.changes import with_changes
from feed.scenarios.scenario import of_tables, parse, shipped
from feed.scenarios.version import version
from tests.support.catalogs import catalog_of, episodes, publish_to
from tests.support.scenarios import PLAIN
from tests.support.server import Server, problem
from tests.support.tokens import unsigned

BREAD = "Bread"
LIKED = [{"episode_id": "episode-3", "type": "like"}, {"episode_id": "episode-9", "type": "like"}]


@pytest.fixture
def detailed(server: Server) -> dict[str, Any]:
    return server.create(
        engagements=LIKED, excluded_ids=["episode-5"], trace=True, detail=True, limit=50
    )


def test_the_detail_names_what_the_trace_counts(server: Server, detailed: dict[str, Any]) -> None:
    assert "detail" not in server.create(trace=True)
    trace, detail = detailed["trace"], detailed["detail"]
    assert {name: len(gone) for name, gone in detail["removed"].items()} == trace["removed"]
    assert "episode-5" in [one["id"] for one in detail["removed"]["excluded"]]
    assert len(detail["candidates"]) == trace["candidates"]
    for source, count in trace["sources"].items():
        brought = [one for one in detail["candidates"] if source in one["proposed_by"]]
        assert 0 < len(brought) <= count
    assert all(one["title"] for one in detail["candidates"])


def test_the_detail_has_the_position_of_every_selected_candidate(
    detailed: dict[str, Any],
) -> None:
    chosen = {
        one["queue_position"]: one["id"]
        for one in detailed["detail"]["candidates"]
        if one["queue_position"]
    }
    assert sorted(chosen) == list(range(1, detailed["total_in_queue"] + 1))
    for episode in detailed["episodes"]:
        assert chosen[episode["queue_position"]] == episode["id"]


def test_no_filter_names_more_than_two_hundred(start_server: Any, tmp_path: Path) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(900)))
    page = start_server().create(trace=True, detail=True)
    assert page["trace"]["removed"]["quality_floors"] > 200
    assert len(page["detail"]["removed"]["quality_floors"]) == 200


def test_interests_and_the_user_have_places_on_the_map(detailed: dict[str, Any]) -> None:
    detail = detailed["detail"]
    assert len(detail["user"]) == 2
    assert {one["id"] for one in detail["interests"]} <= {"episode-3", "episode-9"}
    assert all(len(one["at"]) == 2 for one in detail["interests"])


def test_a_session_can_ignore_what_is_stored_of_the_user(server: Server, user: str) -> None:
    server.engage(user, episode_id="episode-3", type="like")
    assert server.create(user)["user_vector_episodes"] == 1
    alone = server.create(user, stored=False)
    assert (alone["user_vector_episodes"], alone["cold_start"]) == (0, True)
    assert alone["degraded"] == []
    assert server.create(user, stored=False, engagements=LIKED)["user_vector_episodes"] == 2


def test_the_scenarios_are_listed_with_what_they_are(server: Server) -> None:
    answer = server.call("GET", "/api/scenarios").json()
    assert answer["default"] == "for_you"
    told = {one["name"]: one["description"] for one in answer["scenarios"]}
    assert {"baseline", "for_you", "plain"} <= told.keys()
    assert told["baseline"].startswith("The plain blend")
    plain = next(one for one in answer["scenarios"] if one["name"] == "plain")["parameters"]
    assert not plain.keys() & {"name", "description"}
    assert of_tables({"name": "plain", **plain}) == PLAIN
    assert answer["defaults"]["blend"]["similarity"] == 0.55


def test_a_session_with_changed_weights_is_replayed_and_is_no_decision(
    server: Server, folder: Path, tmp_path: Path
) -> None:
    request = {
        "engagements": [{**one, "timestamp": "2026-02-05T10:00:00Z"} for one in LIKED],
        "scenario": "for_you",
        "scenario_changes": {"blend": {"recency": 9}},
        "explained_id": "episode-3",
        "seed": 7,
        "stored": False,
        "trace": True,
        "detail": True,
        "limit": 50,
    }
    page = server.create(**request)
    assert page["scenario"] == "for_you_tuned"
    changed = with_changes(shipped()["for_you"], request["scenario_changes"])
    assert parse(page["detail"]["scenario"]) == changed
    (line,) = server.logged(lambda one: one.get("session_id") == page["session_id"])
    assert "shown" not in line
    assert line["scenario_version"] != version(shipped()["for_you"])
    assert page["detail"]["explained"]["removed_by"] == ["excluded"]
    (tmp_path / "request.json").write_text(json.dumps(request))
    snapshot = folder / "shelf/snapshots" / page["catalog_version"]
    options = ["--request", str(tmp_path / "request.json"), "--now", page["detail"]["now"]]
    out = io.StringIO()
    with redirect_stdout(out):
        assert main(["replay", "--snapshot", str(snapshot), *options]) == 0
    again = json.loads(out.getvalue())
    assert {name: again[name] for name in page if name != "next_cursor"} == {
        name: value for name, value in page.items() if name != "next_cursor"
    }


def test_changes_that_do_not_fit_a_scenario_are_refused_by_the_key(server: Server) -> None:
    for changes, field in (
        ({"blend": {"recency": 11}}, "scenario_changes.blend.recency"),
        ({"blends": {}}, "scenario_changes.blends"),
        ({"filters": {"freshness_days": [9, 3]}}, "scenario_changes.filters.freshness_days"),
    ):
        body = {"scenario_changes": changes}
        problem(server.call("POST", "/api/sessions/create", body), 400, field)
    body = {"scenario_changes": {"sources": {"ties": "oldest"}}}
    answer = server.call("POST", "/api/sessions/create", body)
    refused = problem(answer, 400, "scenario_changes.sources.ties")
    assert refused["expected"] == "one of newest, source"


def test_a_queue_that_changes_leave_empty_is_no_error_of_the_deployment(server: Server) -> None:
    nothing = {"show": "only", "where": {"categories": ["Nothing"]}}
    page = server.create(scenario_changes={"rules": {"filters": [nothing]}})
    assert page["degraded"] == ["all_ruled_out"]
    assert server.logged(lambda one: one.get("session_id") == page["session_id"])
    assert not [one for one in server.log_lines if one.get("cause") == "all_ruled_out"]


def test_the_map_places_every_episode_that_has_an_embedding(server: Server) -> None:
    answer = server.call("GET", "/api/map").json()
    assert not answer["sampled"]
    assert answer["mapped"] == len(answer["points"]) > 350
    point = answer["points"][0]
    assert point["title"]
    assert point["category"] in {None, point["title"].split()[0]}
    assert all(-1 <= one["x"] <= 1 and -1 <= one["y"] <= 1 for one in answer["points"])


@pytest.fixture(scope="module")
def with_tokens(start_module_server: Callable[..., Server], small_shelf: str) -> Server:
    """A server that knows its users by tokens, as in production."""
    settings = {"AUTH": "emulator", "FIREBASE_PROJECT": "demo-x", "SHELF": small_shelf}
    return start_module_server(**settings)


LAB: list[tuple[str, str, Any]] = [
    ("GET", "/api/scenarios", None),
    ("GET", "/api/map", None),
    ("GET", "/api/metrics", None),
    ("GET", "/api/metrics/performance", None),
    ("GET", "/api/health/processing", None),
    ("GET", "/api/health/regions", None),
    ("POST", "/api/sessions/create", {"detail": True}),
    ("POST", "/api/sessions/create", {"seed": 1}),
    ("POST", "/api/sessions/create", {"scenario_changes": {}}),
]


@pytest.mark.parametrize(("method", "path", "body"), LAB)
def test_only_an_admin_may_use_the_lab(
    with_tokens: Server, method: str, path: str, body: Any
) -> None:
    def ask(**headers: str) -> Any:
        return with_tokens.client.request(method, path, json=body, headers=headers)

    def bearer(**claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {unsigned(**claims)}"}

    for headers in ({}, bearer(), bearer(admin="true"), bearer(admin=1), bearer(admin=False)):
        refused = problem(ask(**headers), 403, "Authorization")
        assert refused["type"] == "urn:earshot:problem:admins-only"
        assert "admin: true" in refused["expected"]
    problem(ask(Authorization="Bearer x"), 401, "Authorization")
    assert ask(**bearer(admin=True)).status_code == 200
    assert with_tokens.create(trace=True)["trace"]["catalog"] == 60  # for every user


def test_a_catalog_without_a_map_has_no_points_and_can_be_ranked(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(2)))
    server = start_server()
    assert server.call("GET", "/api/map").json()["points"] == []
    detail = server.create(detail=True, category_interests=[BREAD])["detail"]
    assert detail["user"] is None
