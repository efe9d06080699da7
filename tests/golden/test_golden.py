"""Golden sessions: ids, scores and reasons of whole queues, which must not change by accident."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.session import pages
from tests.support.catalogs import catalog_of, episodes
from tests.support.ranking import query_of

FILE = Path(__file__).parent / "sessions.json"
CATALOG = catalog_of(episodes(150, seed=3))
RECORDED = 25
"""Number of episodes of a queue that are recorded."""


def engagement(episode_id: str, kind: str, day: str, **more: Any) -> dict[str, Any]:
    return {"episode_id": episode_id, "type": kind, "timestamp": f"2026-02-{day}:00:00Z", **more}


POSITIVE = [
    engagement("episode-5", "bookmark", "05T10"),
    engagement("content-9", "listen", "04T10", progress=0.8),
]
STATES: dict[str, dict[str, Any]] = {
    "nothing known": {},
    "interests only": {"category_interests": ["Bread", "Chess"]},
    "engagements only": {
        "engagements": [*POSITIVE, engagement("episode-20", "not_interested", "05T11")]
    },
    "both": {
        "engagements": POSITIVE,
        "category_interests": ["Dance"],
        "excluded_ids": ["episode-7", "content-8"],
        "served_ids": ["episode-11"],
    },
    "a seed of episodes": {
        "engagements": POSITIVE,
        "feed_seed": {"episode_ids": ["episode-14", "content-15"]},
    },
}
CASES = {
    f"{scenario}, {state}": (scenario, request)
    for scenario in ("baseline", "for_you")
    for state, request in STATES.items()
}


def queue(scenario: str, request: dict[str, Any]) -> list[Any]:
    """The first episodes of a session: id, scores and reason."""
    session = pages.create(Ranker(CATALOG, shipped()[scenario]), query_of(seed=1, **request))
    answer = msgspec.json.decode(pages.replay(CATALOG, session, 10))
    return [
        [one["id"], *(one[score] for score in pages.SCORE_FIELDS), one["reason"]["text"]]
        for one in answer["queue"][:RECORDED]
    ]


@pytest.mark.parametrize("name", CASES)
def test_a_session_is_as_it_was_recorded(name: str) -> None:
    recorded = msgspec.json.decode(FILE.read_bytes())[name]
    now = queue(*CASES[name])
    assert [(one[0], one[-1]) for one in now] == [(one[0], one[-1]) for one in recorded]
    for one, other in zip(now, recorded, strict=True):
        assert one[1:5] == pytest.approx(other[1:5], abs=2e-6)
