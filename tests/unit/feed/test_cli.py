import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from feed.__main__ import main
from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement, Profile, Summary, newest
from feed.snapshot.codec import encode
from feed.summary.document import to_document
from tests.support.catalogs import catalog_of, episodes

NOW = "2026-02-06T00:00:00Z"
Run = Callable[..., str]
Replay = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalog: Catalog) -> Path:
    """A folder with a snapshot and a request, from which the commands run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "catalog.snapshot").write_bytes(encode(catalog))
    (tmp_path / "request.json").write_text("{}")
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command: its output, or with `code=1` its error."""

    def run(command: str, code: int = 0) -> str:
        assert main(command.split()) == code
        printed = capsys.readouterr()
        assert not (code and printed.out)
        return printed.err if code else printed.out

    return run


REPLAY = f"replay --snapshot catalog.snapshot --request request.json --now {NOW}"


@pytest.fixture
def replay(files: Path, run: Run) -> Replay:
    def replay(request: Any, options: str = "") -> dict[str, Any]:
        (files / "request.json").write_text(json.dumps(request))
        answer: dict[str, Any] = json.loads(run(f"{REPLAY} {options}"))
        return answer

    return replay


def test_replay_prints_one_object_with_the_whole_queue(replay: Replay) -> None:
    answer = replay({"limit": 3})
    assert len(answer["queue"]) == answer["total_in_queue"] > 20
    assert [e["id"] for e in answer["episodes"]] == [e["id"] for e in answer["queue"][:3]]
    scores = {f"{name}_score" for name in ("similarity", "quality", "recency", "final")}
    assert answer["queue"][5].keys() >= {"id", "queue_position", "reason"} | scores
    assert answer["scenario"] == "for_you"


