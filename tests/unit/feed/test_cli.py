import base64
import json
import os
import subprocess
import sys
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


@pytest.fixture
def snapshot(tmp_path: Path, catalog: Catalog) -> Path:
    path = tmp_path / "one.snapshot"
    path.write_bytes(encode(catalog))
    return path


def replayed(
    capsys: pytest.CaptureFixture[str], snapshot: Path, request: Any, *options: str
) -> dict[str, Any]:
    file = snapshot.parent / "request.json"
    file.write_text(json.dumps(request))
    arguments = ["replay", "--snapshot", str(snapshot), "--request", str(file), "--now", NOW]
    assert main([*arguments, *options]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def failed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 1
    said = capsys.readouterr()
    assert not said.out
    return said.err


def test_replay_prints_one_object_with_the_whole_queue(
    capsys: pytest.CaptureFixture[str], snapshot: Path
) -> None:
    answer = replayed(capsys, snapshot, {"limit": 3})
    assert len(answer["episodes"]) == 3
    assert len(answer["queue"]) == answer["total_in_queue"] > 20
    assert [e["id"] for e in answer["episodes"]] == [e["id"] for e in answer["queue"][:3]]
    assert answer["queue"][5].keys() >= {
        "id",
        "similarity_score",
        "quality_score",
        "recency_score",
        "final_score",
        "queue_position",
        "reason",
    }
    assert answer["scenario"] == "for_you"


def test_replay_gives_the_same_bytes_in_every_process(snapshot: Path) -> None:
    request = snapshot.parent / "request.json"
    request.write_text('{"category_interests": ["Chess"], "trace": true}')
    command = [sys.executable, "-m", "feed", "replay", "--now", NOW, "--seed", "7"]
    command += ["--snapshot", str(snapshot), "--request", str(request)]
    environments = ({**os.environ, "PYTHONHASHSEED": seed} for seed in "12")
    runs = {subprocess.check_output(command, env=e) for e in environments}
    assert len(runs) == 1
    assert json.loads(runs.pop())["session_id"] == "0000000000000007"


def test_a_session_is_replayed_by_its_own_id(
    capsys: pytest.CaptureFixture[str], snapshot: Path
) -> None:
    by_id = replayed(capsys, snapshot, {}, "--session", "00000000000000ff")
    assert by_id == replayed(capsys, snapshot, {}, "--seed", "255")
    assert by_id["session_id"] == "00000000000000ff"
    for wrong in ("ff", "zzzzzzzzzzzzzzzz"):
        with pytest.raises(SystemExit):
            replayed(capsys, snapshot, {}, "--session", wrong)


def test_a_session_of_the_lab_is_replayed_with_its_seed_and_its_detail(
    capsys: pytest.CaptureFixture[str], snapshot: Path
) -> None:
    request = {"seed": 7, "detail": True, "stored": False}
    answer = replayed(capsys, snapshot, request)
    assert answer["session_id"] == "0000000000000007"
    assert answer["detail"]["candidates"]


def test_a_stored_summary_and_a_readable_one_give_the_same_session(
    capsys: pytest.CaptureFixture[str], snapshot: Path
) -> None:
    liked = Engagement(id="a", episode_id="episode-4", type="like", timestamp_us=5)
    summary = Summary(engagements=newest([liked]), profile=Profile(muted_categories=("Bread",)))
    document = to_document(summary)
    document["engagements"] = base64.b64encode(document["engagements"]).decode()
    readable = {
        "engagements": [
            {
                "id": "a",
                "episode_id": "episode-4",
                "type": "like",
                "timestamp": "1970-01-01T00:00:00.000005Z",
            }
        ],
        "muted_categories": ["Bread"],
    }
    answers = []
    for one in (document, readable):
        file = snapshot.parent / "summary.json"
        file.write_text(json.dumps(one))
        answers.append(replayed(capsys, snapshot, {}, "--summary", str(file)))
    assert answers[0] == answers[1]
    assert answers[0]["user_vector_episodes"] == 1


def test_a_scenario_is_chosen_by_name_by_file_or_by_the_request(
    capsys: pytest.CaptureFixture[str], snapshot: Path
) -> None:
    file = snapshot.parent / "mine.toml"
    file.write_text('name = "mine"\n[selector]\nqueue = 4\n')
    assert replayed(capsys, snapshot, {"scenario": "baseline"})["scenario"] == "baseline"
    mine = replayed(capsys, snapshot, {"scenario": "baseline"}, "--scenario", str(file))
    assert (mine["scenario"], mine["total_in_queue"]) == ("mine", 4)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("request", b'{"limit": 0}', "limit"),
        ("request", b"[", "request"),
        ("request", b"\xff", "request"),
        ("request", b"[" * 100_000, "request"),
        ("snapshot", b"", "empty"),
        ("snapshot", b"EARSHOT\nxx", "truncated"),
        ("snapshot", b"PK", "not a snapshot"),
        ("summary", b'{"engagements": "AA=="}', "packed"),
        ("summary", b'{"engagements": [{}]}', "episode_id"),
        ("scenario", b"name = 3", "scenario"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(
    capsys: pytest.CaptureFixture[str], snapshot: Path, name: str, content: bytes, reason: str
) -> None:
    files = {
        "snapshot": snapshot,
        "request": snapshot.parent / "request.json",
        "summary": snapshot.parent / "summary.json",
        "scenario": snapshot.parent / "scenario.toml",
    }
    files["request"].write_text("{}")
    files["summary"].write_text("{}")
    files["scenario"].write_text('name = "mine"')
    files[name].write_bytes(content)
    options = [text for key, path in files.items() for text in (f"--{key}", str(path))]
    assert reason in failed(capsys, "replay", "--now", NOW, *options)


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "No such file" in failed(capsys, "inspect", "--snapshot", "nowhere")


def test_an_unknown_scenario_is_answered_with_those_there_are(
    capsys: pytest.CaptureFixture[str], snapshot: Path
) -> None:
    (snapshot.parent / "r.json").write_text("{}")
    options = ["--snapshot", str(snapshot), "--request", str(snapshot.parent / "r.json")]
    said = failed(capsys, "replay", *options, "--now", NOW, "--scenario", "nope")
    assert "baseline, films, for_you" in said


def test_a_time_without_a_zone_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["replay", "--snapshot", "s", "--request", "r", "--now", "2026-01-01T00:00:00"])
    assert "a time with its zone" in capsys.readouterr().err


def test_inspect_tells_what_is_inside(
    capsys: pytest.CaptureFixture[str], snapshot: Path, catalog: Catalog
) -> None:
    assert main(["inspect", "--snapshot", str(snapshot), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
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
    assert main(["inspect", "--snapshot", str(snapshot)]) == 0
    readable = capsys.readouterr().out
    assert catalog.version in readable
    assert "embeddings" in readable


def test_a_snapshot_without_vectors_says_so_where_it_is_inspected_and_replayed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    snapshot = tmp_path / "blind.snapshot"
    snapshot.write_bytes(encode(catalog_of(episodes(60), keep_vectors=False)))
    assert main(["inspect", "--snapshot", str(snapshot), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["embedding"]["held"] is False
    assert facts["embedding"]["coverage"] > 0.9
    assert facts["sections"]["embeddings"] == 0
    (tmp_path / "request.json").write_text('{"category_interests": ["Chess"]}')
    request = ["--request", str(tmp_path / "request.json"), "--now", NOW]
    assert main(["replay", "--snapshot", str(snapshot), *request]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["degraded"][0] == "vectors_unavailable"
    assert said.err.startswith("note: the snapshot has no vectors")


def test_an_empty_catalog_can_be_inspected(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "empty").write_bytes(encode(catalog_of([])))
    assert main(["inspect", "--snapshot", str(tmp_path / "empty"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["counts"]["episodes"] == 0
    assert facts["published"] is None


EXPERIMENT = 'name = "autumn"\nshare = 0.5\n[arms]\nbaseline = 1\nfor_you = 1\n'


def test_assign_says_who_is_in_which_arm(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "autumn.toml"
    file.write_text(EXPERIMENT)
    users = [f"user-{n}" for n in range(20)]
    assert main(["assign", "--experiment", str(file), *users]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines] == users
    assert {line.split("\t")[1] for line in lines} == {"baseline", "for_you", "-"}
    file.write_text(EXPERIMENT.replace("0.5", "5"))
    assert "$.share" in failed(capsys, "assign", "--experiment", str(file), "ada")


def test_a_replay_in_an_experiment_needs_its_arm_and_a_request_that_names_no_scenario(
    capsys: pytest.CaptureFixture[str], snapshot: Path
) -> None:
    stamp = ("--experiment", "autumn", "--scenario", "baseline")
    answer = replayed(capsys, snapshot, {}, *stamp)
    assert answer["experiment"] == {"name": "autumn", "arm": "baseline"}
    assert "experiment" not in replayed(capsys, snapshot, {}, *stamp[2:])
    file = snapshot.parent / "request.json"
    common = ("replay", "--snapshot", str(snapshot), "--request", str(file), "--now", NOW)
    assert "expected --scenario" in failed(capsys, *common, *stamp[:2])
    file.write_text('{"scenario": "baseline"}')
    assert "names its scenario" in failed(capsys, *common, *stamp)
