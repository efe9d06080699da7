"""A session can be replayed: `python -m feed replay` gives the bytes that the function gave."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from feed.scenarios.experiment import assign, parse
from tests.support.catalogs import NOW, catalog_of, episodes, publish_to
from tests.support.server import ROOT, Server

REQUESTS: dict[str, dict[str, Any]] = {
    "nothing known": {"limit": 50},
    "baseline": {
        "scenario": "baseline",
        "engagements": [
            {"episode_id": "episode-3", "type": "bookmark", "timestamp": "2026-02-05T10:00:00Z"},
            {"episode_id": "episode-5", "type": "listen", "progress": 0.25},
        ],
    },
    "everything": {
        "engagements": [
            {"id": "1", "episode_id": "episode-7", "type": "not_interested"},
            {"episode_id": "episode-9", "type": "share", "timestamp": "2026-02-01T00:00:00+05:30"},
        ],
        "category_interests": ["Chess", "Bread", "no such category"],
        "excluded_ids": ["episode-11", "content-12"],
        "served_ids": ["episode-13"],
        "muted_series": ["series-Chess-1"],
        "limit": 20,
        "trace": True,
    },
}


def replayed(
    folder: Path, tmp_path: Path, session: dict[str, msgspec.Raw], request: Any, *more: str
) -> dict[str, msgspec.Raw]:
    version, session_id = (decoded(session[name]) for name in ("catalog_version", "session_id"))
    (tmp_path / "request.json").write_bytes(msgspec.json.encode(request))
    command = [sys.executable, "-m", "feed", "replay"]
    command += ["--snapshot", str(folder / "shelf" / "snapshots" / version)]
    command += ["--request", str(tmp_path / "request.json")]
    command += ["--seed", str(int(session_id, 16)), "--now", NOW.isoformat(), *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=60)
    assert done.stderr == b""
    return msgspec.json.decode(done.stdout, type=dict[str, msgspec.Raw])


def decoded(raw: msgspec.Raw) -> Any:
    return msgspec.json.decode(raw)


def first_page(server: Server, request: Any, user: str | None = None) -> dict[str, msgspec.Raw]:
    response = server.call("POST", "/api/sessions/create", request, user)
    assert response.status_code == 200, response.text
    return msgspec.json.decode(response.content, type=dict[str, msgspec.Raw])


def whole_queue(server: Server, page: dict[str, Any], user: str | None = None) -> list[Any]:
    """As `replay` lists it: of each episode the id and what was computed."""
    queue = server.queue({name: decoded(raw) for name, raw in page.items()}, user)
    computed = [name for name in queue[0] if name.endswith("_score")]
    return [{n: e[n] for n in ("id", *computed, "queue_position", "reason")} for e in queue]


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_an_anonymous_session_is_replayed_byte_for_byte(
    server: Server, folder: Path, tmp_path: Path, request_: dict[str, Any]
) -> None:
    page = first_page(server, request_)
    again = replayed(folder, tmp_path, page, request_)
    assert decoded(again["queue"]) == whole_queue(server, page)
    for name in page.keys() - {"next_cursor"}:
        assert bytes(again[name]) == bytes(page[name]), name


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

    page = first_page(server, {}, user)
    again = replayed(folder, tmp_path, page, {}, "--summary", str(summary))
    assert decoded(again["queue"]) == whole_queue(server, page, user)
    for name in page.keys() - {"next_cursor"}:
        assert bytes(again[name]) == bytes(page[name]), name


@pytest.mark.parametrize("arm", ["baseline", "mine"])
def test_a_session_of_an_experiment_is_replayed_from_its_stamp(
    start_server: Callable[..., Server], tmp_path: Path, arm: str
) -> None:
    publish_to(tmp_path / "shelf", catalog_of(episodes(200)))
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

    request = {"trace": True}
    page = first_page(server, request, user)
    assert decoded(page["experiment"]) == {"name": "autumn", "arm": arm}
    stamp = ["--experiment", "autumn", "--scenario", str(mine) if arm == "mine" else arm]
    again = replayed(tmp_path, tmp_path, page, request, "--summary", str(summary), *stamp)
    assert decoded(again["queue"]) == whole_queue(server, page, user)
    for name in page.keys() - {"next_cursor"}:
        assert bytes(again[name]) == bytes(page[name]), name
