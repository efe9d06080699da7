"""An experiment: each user gets the scenario of their arm, and everything says so."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from feed.scenarios.experiment import assign, parse
from tests.support.catalogs import catalog_of, episodes, publish_to
from tests.support.server import ROOT, Server, until

Start = Callable[..., Server]

AUTUMN = 'name = "autumn"\nshare = 0.7\n[arms]\nbaseline = 1\nmine = 1\n'
MINE = 'name = "mine"\n[blend]\nrecency = 5\n'
USERS = {assign(parse(AUTUMN), user): user for user in map("user-{}".format, range(50))}
"""a user of each arm, and under None one who does not take part"""


@pytest.fixture
def start(start_server: Start, tmp_path: Path) -> Start:
    """Start a server with an experiment, given as TOML."""
    publish_to(tmp_path / "shelf", catalog_of(episodes(200)))
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "mine.toml").write_text(MINE)

    def start(experiment: str = AUTUMN, **settings: str) -> Server:
        file = tmp_path / "experiment.toml"
        file.write_text(experiment)
        given = {"EXPERIMENT": str(file), "SCENARIOS": str(tmp_path / "scenarios"), **settings}
        return start_server(**given)

    return start


def stamps(server: Server, message: str) -> list[Any]:
    """What the log says of the experiment, by line."""
    return [one.get("experiment") for one in server.log_lines if one["message"] == message]


def test_each_user_gets_the_scenario_of_their_arm_and_answer_and_log_say_so(start: Start) -> None:
    server = start()
    assert USERS.keys() == {"baseline", "mine", None}
    for arm in ("baseline", "mine"):
        session = server.create(USERS[arm])
        stamp = {"name": "autumn", "arm": arm}
        assert (session["scenario"], session["experiment"]) == (arm, stamp)
        assert server.create(USERS[arm])["experiment"] == stamp
        page = server.next_page(session, USERS[arm])
        assert (page["scenario"], page["experiment"]) == (arm, stamp)
    both = [{"name": "autumn", "arm": arm} for arm in ("baseline", "mine")]
    created, next_ = "POST /api/sessions/create 200", "POST /api/sessions/{session_id}/next 200"
    until(lambda: len(stamps(server, next_)) == 2)
    assert stamps(server, created) == [both[0], both[0], both[1], both[1]]
    assert stamps(server, next_) == both


def test_the_arms_rank_differently(start: Start) -> None:
    server = start()
    first, other = (server.create(USERS[arm])["episodes"] for arm in ("baseline", "mine"))
    assert [e["id"] for e in first] != [e["id"] for e in other]
    assert [e["final_score"] for e in first] != [e["final_score"] for e in other]


def test_who_takes_no_part_gets_the_default_and_no_stamp(start: Start) -> None:
    server = start()
    for session in (server.create(USERS[None]), server.create()):
        assert session["scenario"] == "for_you"
        assert "experiment" not in session
        assert "experiment" not in server.next_page(session, USERS[None])
    until(lambda: len(stamps(server, "POST /api/sessions/create 200")) == 2)
    assert stamps(server, "POST /api/sessions/create 200") == [None, None]


@pytest.mark.parametrize("named", ["for_you", "baseline"])
def test_a_scenario_that_a_request_names_wins_and_is_outside(start: Start, named: str) -> None:
    session = start().create(USERS["baseline"], scenario=named)
    assert session["scenario"] == named
    assert "experiment" not in session


@pytest.mark.parametrize("later", ["name = 'winter'\n[arms]\nmine = 1\nfor_you = 1\n", ""])
def test_a_session_keeps_its_arm_and_stamp_when_the_experiment_changes_or_ends(
    start: Start, later: str
) -> None:
    user = USERS["baseline"]
    before = start()
    session = before.create(user)
    expected = before.next_page(session, user)
    before.kill()
    after = start(later) if later else start(EXPERIMENT="")
    page = after.next_page(session, user)
    assert page["experiment"] == {"name": "autumn", "arm": "baseline"}
    assert page["episodes"] == expected["episodes"]
    assert after.create(user).get("experiment", {}).get("name") == ("winter" if later else None)


@pytest.mark.parametrize(
    ("experiment", "settings", "named"),
    [
        (AUTUMN + "nonsense = 1\n", {}, r"experiment\.toml: arm nonsense: expected one of .*mine"),
        (AUTUMN, {"SCENARIOS": ""}, r"experiment\.toml: arm mine: expected one of"),
        ("shrae = 1\n" + AUTUMN, {}, r"experiment\.toml: experiment: .*shrae"),
        (AUTUMN.replace("0.7", "7"), {}, r"experiment\.toml: experiment: .*\$\.share"),
        (AUTUMN, {"EXPERIMENT": "nowhere.toml"}, r"nowhere\.toml: No such file"),
        (AUTUMN, {"AUTH": "none"}, "with AUTH=none"),
    ],
)
def test_an_experiment_that_cannot_be_run_refuses_the_start(
    start: Start, experiment: str, settings: dict[str, str], named: str
) -> None:
    with pytest.raises(RuntimeError, match=rf"Earshot cannot start: EXPERIMENT: .*{named}"):
        start(experiment, **settings)


def test_the_log_becomes_decisions_as_the_docs_say(start: Start, tmp_path: Path) -> None:
    server = start()
    for _ in range(3):
        for arm, user in USERS.items():
            session = server.create(user)
            server.next_page(session, user)
            if arm == "mine":
                path = f"/api/sessions/{session['session_id']}/engage"
                card = session["episodes"][0]
                body = {"episode_id": card["id"], "type": "listen"}
                assert server.call("POST", path, body, user).status_code == 201
    until(lambda: sum("/engage 201" in line["message"] for line in server.log_lines) == 3)

    docs = (ROOT / "docs" / "experiments.md").read_text()
    (script,) = re.findall(
        r"^```python\n(# decisions\.py\n.*?)^```", docs, re.MULTILINE | re.DOTALL
    )
    script, count = re.subn(
        r"\{\"for_you\": 1, \"baseline\": 1\}", '{"mine": 1, "baseline": 1}', script
    )
    assert count == 1
    # Cloud Logging moves `httpRequest` out of what was written, and nothing else that is read here.
    cloud = [
        {"httpRequest": line.pop("httpRequest", None), "jsonPayload": line}
        for line in server.log_lines
    ]
    for lines in (cloud, server.log_lines):
        done = subprocess.run(
            [sys.executable, "-c", script],
            input=json.dumps(lines),
            capture_output=True,
            check=True,
            text=True,
        )
        decisions = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(decisions) == 6
        for one in decisions:
            assert one["propensity"] == 0.5
            assert one["reward"] == one["policies"]["mine"] == 1 - one["policies"]["baseline"]

    (tmp_path / "decisions.jsonl").write_text(done.stdout)
    command = [sys.executable, "-m", "evaluation", "counterfactual", "--json", "found.json"]
    subprocess.run(
        [*command, "--log", "decisions.jsonl"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
    )
    found = json.loads((tmp_path / "found.json").read_text())
    assert (found["mine"]["snips"], found["baseline"]["snips"]) == (1, 0)
