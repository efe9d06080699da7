"""`python -m evaluation` on a small synthetic dataset."""

import json
import math
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evaluation.data.synthetic.dataset import (
    SyntheticData,
    SyntheticSize,
    episodes_jsonl,
    synthetic_data,
)
from evaluation.offline.baselines import BASELINES
from feed.scenarios.scenario import parse
from tests.support.evaluation_command import Done, files, outside, refused, run, write

SIZE = SyntheticSize(shows=12, episodes=120, users=40, events_per_user=12)
CASE = """
about = "A person hears more of the same."
kind = "functionality"
[[engagements]]
category = "Music"

[[expect]]
check = "share"
where = { category = "Music" }
at_least = 0.5
"""
SPACE = """
[objective]
mrr = 1
[parameters]
"blend.similarity" = { low = 0.1, high = 2, log = true }
"blend.neighbours" = { low = 0.01, high = 1 }
"""


@pytest.fixture(scope="module")
def made() -> SyntheticData:
    return synthetic_data(SIZE)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, made: SyntheticData) -> Path:
    return write(tmp_path_factory.mktemp("data"), made)


def numbers(found: dict[str, Any]) -> dict[str, float]:
    """The metrics of one ranking, once their form is right."""
    intervals = found.pop("ci")
    for name in ("users", "segments", "history", "verdict", "best_list", "against"):
        found.pop(name, None)
    assert found.keys() == intervals.keys()
    for name, value in found.items():
        low, high = intervals[name]
        assert isinstance(value, float)
        assert math.isfinite(value)
        assert low <= value <= high
    return found


def test_offline_compares_scenarios_and_baselines_in_a_table_and_in_json(
    data: Path, tmp_path: Path
) -> None:
    words = ["offline", *files(data), "--scenario", "for_you", "--scenario", "baseline"]
    out = tmp_path / "found.json"
    shown = run(*words, "--k", "20,10,5", "--json", out)
    header, *rows = shown.stdout.split("\n\n")[0].splitlines()
    names = [row.split()[0] for row in rows]
    found = json.loads(out.read_bytes())
    assert names == list(found)
    assert names[:2] == ["for_you", "baseline"]
    assert names[2:] == [one.name for one in BASELINES]
    asked = {one["users"] for one in found.values()}
    assert [f"{users} users" for users in asked] == [" ".join(header.split()[:2])]
    for one in map(numbers, found.values()):
        assert one.keys() >= {"recall@5", "recall@20", "ndcg@10", "mrr", "coverage@20"}
        assert one["recall@5"] <= one["recall@10"] <= one["recall@20"]
        unseen = one.keys() - set(header.split()[2:])
        assert all(name.endswith("_no_exploration") for name in unseen)

    again = tmp_path / "again.json"
    assert run(*words, "--k", "5,10,20", "--json", again).stdout == shown.stdout
    assert again.read_bytes() == out.read_bytes()


def test_offline_splits_the_interactions_without_a_test_file(
    data: Path, tmp_path: Path, made: SyntheticData
) -> None:
    out = tmp_path / "found.json"
    words = ["offline", *files(data, test=False), "--scenario", "for_you", "--json", out]
    done = run(*words, "--cut", "0.7")
    assert f"{int(len(made.train) * 0.7):,} events" in done.stderr
    assert numbers(json.loads(out.read_bytes())["for_you"])["recall@20"] > 0


