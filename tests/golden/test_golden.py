"""Sessions that must not change by accident: ids and scores of whole queues."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios import scenario as scenarios
from feed.session import pages as sessions
from feed.session.request import SessionRequest, make_query
from tests.support.catalogs import NOW, catalog_of, episodes

FILE = Path(__file__).parent / "sessions.json"
CATALOG = catalog_of(episodes(150, seed=3))
SHOWN = 25

_BOOKMARK = {"episode_id": "episode-5", "type": "bookmark", "timestamp": "2026-02-05T10:00:00Z"}
_LISTEN = {
    "episode_id": "content-9",
    "type": "listen",
    "timestamp": "2026-02-04T10:00:00Z",
    "progress": 0.8,
}
_REFUSED = {
    "episode_id": "episode-20",
    "type": "not_interested",
    "timestamp": "2026-02-05T11:00:00Z",
}

STATES: dict[str, dict[str, Any]] = {
    "nothing known": {},
    "interests only": {"category_interests": ["Bread", "Chess"]},
    "engagements only": {"engagements": [_BOOKMARK, _LISTEN, _REFUSED]},
    "both": {
        "engagements": [_BOOKMARK, _LISTEN],
        "category_interests": ["Dance"],
        "excluded_ids": ["episode-7", "content-8"],
        "served_ids": ["episode-11"],
    },
}
CASES = {
    f"{scenario}, {state}": (scenario, request)
    for scenario in ("baseline", "for_you")
    for state, request in STATES.items()
}


def queue(scenario: str, request: dict[str, Any]) -> list[Any]:
    """The first episodes of a session: id, scores and reason."""
    ranker = Ranker(CATALOG, scenarios.shipped()[scenario])
    query = make_query(msgspec.convert(request, SessionRequest), None, seed=1, now_us=to_us(NOW))
    session = sessions.create(ranker, query)
    answer = msgspec.json.decode(sessions.replay(CATALOG, session, 10))
    return [
        [one["id"], *(one[score] for score in sessions.SCORE_FIELDS), one["reason"]["text"]]
        for one in answer["queue"][:SHOWN]
    ]


@pytest.mark.parametrize("name", CASES)
def test_a_golden_session_is_as_it_was(name: str) -> None:
    golden = msgspec.json.decode(FILE.read_bytes())[name]
    now = queue(*CASES[name])
    assert [(one[0], one[-1]) for one in now] == [(one[0], one[-1]) for one in golden]
    for one, other in zip(now, golden, strict=True):
        assert one[1:5] == pytest.approx(other[1:5], abs=2e-6)