def test_replay_gives_the_same_bytes_in_every_process(files: Path) -> None:
    (files / "request.json").write_text('{"category_interests": ["Chess"], "trace": true}')
    command = [sys.executable, "-m", "feed", *REPLAY.split(), "--seed", "7"]
    root = str(Path(__file__).parents[3])
    environments = [{**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": root} for seed in "12"]
    first, second = (subprocess.check_output(command, env=one) for one in environments)
    assert first == second
    assert json.loads(first)["session_id"] == "0000000000000007"


def test_a_session_is_replayed_by_its_id(replay: Replay) -> None:
    by_id = replay({}, "--session 00000000000000ff")
    assert by_id == replay({}, "--seed 255")
    assert by_id["session_id"] == "00000000000000ff"
    for wrong in ("ff", "zzzzzzzzzzzzzzzz"):
        with pytest.raises(SystemExit):
            replay({}, f"--session {wrong}")


def test_a_session_of_the_lab_is_replayed_with_its_seed_and_its_detail(replay: Replay) -> None:
    answer = replay({"seed": 7, "detail": True, "stored": False})
    assert answer["session_id"] == "0000000000000007"
    assert answer["detail"]["candidates"]


def test_a_stored_summary_and_a_readable_one_give_the_same_session(
    files: Path, replay: Replay
) -> None:
    liked = Engagement(id="a", episode_id="episode-4", type="like", timestamp_us=5)
    summary = Summary(engagements=newest([liked]), profile=Profile(muted_categories=("Bread",)))
    document = to_document(summary)
    for field in ("engagements", "seen"):
        document[field] = base64.b64encode(document[field]).decode()
    sent = {"id": "a", "episode_id": "episode-4", "type": "like"}
    readable = {
        "engagements": [{**sent, "timestamp": "1970-01-01T00:00:00.000005Z"}],
        "muted_categories": ["Bread"],
    }
    answers = []
    for one in (document, readable):
        (files / "summary.json").write_text(json.dumps(one))
        answers.append(replay({}, "--summary summary.json"))
    assert answers[0] == answers[1]
    assert answers[0]["user_vector_episodes"] == 1


def test_a_scenario_is_chosen_by_name_by_file_or_by_the_request(
    files: Path, replay: Replay, run: Run
) -> None:
    (files / "mine.toml").write_text('name = "mine"\n[selector]\nqueue = 4\n')
    assert replay({"scenario": "baseline"})["scenario"] == "baseline"
    assert replay({"scenario": "baseline"}, "--scenario films")["scenario"] == "films"
    mine = replay({"scenario": "baseline"}, "--scenario mine.toml")
    assert (mine["scenario"], mine["total_in_queue"]) == ("mine", 4)
    assert "baseline, films, for_you" in run(f"{REPLAY} --scenario nope", code=1)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("request.json", b'{"limit": 0}', "limit"),
        ("request.json", b"[", "request"),
        ("request.json", b"\xff", "request"),
        ("request.json", b"[" * 100_000, "request"),
        ("catalog.snapshot", b"", "empty"),
        ("catalog.snapshot", b"EARSHOT\nxx", "truncated"),
        ("catalog.snapshot", b"PK", "not a snapshot"),
        ("summary.json", b'{"engagements": "AA=="}', "packed"),
        ("summary.json", b'{"engagements": [{}]}', "episode_id"),
        ("scenario.toml", b"name = 3", "scenario"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(
    files: Path, run: Run, name: str, content: bytes, reason: str
) -> None:
    (files / "summary.json").write_text("{}")
    (files / "scenario.toml").write_text('name = "mine"')
    (files / name).write_bytes(content)
    options = "--summary summary.json --scenario scenario.toml"
    assert reason in run(f"{REPLAY} {options}", code=1)


def test_a_missing_file_and_a_time_without_a_zone_are_named(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "No such file" in run("inspect --snapshot nowhere", code=1)
    with pytest.raises(SystemExit):
        run(REPLAY.replace(NOW, "2026-01-01T00:00:00"))
    assert "a time with its zone" in capsys.readouterr().err


def test_inspect_prints_what_a_snapshot_contains(run: Run, catalog: Catalog) -> None:
    facts = json.loads(run("inspect --snapshot catalog.snapshot --json"))
    assert facts["counts"]["episodes"] == 400
    assert facts["embedding"] == {
        "model": "test",
        "dimension": 16,
        "coverage": round(float(catalog.embeddings.present.mean()), 4),
        "held": True,
    }
    assert sum(facts["categories"].values()) == len(catalog.category_members)
    assert facts["sections"]["embeddings"] == 400 * 16 * 4
    assert facts["published"]["first"] < facts["published"]["last"]
    readable = run("inspect --snapshot catalog.snapshot")
    assert catalog.version in readable
    assert "embeddings" in readable


def test_a_snapshot_without_vectors_is_inspected_and_replayed_with_a_note(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    without = catalog_of(episodes(60), keep_vectors=False)
    (files / "catalog.snapshot").write_bytes(encode(without))
    (files / "request.json").write_text('{"category_interests": ["Chess"]}')
    assert main(["inspect", "--snapshot", "catalog.snapshot", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["embedding"]["held"] is False
    assert facts["embedding"]["coverage"] > 0.9
    assert facts["sections"]["embeddings"] == 0
    assert main(REPLAY.split()) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["degraded"][0] == "vectors_unavailable"
    assert printed.err.startswith("note: the snapshot has no vectors")


def test_an_empty_catalog_can_be_inspected(files: Path, run: Run) -> None:
    (files / "empty").write_bytes(encode(catalog_of([])))
    facts = json.loads(run("inspect --snapshot empty --json"))
    assert facts["counts"]["episodes"] == 0
    assert facts["published"] is None


def test_assign_prints_the_arm_of_each_user(files: Path, run: Run) -> None:
    experiment = 'name = "autumn"\nshare = 0.5\n[arms]\nbaseline = 1\nfor_you = 1\n'
    (files / "autumn.toml").write_text(experiment)
    users = [f"user-{n}" for n in range(20)]
    printed = run("assign --experiment autumn.toml " + " ".join(users))
    pairs = [line.split("\t") for line in printed.splitlines()]
    assert [user for user, _ in pairs] == users
    assert {arm for _, arm in pairs} == {"baseline", "for_you", "-"}
    (files / "autumn.toml").write_text(experiment.replace("0.5", "5"))
    assert "$.share" in run("assign --experiment autumn.toml ada", code=1)


def test_a_replay_in_an_experiment_needs_its_arm_and_a_request_that_names_no_scenario(
    files: Path, replay: Replay, run: Run
) -> None:
    stamp = "--experiment autumn --scenario baseline"
    assert replay({}, stamp)["experiment"] == {"name": "autumn", "arm": "baseline"}
    assert "experiment" not in replay({}, "--scenario baseline")
    assert "expected --scenario" in run(f"{REPLAY} --experiment autumn", code=1)
    (files / "request.json").write_text('{"scenario": "baseline"}')
    assert "names its scenario" in run(f"{REPLAY} {stamp}", code=1)
