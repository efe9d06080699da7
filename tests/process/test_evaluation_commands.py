"""`python -m evaluation` as people run it, on a small made-up world."""

import json
import math
import re
import subprocess
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evaluation.behaviour import CASES
from evaluation.data.synthetic import SyntheticData, SyntheticSize, episodes_jsonl, synthetic_data
from feed.scenarios.scenario import parse
from tests.support.evaluation_command import files, outside, refused, run, write

SIZE = SyntheticSize(shows=12, episodes=120, users=80, events_per_user=12)
HEAD = "user_id,episode_id,type,timestamp\n"
NEAR = '[[engagements]]\ncategory = "Music"\n'
CASE = f"""
about = "A person hears more of the same."
kind = "functionality"
{NEAR}
[[expect]]
check = "share"
where = {{ category = "Music" }}
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
    found.pop("users")
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
    header, *rows = shown.stdout.splitlines()
    names = [row.split()[0] for row in rows]
    found = json.loads(out.read_bytes())
    assert names == list(found)
    assert names[:2] == ["for_you", "baseline"]
    assert set(names[2:]) == {"popularity", "recent_popularity", "neighbours", "content"}
    asked = {one["users"] for one in found.values()}
    assert [f"{users} users" for users in asked] == [" ".join(header.split()[:2])]
    for one in map(numbers, found.values()):
        assert one.keys() >= {"recall@5", "recall@20", "ndcg@10", "mrr", "coverage@20"}
        assert one["recall@5"] <= one["recall@10"] <= one["recall@20"]
        assert set(header.split()[2:]) == one.keys()

    again = tmp_path / "again.json"
    assert run(*words, "--k", "5,10,20", "--json", again).stdout == shown.stdout
    assert again.read_bytes() == out.read_bytes()


def test_offline_cuts_the_interactions_itself_where_there_is_no_test(
    data: Path, tmp_path: Path, made: SyntheticData
) -> None:
    out = tmp_path / "found.json"
    words = ["offline", *files(data, test=False), "--scenario", "for_you", "--json", out]
    done = run(*words, "--cut", "0.7")
    assert f"{int(len(made.train) * 0.7):,} events" in done.stderr
    assert numbers(json.loads(out.read_bytes())["for_you"])["recall@20"] > 0


def test_what_happened_before_1970_is_replayed_like_anything_else(
    made: SyntheticData, tmp_path: Path
) -> None:
    def earlier(text: str) -> str:
        return str(int(text[:4]) - 90) + text[4:]

    old = replace(
        made,
        episodes=[one | {"published_at": earlier(one["published_at"])} for one in made.episodes],
        train=[(u, e, kind, earlier(when), p) for u, e, kind, when, p in made.train],
        test=[(u, e, kind, earlier(when), p) for u, e, kind, when, p in made.test],
    )
    out = tmp_path / "found.json"
    words = files(write(tmp_path / "old", old))
    done = run("offline", *words, "--scenario", "films", "--json", out)
    assert "until 1936-01-" in done.stderr
    assert numbers(json.loads(out.read_bytes())["films"])["recall@20"] > 0


@pytest.mark.parametrize(
    ("train", "test", "said"),
    [
        ("user_id,episode_id,type\nu,e,like\n", HEAD, r"train\.csv:1: timestamp: expected one"),
        (HEAD + "u,e,like,0\nu,e,play,0\n", HEAD, r"train\.csv:3: type: expected one of click, "),
        (HEAD + "u,e,like,0\n", HEAD + "u,e,like,soon\n", r"test\.csv:2: timestamp: expected RFC"),
        (HEAD + "u,e,like,0\n", HEAD + "u,e\n", r"test\.csv:2: expected 4 fields, got 2"),
    ],
)
def test_offline_refuses_what_it_cannot_read_by_file_line_and_field(
    data: Path, tmp_path: Path, train: str, test: str, said: str
) -> None:
    (tmp_path / "train.csv").write_text(train)
    (tmp_path / "test.csv").write_text(test)
    (tmp_path / "episodes.jsonl").write_bytes((data / "episodes.jsonl").read_bytes())
    out = tmp_path / "found.json"
    words = ["offline", *files(tmp_path), "--scenario", "for_you", "--json", out]
    refused(run(*words, code=1), said)
    assert not out.exists()


def test_what_is_named_and_is_not_there_is_refused(data: Path, tmp_path: Path) -> None:
    words = files(data)
    refused(
        run("offline", *words, "--scenario", "best", code=1),
        r"scenario 'best': expected a \.toml file or one of .*for_you",
    )
    words[1] = tmp_path / "none.jsonl"
    refused(run("offline", *words, "--scenario", "films", code=1), r"none\.jsonl: No such file")


def test_the_shipped_cases_hold(tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    done = run("behaviour", "--json", out, code=None)
    found = json.loads(out.read_bytes())
    assert found.keys() == {path.stem for path in CASES.glob("*.toml")}
    failed = {name: one["checks"] for name, one in found.items() if one["status"] == "fail"}
    assert done.returncode == bool(failed)
    failed.pop("latency", None)  # how fast a machine is that runs tests says nothing
    assert failed == {}
    assert len(done.stdout.splitlines()) == len(found) + 3


def test_a_folder_of_ones_own_cases_is_run_and_one_that_fails_is_an_error(tmp_path: Path) -> None:
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


def test_a_case_with_a_key_that_means_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text(CASE.replace("at_least", "at_lest"))
    refused(
        run("behaviour", "--cases", tmp_path, code=1),
        r"odd\.toml: .*`at_lest` - at `\$\.expect\[0\]`",
    )


def test_a_report_is_one_page_that_loads_nothing(
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


def tune(data: Path, folder: Path, *more: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    (folder / "space.toml").write_text(SPACE)
    out = ["--out", folder / "mine.toml", "--report", folder / "r.html"]
    words = [*files(data, test=False), "--space", folder / "space.toml", *out]
    return run("tune", *words, "--record", folder / "trials.jsonl", *more, code=code)


def test_a_search_that_was_cut_off_ends_where_one_that_was_not_does(
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
    assert "goes on after 4 trials" in done.stderr
    for name in ("trials.jsonl", "mine.toml", "r.html"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes()

    text = (whole / "mine.toml").read_text()
    assert parse(text).name == tomllib.loads(text)["name"] == "mine"
    worth = [json.loads(line)["metrics"]["mrr"] for line in lines[1:]]
    assert f"worth {max(worth):.4f}, as it was {worth[0]:.4f}" in done.stdout
    assert outside((whole / "r.html").read_text()) == []

    other = tune(data, whole, "--trials", "6", "--users", "10", "--seed", "1", code=1)
    assert "trials.jsonl: its trials are of another search" in other.stderr.splitlines()[-1]
    assert (whole / "trials.jsonl").read_bytes() == recorded


def test_what_cannot_be_searched_is_refused_by_its_path(data: Path, tmp_path: Path) -> None:
    (tmp_path / "space.toml").write_text(SPACE.replace("blend.similarity", "blend.luck"))
    words = ["tune", *files(data, test=False), "--space", tmp_path / "space.toml", "--trials", "2"]
    out = ["--out", tmp_path / "a.toml", "--report", tmp_path / "a.html"]
    done = run(*words, *out, "--record", tmp_path / "a.jsonl", code=1)
    refused(done, r"space\.toml: .*luck")
    assert [one.name for one in tmp_path.iterdir()] == ["space.toml"]


def test_a_log_of_decisions_says_what_another_policy_would_have_earned(tmp_path: Path) -> None:
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
