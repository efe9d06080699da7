"""Wrong requests are answered with a problem document that names the field."""

import base64
import json
import re
from typing import Any

import pytest

from functions.api.routes import ROUTES
from tests.support.server import Server, problem

CREATE, NEXT, RECORD, ME = "POST create", "POST next", "POST record", "PATCH me"
ADDRESS = {
    CREATE: ("POST", "/api/sessions/create"),
    NEXT: ("POST", "/api/sessions/0123456789abcdef/next"),
    RECORD: ("POST", "/api/me/engagements"),
    ME: ("PATCH", "/api/me"),
}
CLICK = {"episode_id": "episode-1", "type": "click"}


def engagements(*last: Any, before: int = 3) -> dict[str, Any]:
    return {"engagements": [CLICK] * before + list(last)}


def click(**changes: Any) -> dict[str, Any]:
    return CLICK | changes


BAD: list[tuple[str, Any, str]] = [
    (CREATE, [], "body"),
    (CREATE, None, "body"),
    (CREATE, {"limit": "10"}, "limit"),
    (CREATE, {"limit": 0}, "limit"),
    (CREATE, {"limit": 51}, "limit"),
    (CREATE, {"limit": 1.5}, "limit"),
    (CREATE, {"fill_s": 0}, "fill_s"),
    (CREATE, {"fill_s": 86_401}, "fill_s"),
    (CREATE, {"limit": 10**400}, "limit"),
    (CREATE, {"engagements": {}}, "engagements"),
    (CREATE, {"engagements": [CLICK] * 501}, "engagements"),
    (CREATE, engagements("text"), "engagements[3]"),
    (CREATE, engagements({}), "engagements[3].episode_id"),
    (CREATE, engagements({"episode_id": "a"}), "engagements[3].type"),
    (CREATE, engagements(click(type="unknown")), "engagements[3].type"),
    (CREATE, engagements(click(type="x - at `$.limit`")), "engagements[3].type"),
    (CREATE, engagements(click(episode_id=7), before=0), "engagements[0].episode_id"),
    (CREATE, engagements(click(episode_id="")), "engagements[3].episode_id"),
    (CREATE, engagements(click(progress=1.1)), "engagements[3].progress"),
    (CREATE, engagements(click(timestamp=0)), "engagements[3].timestamp"),
    (CREATE, engagements(click(timestamp="2026-02-30T00:00:00Z")), "engagements[3].timestamp"),
    (CREATE, engagements(click(timestamp="2026-02-01T00:00:00")), "engagements[3].timestamp"),
    (CREATE, engagements(click(series_name="x" * 1001)), "engagements[3].series_name"),
    (CREATE, engagements(click(titel="x")), "engagements[3].titel"),
    (CREATE, {"excluded_ids": "episode-1"}, "excluded_ids"),
    (CREATE, {"excluded_ids": ["a", 1]}, "excluded_ids[1]"),
    (CREATE, {"excluded_ids": ["a"] * 10_001}, "excluded_ids"),
    (CREATE, {"served_ids": ["a"] * 10_001}, "served_ids"),
    (CREATE, {"category_interests": "Bread"}, "category_interests"),
    (CREATE, {"category_interests": ["Bread", ""]}, "category_interests[1]"),
    (CREATE, {"muted_series": [None]}, "muted_series[0]"),
    (CREATE, {"user_id": 5}, "user_id"),
    (CREATE, {"scenario": ["baseline"]}, "scenario"),
    (CREATE, {"trace": "yes"}, "trace"),
    (CREATE, {"detail": "full"}, "detail"),
    (CREATE, {"stored": 0}, "stored"),
    (CREATE, {"seed": -1}, "seed"),
    (CREATE, {"seed": 2**53}, "seed"),
    (CREATE, {"seed": {}}, "seed"),
    (CREATE, {"seed": {"text": "x", "token": "x"}}, "seed"),
    (CREATE, {"seed": {"text": " \t"}}, "seed.text"),
    (CREATE, {"seed": {"text": "x" * 201}}, "seed.text"),
    (CREATE, {"seed": {"episode_ids": []}}, "seed.episode_ids"),
    (CREATE, {"seed": {"token": "x"}}, "seed.token"),
    (CREATE, {"seed": {"words": "x"}}, "seed.words"),
    (CREATE, {"limits": 10}, "limits"),
    (CREATE, {"a\nb": 1}, "a\nb"),
    (NEXT, {}, "cursor"),
    (NEXT, {"cursor": ""}, "cursor"),
    (NEXT, {"cursor": "x" * 100_000}, "cursor"),
    (NEXT, {"cursor": "x", "limit": 51}, "limit"),
    (NEXT, {"cursor": "x", "engaged_ids": ["a"] * 10_001}, "engaged_ids"),
    (NEXT, {"cursor": "x", "offset": 10}, "offset"),
    (RECORD, {"type": "click"}, "episode_id"),
    (RECORD, click(episode_id="x" * 513), "episode_id"),
    (RECORD, click(timestamp="2026-02-06T01:00:00.000001Z"), "timestamp"),
    (RECORD, click(timestamp="9999-12-31T23:59:59-14:00"), "timestamp"),
    (RECORD, click(titel="x"), "titel"),
    (ME, {"display_name": None}, "display_name"),
    (ME, {"display_name": "x" * 201}, "display_name"),
    (ME, {"category_interests": "Bread"}, "category_interests"),
    (ME, {"languages": ["x"] * 201}, "languages"),
    (ME, {"uid": "somebody"}, "uid"),
]


