from dataclasses import replace
from typing import Any

import msgspec

from feed.catalog.catalog import Catalog
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios import scenario as scenarios
from feed.scenarios.experiment import Assignment
from feed.session import pages as sessions
from feed.session.cursor import unseal
from feed.session.request import SessionRequest, make_query
from feed.session.state import Session
from tests.support.catalogs import NOW, catalog_of, episodes

KEYS = (b"a key of the server's own",)
LATER_US = to_us(NOW) + 10**9


def created(catalog: Catalog, **fields: Any) -> Session:
    request = msgspec.convert(fields, SessionRequest)
    query = make_query(request, None, seed=255, now_us=to_us(NOW))
    ranker = Ranker(catalog, scenarios.shipped()["for_you"])
    return sessions.create(ranker, query, trace=request.trace)


def paged(catalog: Catalog, session: Session, limit: int = 10, **more: Any) -> dict[str, Any]:
    body = sessions.page(catalog, session, limit, uid="u", keys=KEYS, expires_us=LATER_US, **more)
    answer: dict[str, Any] = msgspec.json.decode(body)
    return answer


def resumed(catalog: Catalog, answer: dict[str, Any], engaged_ids: Any = ()) -> Session:
    name = answer["session_id"]
    payload = unseal(answer["next_cursor"], session_id=name, uid="u", keys=KEYS, now_us=0)
    return sessions.resume(catalog, name, payload, engaged_ids)


def ids(answer: dict[str, Any]) -> list[str]:
    return [one["id"] for one in answer["episodes"]]


def test_the_pages_of_a_session_are_its_queue(catalog: Catalog) -> None:
    session = created(catalog, engagements=[{"episode_id": "episode-4", "type": "like"}])
    queue = msgspec.json.decode(sessions.replay(catalog, session, 10))["queue"]
    answer = paged(catalog, session, 7)
    shown = list(answer["episodes"])
    while answer["next_cursor"]:
        answer = paged(catalog, resumed(catalog, answer), 7)
        shown += answer["episodes"]
    assert len(shown) == len(queue)
    for card, one in zip(shown, queue, strict=True):
        assert card.items() >= one.items()
        assert card["title"]


def test_the_session_id_is_the_seed(catalog: Catalog) -> None:
    assert created(catalog).session_id == "00000000000000ff"


def test_episodes_that_vanished_from_the_catalog_are_left_out(catalog: Catalog) -> None:
    first = paged(catalog, created(catalog))
    rest = resumed(catalog, first)
    vanished = {catalog.ids[int(row)] for row in rest.queue.rows[::2]}
    smaller = catalog_of([e for e in episodes(400) if e.id not in vanished])
    after = resumed(smaller, first)
    assert len(after.queue) == len(rest.queue) - len(vanished)
    answer = paged(smaller, after, 50)
    assert vanished.isdisjoint(ids(answer))
    assert answer["catalog_version"] == smaller.version
    assert answer["total_in_queue"] == first["total_in_queue"] - len(vanished)


def test_what_was_engaged_with_since_is_left_out_of_all_later_pages(catalog: Catalog) -> None:
    first = paged(catalog, created(catalog))
    coming = ids(paged(catalog, resumed(catalog, first), 50))
    engaged = [coming[0], f"content-{coming[30].removeprefix('episode-')}"]
    second = paged(catalog, resumed(catalog, first, engaged_ids=engaged), 10)
    third = paged(catalog, resumed(catalog, second), 50)
    assert ids(second) + ids(third)[:38] == [
        one for i, one in enumerate(coming) if i not in {0, 30}
    ]


def test_every_page_says_what_its_ranking_had_to_do_without(catalog: Catalog) -> None:
    session = replace(created(catalog), degraded=("summary_timeout",))
    first = paged(catalog, session)
    assert paged(catalog, resumed(catalog, first))["degraded"] == ["summary_timeout"]


def test_the_catalogs_troubles_are_those_of_a_page_and_end_with_them(catalog: Catalog) -> None:
    first = paged(catalog, created(catalog), degraded=("catalog_broken",))
    assert first["degraded"] == ["catalog_broken"]
    assert paged(catalog, resumed(catalog, first))["degraded"] == []


def test_a_trace_is_in_the_answer_where_it_was_asked_for(catalog: Catalog) -> None:
    assert paged(catalog, created(catalog, trace=True))["trace"]["catalog"] == len(catalog)
    assert "trace" not in paged(catalog, created(catalog))


def test_an_empty_queue_is_an_answer_too() -> None:
    empty = catalog_of([])
    answer = paged(empty, created(empty))
    assert answer["episodes"] == []
    assert (answer["total_in_queue"], answer["next_cursor"]) == (0, None)
    assert msgspec.json.decode(sessions.replay(empty, created(empty), 10))["queue"] == []


def test_every_page_of_a_session_in_an_experiment_is_stamped(catalog: Catalog) -> None:
    stamp = Assignment("autumn", "for_you")
    first = paged(catalog, replace(created(catalog), experiment=stamp))
    second = paged(catalog, resumed(catalog, first))
    assert first["experiment"] == second["experiment"] == {"name": "autumn", "arm": "for_you"}
    assert "experiment" not in paged(catalog, created(catalog))


def test_cards_are_joined_as_they_lie(catalog: Catalog) -> None:
    found = msgspec.json.decode(sessions.cards(catalog, [3, 1]))
    assert [one["id"] for one in found] == ["episode-3", "episode-1"]
