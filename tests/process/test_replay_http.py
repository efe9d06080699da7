"""A session can be replayed: `python -m feed replay` gives the bytes that the function gave."""

import io
import sqlite3
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import msgspec
import pytest

from feed.__main__ import main
from feed.scenarios.experiment import assign, parse
from tests.support.catalogs import NOW, catalog_of, episodes, publish_to, with_lengths
from tests.support.server import Server

REQUESTS: dict[str, dict[str, Any]] = {
    "nothing known": {"limit": 50},
    "baseline": {
        "scenario": "baseline",
        "engagements": [
            {"episode_id": "episode-3", "type": "bookmark", "timestamp": "2026-02-05T10:00:00Z"},
            {"episode_id": "episode-5", "type": "listen", "progress": 0.25},
        ],
    },
    "words": {"seed": {"text": "something about bread"}, "trace": True},
    "episodes": {"seed": {"episode_ids": ["episode-7", "content-9", "unknown"]}, "trace": True},
    "everything": {
        "engagements": [
            {"id": "1", "episode_id": "episode-7", "type": "not_interested"},
            {"episode_id": "episode-9", "type": "share", "timestamp": "2026-02-01T00:00:00+05:30"},
        ],
        "category_interests": ["Chess", "Bread", "no such category"],
        "excluded_ids": ["episode-11", "content-12"],
        "served_ids": ["episode-13"],
        "muted_series": ["series-Chess-1"],
        "muted_categories": ["bread "],
        "limit": 20,
        "trace": True,
    },
}


def assert_replayed(
    server: Server, folder: Path, request: Any, *more: str, user: str | None = None
) -> dict[str, Any]:
    """Create a session and check that its replay is equal byte for byte; returns its first page."""
    response = server.call("POST", "/api/sessions/create", request, user)
    assert response.status_code == 200, response.text
    page = msgspec.json.decode(response.content, type=dict[str, msgspec.Raw])
    decoded = response.json()
    (folder / "request.json").write_bytes(msgspec.json.encode(request))
    words = ["replay", "--snapshot", str(folder / "shelf/snapshots" / decoded["catalog_version"])]
    words += ["--request", str(folder / "request.json"), "--now", NOW.isoformat()]
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        assert main([*words, "--seed", str(int(decoded["session_id"], 16)), *more]) == 0
    assert err.getvalue() == ""
    again = msgspec.json.decode(out.getvalue(), type=dict[str, msgspec.Raw])
    for name in page.keys() - {"next_cursor"}:
        assert bytes(again[name]) == bytes(page[name]), name
    queue = server.queue(decoded, user)
    computed = [name for name in queue[0] if name.endswith("_score")]
    names = ["id", *computed, "queue_position", "reason"]
    assert msgspec.json.decode(again["queue"]) == [{n: one[n] for n in names} for one in queue]
    return decoded


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_an_anonymous_session_is_replayed_byte_for_byte(
    server: Server, folder: Path, request_: dict[str, Any]
) -> None:
    assert_replayed(server, folder, request_)


def test_a_users_session_is_replayed_from_the_stored_summary(
    server: Server, folder: Path, tmp_path: Path, user: str
) -> None:
    interests = {"category_interests": ["Dance"], "muted_categories": ["Economics"]}
    server.call("PATCH", "/api/me", interests, user)
    for number in range(15):
        server.engage(user, episode_id=f"episode-{number}", type="listen", progress=number / 15)
    with sqlite3.connect(folder / "users.db") as db:
        query = "SELECT document FROM summaries WHERE uid = ?"
        ((document,),) = db.execute(query, (user,)).fetchall()
    summary = tmp_path / "summary.json"
    summary.write_bytes(msgspec.json.encode(msgspec.msgpack.decode(document)))
    assert_replayed(server, folder, {}, "--summary", str(summary), user=user)


@pytest.mark.parametrize("arm", ["baseline", "mine"])
def test_a_session_of_an_experiment_is_replayed_from_its_stamp(
    start_server: Callable[..., Server], tmp_path: Path, arm: str
) -> None:
    publish_to(tmp_path / "shelf", catalog_of(with_lengths(episodes(200))))
    mine, experiment = tmp_path / "scenarios" / "mine.toml", tmp_path / "experiment.toml"
    mine.parent.mkdir()
    mine.write_text('name = "mine"\n[blend]\nrecency = 5\n')
    experiment.write_text('name = "autumn"\n[arms]\nbaseline = 1\nmine = 1\n')
    server = start_server(EXPERIMENT=str(experiment), SCENARIOS=str(mine.parent))
    split = parse(experiment.read_bytes())
    user = next(one for one in map("user-{}".format, range(50)) if assign(split, one) == arm)
    server.engage(user, episode_id="episode-4", type="like")
    summary = tmp_path / "summary.json"
    summary.write_bytes(server.call("GET", "/api/me/engagements?limit=500", user=user).content)

    stamp = ["--experiment", "autumn", "--scenario", str(mine) if arm == "mine" else arm]
    options = ["--summary", str(summary), *stamp]
    page = assert_replayed(server, tmp_path, {"trace": True}, *options, user=user)
    assert page["experiment"] == {"name": "autumn", "arm": arm}

    request = {"fill_s": 14_400, "limit": 2}
    fill = assert_replayed(server, tmp_path, request, *options, user=user)
    queue = server.queue(fill, user)
    assert fill["total_s"] == sum(one["duration_s"] for one in queue)
    assert 13_680 <= fill["total_s"] <= 15_120
    assert len(queue) == fill["total_in_queue"] > 2
    short = server.create(user, fill_s=1)
    assert (short["episodes"], short["total_s"], short["next_cursor"]) == ([], 0.0, None)
    assert short["degraded"] == ["all_too_long"]