def test_cuts_are_pooled_and_exploration_can_be_left_out(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    words = ["offline", *files(data, test=False), "--scenario", "films", "--json", out]
    run(*words, "--cut", "0.8")
    one = json.loads(out.read_bytes())["films"]
    assert one["coverage@20"] != one["coverage@20_no_exploration"]
    run(*words, "--cut", "0.7,0.8", "--no-exploration")
    two = json.loads(out.read_bytes())["films"]
    assert two["users"] > one["users"]
    assert two["coverage@20"] == two["coverage@20_no_exploration"]
    run(*words, "--protocol", "last")
    last = json.loads(out.read_bytes())["films"]
    assert last["users"] >= one["users"]
    assert (
        sum(last["segments"][name]["users"] for name in ("head", "middle", "tail")) == last["users"]
    )
    assert last["verdict"] in {"better", "not better"}


def test_inputs_that_cannot_be_read_are_refused(data: Path, tmp_path: Path) -> None:
    words, out = files(data), tmp_path / "found.json"
    refused(
        run("offline", *words, "--scenario", "best", code=1),
        r"scenario 'best': expected a \.toml file or one of .*for_you",
    )
    (tmp_path / "test.csv").write_text("user_id,episode_id,type,timestamp\nu,e,like,soon\n")
    bad = [*words[:-1], tmp_path / "test.csv"]
    done = run("offline", *bad, "--scenario", "for_you", "--json", out, code=1)
    refused(done, r"test\.csv:2: timestamp: expected RFC")
    assert not out.exists()
    words[1] = tmp_path / "none.jsonl"
    refused(run("offline", *words, "--scenario", "films", code=1), r"none\.jsonl: No such file")


def test_cases_of_a_folder_are_run_and_a_failing_one_is_an_error(tmp_path: Path) -> None:
    cases, out = tmp_path / "cases", tmp_path / "found.json"
    cases.mkdir()
    (cases / "good.toml").write_text(CASE)
    scenario = 'name = "mine"\ndescription = "Nothing but quality."\n[blend]\nsimilarity = 0\n'
    (cases / "scenarios").mkdir()
    (cases / "scenarios" / "mine.toml").write_text(scenario)
    words = ["behaviour", "--cases", cases, "--scenarios", cases / "scenarios", "--json", out]
    assert "1 hold, 0 do not" in run(*words).stdout
    assert json.loads(out.read_bytes())["good"]["status"] == "pass"

    (cases / "bad.toml").write_text('scenario = "mine"\n' + CASE)
    shown = run(*words, code=1).stdout
    assert "1 hold, 1 do not" in shown
    assert re.search(
        r"^fail +bad +functionality +mine +\d of the first 10 are Music", shown, re.MULTILINE
    )
    found = json.loads(out.read_bytes())
    assert {name: one["status"] for name, one in found.items()} == {"bad": "fail", "good": "pass"}


def test_a_report_is_one_page_without_external_resources(
    data: Path, made: SyntheticData, tmp_path: Path
) -> None:
    odd = replace(
        made,
        episodes=[
            one | {"title": f"<script>alert({n})</script>"} for n, one in enumerate(made.episodes)
        ],
    )
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "mine <b>.toml").write_text(CASE)
    (tmp_path / "episodes.jsonl").write_bytes(episodes_jsonl(odd))
    out = tmp_path / "out" / "report.html"
    words = [*files(data), "--scenario", "for_you", "--scenario", "baseline"]
    words[1] = tmp_path / "episodes.jsonl"
    words += ["--cases", tmp_path / "case", "--json", tmp_path / "found.json"]
    done = run("report", *words, "--out", out)
    page = out.read_text()
    assert page.startswith("<!doctype html>")
    assert page.count("<html") == page.count("</html>") == 1
    assert outside(page) == []
    for name in (
        *json.loads((tmp_path / "found.json").read_bytes()),
        "recall@20",
        "mine &lt;b&gt;",
    ):
        assert name in page
    assert "<svg" in page
    assert "&lt;script&gt;alert(" in page
    links = set(re.findall(r'<a href="#([^"]+)"', page))
    assert links <= set(re.findall(r'id="([^"]+)"', page))
    assert str(out) in done.stdout
    assert [one.name for one in out.parent.iterdir()] == ["report.html"]


def tune(data: Path, folder: Path, *more: str, code: int = 0) -> Done:
    folder.mkdir(exist_ok=True)
    (folder / "space.toml").write_text(SPACE)
    out = ["--out", folder / "mine.toml", "--report", folder / "r.html"]
    words = [*files(data, test=False), "--space", folder / "space.toml", *out]
    return run("tune", *words, "--record", folder / "trials.jsonl", *more, code=code)


def test_an_interrupted_search_resumes_and_ends_as_an_uninterrupted_one(
    data: Path, tmp_path: Path
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    tune(data, whole, "--trials", "6", "--users", "10")
    recorded = (whole / "trials.jsonl").read_bytes()
    lines = recorded.splitlines(keepends=True)
    assert len(lines) == 1 + 6

    cut.mkdir()
    (cut / "trials.jsonl").write_bytes(b"".join(lines[:5]) + lines[5][:20])
    done = tune(data, cut, "--trials", "6", "--users", "10")
    assert "resuming after 4 trials" in done.stderr
    for name in ("trials.jsonl", "mine.toml", "r.html"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes()

    text = (whole / "mine.toml").read_text()
    assert parse(text).name == tomllib.loads(text)["name"] == "mine"
    objective = [json.loads(line)["metrics"]["mrr"] for line in lines[1:]]
    assert f"objective {max(objective):.4f}, start {objective[0]:.4f}" in done.stdout
    assert outside((whole / "r.html").read_text()) == []

    other = tune(data, whole, "--trials", "6", "--users", "10", "--seed", "1", code=1)
    assert "trials.jsonl: its trials are of another search" in other.stderr.splitlines()[-1]
    assert (whole / "trials.jsonl").read_bytes() == recorded


def test_counterfactual_estimates_the_reward_of_another_policy(tmp_path: Path) -> None:
    log, out = tmp_path / "log.jsonl", tmp_path / "found.json"
    lines = [
        {"propensity": 0.8, "reward": 0, "policies": {"other": 0.2}},
        {"propensity": 0.2, "reward": 1, "policies": {"other": 0.8}},
    ]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    shown = run("counterfactual", "--log", log, "--clip", "2", "--json", out).stdout
    found = json.loads(out.read_bytes())
    assert found["(as logged)"]["ips"] == 0.5
    assert found["other"]["ips"] == 1  # 2, clipped, of two
    assert found["other"]["clipped"] == 0.5
    assert "2 decisions for 2 users" in shown
    log.write_text(log.read_text().replace("0.8, ", "1.8, ", 1))
    refused(run("counterfactual", "--log", log, code=1), r"log\.jsonl:1: .*propensity")
