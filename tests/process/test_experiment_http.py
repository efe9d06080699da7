"""Each user gets the scenario of their arm of an experiment; answers and log say so."""

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


@pytest.fixture(scope="module")
def start(start_module_server: Start, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Start a server with an experiment, given as TOML."""
    folder = tmp_path_factory.mktemp("experiment")
    publish_to(folder / "shelf", catalog_of(episodes(200)))
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "mine.toml").write_text(MINE)

    def start(experiment: str = AUTUMN, **settings: str) -> Server:
        file = folder / "experiment.toml"
        file.write_text(experiment)
        settings = {"EXPERIMENT": str(file), "SHELF": str(folder / "shelf"), **settings}
        return start_module_server(SCENARIOS=str(folder / "scenarios"), **settings)

    return start


@pytest.fixture(scope="module")
def autumn(start: Start) -> Server:
    """A server with the experiment `AUTUMN`."""
    return start()


def stamps(server: Server, message: str) -> list[Any]:
    """What the log says of the experiment, by line."""
    return [one.get("experiment") for one in server.log_lines if one["message"] == message]


def test_each_user_gets_the_scenario_of_their_arm_and_answer_and_log_say_so(
    autumn: Server,
) -> None:
    assert USERS.keys() == {"baseline", "mine", None}
    created, next_ = "POST /api/sessions/create 200", "POST /api/sessions/{session_id}/next 200"
    before = len(stamps(autumn, created)), len(stamps(autumn, next_))
    sessions = {}
    for arm in ("baseline", "mine"):
        session = sessions[arm] = autumn.create(USERS[arm])
        stamp = {"name": "autumn", "arm": arm}
        assert (session["scenario"], session["experiment"]) == (arm, stamp)
        page = autumn.next_page(session, USERS[arm])
        assert (page["scenario"], page["experiment"]) == (arm, stamp)
    for session in (autumn.create(USERS[None]), autumn.create()):
        assert session["scenario"] == "for_you"
        assert "experiment" not in session
        assert "experiment" not in autumn.next_page(session, USERS[None])
    both = [{"name": "autumn", "arm": arm} for arm in ("baseline", "mine")]
    until(lambda: len(stamps(autumn, next_)) == before[1] + 4)
    assert stamps(autumn, created)[before[0] :] == [*both, None, None]
    assert stamps(autumn, next_)[before[1] :] == [*both, None, None]
    first, other = (sessions[arm]["episodes"] for arm in ("baseline", "mine"))
    assert [e["id"] for e in first] != [e["id"] for e in other]
    assert [e["final_score"] for e in first] != [e["final_score"] for e in other]


@pytest.mark.parametrize("named", ["for_you", "baseline"])
def test_a_request_that_names_its_scenario_takes_no_part(autumn: Server, named: str) -> None:
    session = autumn.create(USERS["baseline"], scenario=named)
    assert session["scenario"] == named
    assert "experiment" not in session


@pytest.mark.parametrize("later", ["name = 'winter'\n[arms]\nmine = 1\nfor_you = 1\n", ""])
def test_a_session_keeps_its_arm_and_stamp_when_the_experiment_changes_or_ends(
    start: Start, autumn: Server, later: str
) -> None:
    user = USERS["baseline"]
    session = autumn.create(user)
    expected = autumn.next_page(session, user)
    after = start(later) if later else start(EXPERIMENT="")
    page = after.next_page(session, user)
    assert page["experiment"] == {"name": "autumn", "arm": "baseline"}
    assert page["episodes"] == expected["episodes"]
    assert after.create(user).get("experiment", {}).get("name") == ("winter" if later else None)


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
