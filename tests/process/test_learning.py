"""A scenario is learned from the application's log, and is served and replayed as any other."""

import io
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path

import httpx
import msgspec
import numpy as np
import pytest

from evaluation.data.synthetic.dataset import SyntheticSize, synthetic_data
from evaluation.learning.estimator import estimate, kept_of
from evaluation.learning.sessions import impressions_in
from evaluation.online.lines import read_lines
from feed.__main__ import main as feed_main
from feed.ranking.scorers import contributions
from feed.scenarios.scenario import Scenario, load
from feed.scenarios.version import version
from feed.session.decision_log import DecisionLine
from functions.api.application import api
from functions.settings import Settings
from functions.wiring.service import wire
from tests.support.evaluation_command import files, refused, run, write

SIZE = SyntheticSize(shows=20, episodes=200, users=80, events_per_user=12.0)
SESSIONS = 200
LISTENERS = """
activity = -0.8
position_power = 0.8
leave = 0.04
[preferences]
similarity = 2.0
"""
PARTS = ("similarity", "popularity_ever")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a simulation whose listeners like what is similar; popular comes first."""
    folder = tmp_path_factory.mktemp("learning")
    data = write(folder / "data", synthetic_data(SIZE))
    (folder / "listeners.toml").write_text(LISTENERS)
    words = ["--listeners", folder / "listeners.toml", "--sessions", str(SESSIONS)]
    run("simulate", *files(data, test=False), *words, "--out", folder / "made")
    return folder / "made"


@pytest.fixture(scope="module")
def learned(simulated: Path) -> Path:
    """The file of the scenario that was learned from it."""
    words = [*options(simulated), *parts(*PARTS), "--out", simulated / "learned"]
    done = run("learn", *words, "--json", simulated / "learned.json")
    return Path(done.stdout.splitlines()[-1])


def options(simulated: Path) -> list[str | Path]:
    return ["--logs", simulated / "log.jsonl", "--scenario", simulated / "scenarios/popular.toml"]


def parts(*names: str) -> list[str]:
    return [word for name in names for word in ("--part", name)]


def rise(scenario: Scenario, name: str) -> float:
    curve = scenario.blend.curves[name]
    return curve.value[-1] - curve.value[0]


def test_what_the_application_logs_is_enough_to_find_what_was_planted(
    simulated: Path, learned: Path
) -> None:
    found = load(learned)
    start = load(simulated / "scenarios/popular.toml")
    lines = list(read_lines([simulated / "log.jsonl"]))
    logged, counts = impressions_in(lines, start, PARTS)
    assert (counts.usable, counts.others) == (SESSIONS, {})
    assert logged.propensities.min() < 1 == logged.propensities.max()
    telling = logged.with_rewards()
    fixed = kept_of(start, PARTS, telling)
    unaware = estimate(telling, telling.parts, fixed, position_power=0.0)
    popular = unaware.curves["popularity_ever"].value[-1]
    assert rise(found, "similarity") > 2 * rise(found, "popularity_ever")
    assert popular > 2 * rise(found, "popularity_ever")
    report = msgspec.json.decode((simulated / "learned.json").read_bytes())
    assert (report["scenario"], report["sessions"]) == (learned.stem, SESSIONS)
    low, high = report["held_out"]["ndcg"]["ci"]
    assert low < report["held_out"]["ndcg"]["difference"] < high


async def test_a_learned_scenario_is_stamped_and_replayed(
    simulated: Path, learned: Path, tmp_path: Path
) -> None:
    scenario = load(learned)
    assert scenario.name == learned.stem == f"popular_{version(scenario)}"
    (snapshot,) = (simulated / "shelf/snapshots").iterdir()
    session = next(line for line in read_lines([simulated / "log.jsonl"]) if line.queue)
    settings = Settings(
        SHELF=str(simulated / "shelf"),
        STORE=str(tmp_path / "users.db"),
        SCENARIOS=str(learned.parent),
        SCENARIO=scenario.name,
        LOG_PARTS=1,
        NOW=datetime.fromisoformat(session.time),
    )
    liked = {"episode_id": session.shown[0].episode_ids[0], "type": "like"}
    request = {"engagements": [liked], "limit": 5}
    with redirect_stdout(io.StringIO()) as log:
        transport = httpx.ASGITransport(api(wire(settings)))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            response = await client.post("/api/sessions/create", json=request)
    line = msgspec.json.decode(log.getvalue().splitlines()[-1], type=DecisionLine)
    assert (line.scenario, line.scenario_version) == (scenario.name, version(scenario))
    queue = line.queue
    assert queue is not None
    logged = {name: np.array(part) for name, part in queue.parts.items()}
    added = contributions(scenario.blend, logged, 1.0)
    assert sum(added.values()) == pytest.approx(np.array(queue.scores), abs=1e-5)
    page = msgspec.json.decode(response.content, type=dict[str, msgspec.Raw])
    assert response.json()["scenario"] == scenario.name

    (tmp_path / "request.json").write_bytes(msgspec.json.encode(request))
    words = ["replay", "--snapshot", str(snapshot), "--request", str(tmp_path / "request.json")]
    words += ["--session", line.session_id, "--now", session.time]
    with redirect_stdout(io.StringIO()) as replayed:
        assert feed_main([*words, "--scenario", str(learned)]) == 0
    again = msgspec.json.decode(replayed.getvalue(), type=dict[str, msgspec.Raw])
    for name in page.keys() - {"next_cursor"}:
        assert bytes(again[name]) == bytes(page[name]), name


def test_too_few_sessions_and_sessions_of_others_are_refused(
    simulated: Path, learned: Path, tmp_path: Path
) -> None:
    words = ["learn", *options(simulated), "--out", tmp_path]
    few = run(*words, *parts(*PARTS, "quality", "recency"), code=1)
    refused(few, r"too few sessions: expected 500 .* about [\d,]+ are needed")
    logs = ["learn", *options(simulated)[:2], "--scenario", learned, "--out", tmp_path]
    refused(run(*logs, code=1), f"0 sessions by popular_.*; {SESSIONS} by popular [0-9a-f]{{8}}")
    assert not list(tmp_path.iterdir())