def short(value: Any) -> str | None:
    return json.dumps(value)[:50] if isinstance(value, dict | list) else None


@pytest.mark.parametrize(("where", "body", "field"), BAD, ids=short)
def test_a_field_that_is_wrong_is_named(
    server: Server, user: str, where: str, body: Any, field: str
) -> None:
    sent = json.dumps(body).encode()  # also null: nothing but None is no body
    answer = problem(server.call(*ADDRESS[where], sent, user), 400, field)
    assert answer["expected"] in answer["detail"] or field == "cursor"


@pytest.mark.parametrize(
    ("call", "field"),
    [
        ("GET /api/categories?limit=5", "limit"),
        ("GET /api/me/engagements?limt=5", "limt"),
        ("GET /api/me/engagements?limit=0", "limit"),
        ("GET /api/me/engagements?limit=501", "limit"),
        ("GET /api/me/engagements?limit=ten", "limit"),
        ("GET /api/episodes/episode-1/similar?limit=2&limit=3", "limit"),
        ("GET /api/episodes", "id"),
        ("GET /api/episodes?" + "id=a&" * 51, "id"),
        ("GET /api/series", "id"),
        ("GET /api/series?id=a&name=b", "name"),
        ("GET /api/series?" + "id=a&" * 201, "id"),
        ("DELETE /api/me?dry_run=true", "dry_run"),
        ("POST /api/sessions/create?trace=true", "trace"),
    ],
)
def test_a_query_parameter_that_is_wrong_is_named(
    server: Server, user: str, call: str, field: str
) -> None:
    problem(server.call(*call.split(" "), user=user), 400, field)


OPERATIONS = [
    (method, re.sub(r"{[^}]*}", "episode-1", path), one)
    for path, route in ROUTES.items()
    for method, one in route.items()
]


def test_every_operation_refuses_a_query_parameter_that_it_does_not_know(
    server: Server, user: str
) -> None:
    for method, path, _ in OPERATIONS:
        problem(server.call(method, f"{path}?unlikely=1", user=user), 400, "unlikely")


def test_every_operation_refuses_a_field_that_it_does_not_know(server: Server, user: str) -> None:
    for method, path, one in OPERATIONS:
        if one.body is not None:
            problem(server.call(method, path, {"unlikely": 1}, user), 400, "unlikely")


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b'{"limit": 5',
        b'{"limit": 5}{}',
        b'{"limit": NaN}',
        b'{"user_id": "\x00"}',
        b'{"user_id": "\\ud800"}',
        b'{"\\udc00": 1}',
        b'{"excluded_ids": ["\\ud800x"]}',
        b'{"user_id": "\xff"}',
        b'{"\xff": 1}',
        b"\xff\xfe{\x00}\x00",
        b"\x1f\x8b\x08\x00",
    ],
)
def test_a_body_that_is_no_json_is_named(server: Server, body: bytes) -> None:
    answer = problem(server.call("POST", "/api/sessions/create", body), 400)
    assert answer["type"] == "urn:earshot:problem:malformed-json"


def test_a_number_out_of_range_is_named(server: Server, user: str) -> None:
    bodies = {
        b'{"limit": 1e999}': "limit",
        b'{"engagements": [{"progress": 1e999}]}': "engagements[0].progress",
        b'{"engagements": [{"progress": -1e-999, "timestamp": 1e999}]}': "engagements[0].timestamp",
    }
    for body, field in bodies.items():
        problem(server.call("POST", "/api/sessions/create", body, user), 400, field)


def test_an_empty_body_means_the_defaults(server: Server) -> None:
    assert len(server.call("POST", "/api/sessions/create", b"").json()["episodes"]) == 10


def test_limits_are_inclusive(server: Server) -> None:
    page = server.create(
        limit=50,
        engagements=[click(episode_id=f"episode-{n}") for n in range(500)],
        excluded_ids=["a"] * 10_000,
        served_ids=["b"] * 10_000,
    )
    assert page["episodes"] == []  # all 400 were engaged with
    assert page["next_cursor"] is None
    assert len(server.create(limit=50)["episodes"]) == 50
    assert len(server.create(limit=1)["episodes"]) == 1


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 129, "é", "a\tb", "'; drop"])
def test_a_bad_demo_user_is_refused(server: Server, name: str) -> None:
    for path in ("/api/me", "/api/me/engagements"):
        response = server.client.get(path, headers={b"X-Demo-User": name.encode()})
        problem(response, 400, "X-Demo-User")


def test_a_token_is_refused_where_none_can_be_verified(server: Server) -> None:
    headers = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}
    problem(server.client.get("/api/me", headers=headers), 401, "authorization")


@pytest.mark.parametrize("limit", ["0", "501", "-1", "1.5", "ten", "", "²", "1" * 400])
def test_a_bad_limit_of_a_list_is_named(server: Server, user: str, limit: str) -> None:
    response = server.call("GET", f"/api/me/engagements?limit={limit}", user=user)
    problem(response, 400, "limit")


@pytest.mark.parametrize(
    "cursor", ["x", "é", "[]", '[1e999, ""]', f"[{10**30}, 1]", f'[{-(10**30)}, "a"]', '["a", 1]']
)
def test_a_bad_place_in_a_list_is_named(server: Server, user: str, cursor: str) -> None:
    for given in (cursor, base64.urlsafe_b64encode(cursor.encode()).decode()):
        response = server.call("GET", f"/api/me/engagements?cursor={given}", user=user)
        problem(response, 400, "cursor")
