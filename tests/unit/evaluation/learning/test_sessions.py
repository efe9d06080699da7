"""Log lines become impressions: what was ranked, seen and done, joined by session."""

from collections import Counter

import msgspec
import pytest

from evaluation.learning.impressions import Impressions
from evaluation.learning.sessions import LogCounts, impressions_in
from feed.model.engagement import EngagementType
from feed.scenarios.scenario import parse
from feed.scenarios.version import version
from feed.session.decision_log import (
    DecisionLine,
    Draw,
    LoggedEngagement,
    RankedQueue,
    SeenList,
    ShownList,
)

SCENARIO = parse('name = "present"\n[interests.weights]\nclick = 0.5\nbookmark = 2')
IDS = ["a", "b", "c", "d"]
MORNING = "2026-02-06T10:00:00Z"


def session(name: str, user: str = "ada", hour: int = 10) -> DecisionLine:
    return DecisionLine(
        time=f"2026-02-06T{hour:02}:00:00Z",
        user=user,
        session_id=name,
        scenario="present",
        scenario_version=version(SCENARIO),
        drawn=[Draw(3, "c", 0.25)],
        queue=RankedQueue(IDS, [4.0, 3.0, 2.0, 1.0], {"quality": [0.4, 0.3, 0.2, 0.1]}),
        shown=[ShownList(1, IDS[:2], [1, 1])],
    )


def seen(name: str, *episodes: str) -> DecisionLine:
    return DecisionLine(user="ada", seen=[SeenList(name, list(episodes))])


def did(
    episode: str,
    kind: EngagementType,
    name: str = "",
    *,
    hour: int = 10,
    progress: float | None = None,
) -> DecisionLine:
    at = f"2026-02-06T{hour:02}:30:00Z"
    engagement = LoggedEngagement(episode, kind, at, progress)
    return DecisionLine(time=at, user="ada", session_id=name, engagement=engagement)


def read(*lines: DecisionLine) -> tuple[Impressions, LogCounts]:
    return impressions_in(lines, SCENARIO, ["quality"])


def test_what_was_on_the_screen_has_its_parts_place_and_propensity() -> None:
    found, counts = read(session("s1"), seen("s1", "a", "c", "elsewhere"))
    assert found.parts["quality"].tolist() == [0.4, 0.2]
    assert found.scores.tolist() == [4.0, 2.0]
    assert found.positions.tolist() == [1, 3]
    assert found.propensities.tolist() == [1.0, 0.25]
    assert counts == LogCounts(sessions=1)


def test_an_impression_earns_the_most_that_was_done_with_it() -> None:
    lines = [did("b", kind, "s1") for kind in ("click", "bookmark", "click")]
    found, _ = read(session("s1"), seen("s1", "a"), *lines, did("d", "like", "s1"))
    assert found.positions.tolist() == [1, 2, 4]  # what was engaged with was seen
    assert found.rewards.tolist() == [0.0, 2.0, 1.0]


@pytest.mark.parametrize(
    "lines",
    [
        [did("a", "listen", "s1", progress=0.05)],
        [did("a", "like", "s1"), did("a", "not_interested", "s1")],
        [did("a", "not_interested", "s1"), did("a", "like", "s1")],
    ],
)
def test_what_was_abandoned_or_rejected_earns_nothing(lines: list[DecisionLine]) -> None:
    assert read(session("s1"), seen("s1", "a"), *lines)[0].rewards.tolist() == [0.0]


def test_an_engagement_without_a_session_belongs_to_the_last_one_that_showed_it() -> None:
    sessions = session("s1", hour=9), session("s2", hour=11), session("s3", "bert", hour=12)
    found, _ = read(*sessions, seen("s1", "a"), seen("s2", "a"), did("a", "like", hour=12))
    assert found.rewards.tolist() == [0.0, 1.0]
    before, _ = read(*sessions, seen("s1", "a"), did("a", "like", hour=8))
    assert before.rewards.tolist() == [0.0]


def test_nobody_adds_to_the_session_of_somebody_else() -> None:
    theirs = session("s1", "bert")
    found, counts = read(theirs, seen("s1", "a"), did("a", "like", "s1"))
    assert (len(found.scores), counts.without_seen) == (0, 1)
    foreign = DecisionLine(
        time=MORNING,
        user="bert",
        session_id="s2",
        engagement=LoggedEngagement("b", "like", MORNING),
    )
    own = [session("s2"), seen("s2", "a"), did("a", "like"), foreign]
    assert read(*own)[0].rewards.tolist() == [1.0]
    told = DecisionLine(seen=[SeenList("s1", ["a"])])  # of a next page, which names no user
    assert read(theirs, told, did("a", "like", "s1"))[0].rewards.tolist() == [0.0]


def test_a_clock_that_is_ahead_gives_an_engagement_to_no_later_session() -> None:
    early = msgspec.structs.replace(did("b", "like", hour=11), time="2026-02-06T09:30:00Z")
    lines = [session("s1", hour=9), session("s2", hour=10), seen("s1", "a"), seen("s2", "a")]
    found, _ = read(*lines, early)
    assert found.starts[1] == 2  # the first session has the episode, too
    assert found.rewards.tolist() == [0.0, 1.0, 0.0]


def test_times_are_read_as_bigquery_writes_them() -> None:
    ranked = msgspec.structs.replace(session("s1"), time="2026-02-06 10:00:00 UTC")
    found, _ = read(ranked, seen("s1", "a", "b"), did("b", "like"))
    assert found.rewards.tolist() == [0.0, 1.0]


def test_neither_the_order_of_lines_nor_their_number_matters() -> None:
    lines = [session("s1", hour=9), session("s2"), seen("s1", "a", "b"), seen("s2", "c")]
    lines += [did("b", "like", hour=9), did("c", "click", "s2")]
    found, counts = read(*lines)
    again, counted = read(*reversed(lines), *lines)
    assert counted == counts
    assert sorted(again.rewards.tolist()) == sorted(found.rewards.tolist()) == [0.0, 0.5, 1.0]
    assert sorted(again.positions.tolist()) == sorted(found.positions.tolist())


def test_sessions_that_say_nothing_are_counted() -> None:
    other = DecisionLine(user="ada", session_id="s2", scenario="present", scenario_version="0")
    bare = DecisionLine(
        user="ada", session_id="s3", scenario="present", scenario_version=version(SCENARIO)
    )
    anonymous = session("s4", user="")
    found, counts = read(other, bare, anonymous, session("s5"))
    assert len(found.scores) == 0
    assert counts == LogCounts(
        sessions=2, others=Counter({"present 0": 1}), without_queue=1, without_seen=1
    )
    assert counts.usable == 0


def test_only_sessions_that_compare_episodes_are_kept() -> None:
    found, _ = read(
        *(session(name) for name in ("s1", "s2", "s3")),
        seen("s1", "a"),
        did("a", "like", "s1"),
        seen("s2", "a", "b"),
        seen("s3", "a", "b"),
        did("b", "like", "s3"),
    )
    kept = found.with_rewards()
    assert len(found.starts) == 3
    assert (kept.starts.tolist(), kept.positions.tolist()) == ([0], [1, 2])
    assert kept.rewards.tolist() == [0.0, 1.0]
