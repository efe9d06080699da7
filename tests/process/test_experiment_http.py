"""Each user gets the scenario of their arm of an experiment; answers and log say so."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from feed.scenarios.experiment import assign, parse
from tests.support.catalogs import catalog_of, episodes, publish_to
from tests.support.evaluation_command import run
from tests.support.server import Server

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


def stamps(server: Server, message: str, count: int, since: int) -> list[Any]:
    """What the log says of the experiment, by line, once it has as many lines of a message."""
    lines = server.logged(lambda one: one["message"] == message, count, since)
    return [one.get("experiment") for one in lines]


def test_each_user_gets_the_scenario_of_their_arm_and_answer_and_log_say_so(
    autumn: Server,
) -> None:
    assert USERS.keys() == {"baseline", "mine", None}
    created, next_ = "POST /api/sessions/create 200", "POST /api/sessions/{session_id}/next 200"
    before = autumn.mark()
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
    assert stamps(autumn, created, 4, before) == [*both, None, None]
    assert stamps(autumn, next_, 4, before) == [*both, None, None]
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


def test_without_decisions_the_log_names_no_episode(start: Start) -> None:
    server = start(LOG_DECISIONS="false", LOG_PARTS="1")
    first = server.create("ada")
    one = first["episodes"][0]["id"]
    server.next_page(first, "ada")
    seen = {"session_id": first["session_id"], "seen": [{"episode_id": one}]}
    server.call("POST", "/api/me/impressions", seen, "ada")
    server.engage("ada", episode_id=one, type="like")
    assert server.logged(lambda line: "engagements 201" in line["message"])
    assert "episode-" not in server.output


def test_the_report_finds_in_the_log_what_listeners_did(start: Start, tmp_path: Path) -> None:
    server = start()
    arms = ("mine", "baseline")
    listeners = [USERS["mine"], *(f"listener-{number}" for number in range(20))]
    arm_of = {one: arm for one in listeners if (arm := assign(parse(AUTUMN), one))}
    for user, arm in arm_of.items():
        session = server.create(user, limit=4)
        page = server.next_page(session, user)
        ids = [one["id"] for one in session["episodes"]]
        seen = {"session_id": session["session_id"], "seen": [{"episode_id": ids[0]}]}
        server.call("POST", "/api/me/impressions", seen, user)
        path = f"/api/sessions/{session['session_id']}/engage"
        server.call("POST", path, {"episode_id": ids[0], "type": "bookmark"}, user)
        if arm == "mine":
            server.call("POST", path, {"episode_id": ids[1], "type": "listen"}, user)
            last = page["episodes"][-1]["id"]  # on the second page, and sent without its session
            server.engage(user, episode_id=last, type="complete")
            if user == USERS["mine"]:
                server.call("POST", path, {"episode_id": ids[2], "type": "click"}, user)
    server.create()
    lines = 2 * len(arm_of) + 1
    assert len(server.logged(lambda line: "shown" in line, lines)) == lines
    (tmp_path / "log.jsonl").write_text(server.output)
    experiment = tmp_path / "autumn.toml"
    experiment.write_text(AUTUMN)

    words = ["--logs", tmp_path / "log.jsonl", "--experiment", experiment, "--control", "baseline"]
    outputs = ["--json", tmp_path / "found.json", "--page", tmp_path / "found.html"]
    done = run("online", *words, *outputs)
    found = json.loads((tmp_path / "found.json").read_text())
    (report,) = found["experiments"]
    groups = {one["name"]: one for one in report["arms"]}
    for arm in arms:
        users = sum(one == arm for one in arm_of.values())
        assert groups[arm]["users"] == groups[arm]["sessions"] == users
        assert groups[arm]["shown"] == 14 * users
    value = {
        arm: {name: one["value"] for name, one in groups[arm]["metrics"].items()} for arm in arms
    }
    users = groups["mine"]["users"]
    assert value["mine"]["click_through"] == pytest.approx((2 * users + 1) / (14 * users))
    assert value["baseline"]["click_through"] == 0
    assert [value[arm]["saves"] for arm in arms] == [pytest.approx(1 / 14)] * 2
    assert value["baseline"]["seen"] == pytest.approx(1 / 14)
    assert groups["mine"]["by_position"]["2"]["listen_through"]["value"] == 1
    assert found["counts"]["sessions without a user"] == 1
    assert found["counts"]["engagements with nothing that was shown"] == 0
    (primary,) = [one for one in report["compared"] if one["is_primary"]]
    assert (primary["arm"], primary["metric"]) == ("mine", "click_through")
    assert primary["difference"]["value"] == pytest.approx((2 * users + 1) / (14 * users))
    assert not primary["differs"]  # so few users are no proof
    sentence = "click_through: mine does not differ measurably from baseline"
    assert sentence in done.stdout
    page = (tmp_path / "found.html").read_text()
    assert sentence in page
    assert page.count("<svg") == 3 + 2  # of the experiment, and of all scenarios
