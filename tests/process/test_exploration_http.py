"""Explored episodes are in the log, with the propensities that counterfactual estimates need."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from catalog_builder.build import build_catalog
from catalog_builder.signals.aggregates import SignalParameters
from feed.model.engagement import Engagement, Summary
from feed.model.timestamps import to_us
from feed.session.decision_log import Draw, RankedQueue
from tests.support.catalogs import NOW, episodes, publish_to, vectors_of
from tests.support.server import Server

BOLD = """name = "bold"
[sources]
exploration = 40
[selector]
explore_every = 5
[filters]
freshness_days = []
min_credibility = 0
min_combined = 0
"""


def heard(uid: int) -> Summary:
    """A listener of some of the first 60 episodes."""
    return Summary(
        engagements=tuple(
            Engagement(
                id=f"{uid}-{number}",
                episode_id=f"episode-{number}",
                type="complete",
                timestamp_us=to_us(NOW) - number,
            )
            for number in range(uid % 7, 60, 7)
        )
    )


def test_the_log_has_the_explored_episodes_with_their_propensities(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    some = episodes(300)
    catalog = build_catalog(
        some,
        vectors_of(some),
        NOW,
        summaries=[heard(uid) for uid in range(40)],
        parameters=SignalParameters(min_users=1),
    )
    publish_to(tmp_path / "shelf", catalog)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "bold.toml").write_text(BOLD)
    server = start_server(SCENARIOS=str(tmp_path / "scenarios"), SCENARIO="bold", LOG_PARTS="1")
    session = server.create(trace=True, limit=50)
    server.create(scenario="baseline")
    server.create(detail=True)
    bold, plain, lab = server.logged(lambda line: "scenario" in line, 3)
    drawn = [Draw(**one) for one in bold["drawn"]]
    propensities = session["trace"]["propensities"]
    shown = {one["queue_position"]: one["id"] for one in session["episodes"]}
    assert [one.position for one in drawn][:3] == [5, 10, 15]
    for one in drawn:
        assert 0 < one.propensity <= 1
        assert one.propensity == propensities[one.position - 1]
        assert shown.get(one.position, one.episode_id) == one.episode_id
        assert int(one.episode_id.removeprefix("episode-")) >= 60
    assert sum(one.propensity < 1 for one in drawn) == sum(one < 1 for one in propensities) > 2
    assert "drawn" not in plain
    queue = msgspec.convert(bold["queue"], RankedQueue)
    chosen = session["episodes"]
    assert queue.episode_ids[:50] == [one["id"] for one in chosen]
    assert queue.scores[:50] == [one["final_score"] for one in chosen]
    assert queue.parts["recency"][:50] == [one["recency_score"] for one in chosen]
    assert {len(part) for part in queue.parts.values()} == {session["total_in_queue"]}
    assert not {"drawn", "queue", "shown"} & lab.keys()  # no listener will decide by it
