from dataclasses import replace
from typing import Any

import msgspec

from feed.catalog.catalog import Catalog
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios.experiment import Assignment
from feed.scenarios.scenario import shipped
from feed.session import pages
from feed.session.cursor import unseal
from feed.session.state import Session
from tests.support.catalogs import NOW, catalog_of, episodes
from tests.support.ranking import query_of

KEYS = (b"a key of the server's own",)
LATER_US = to_us(NOW) + 10**9


def created(catalog: Catalog, *, trace: bool = False, **fields: Any) -> Session:
    ranker = Ranker(catalog, shipped()["for_you"])
    return pages.create(ranker, query_of(seed=255, **fields), trace=trace)


def paged(catalog: Catalog, session: Session, limit: int = 10, **more: Any) -> dict[str, Any]:
    body = pages.page(catalog, session, limit, uid="u", keys=KEYS, expires_us=LATER_US, **more)
    answer: dict[str, Any] = msgspec.json.decode(body)
    return answer


def resumed(catalog: Catalog, answer: dict[str, Any], engaged_ids: Any = ()) -> Session:
    name = answer["session_id"]
    payload = unseal(answer["next_cursor"], session_id=name, uid="u", keys=KEYS, now_us=0)
    return pages.resume(catalog, name, payload, engaged_ids)


def ids(answer: dict[str, Any]) -> list[str]:
    return [one["id"] for one in answer["episodes"]]


def test_the_pages_of_a_session_are_its_queue(catalog: Catalog) -> None:
    session = created(catalog, engagements=[{"episode_id": "episode-4", "type": "like"}])
    queue = msgspec.json.decode(pages.replay(catalog, session, 10))["queue"]
    answer = paged(catalog, session, 7)
    shown = list(answer["episodes"])
    while answer["next_cursor"]:
        answer = paged(catalog, resumed(catalog, answer), 7)
        shown += answer["episodes"]
    assert answer["session_id"] == "00000000000000ff"  # the seed
    assert len(shown) == len(queue)
    for card, one in zip(shown, queue, strict=True):
        assert card.items() >= one.items()
        assert card["title"]


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


def test_episodes_engaged_with_since_are_left_out_of_all_later_pages(catalog: Catalog) -> None:
    first = paged(catalog, created(catalog))
    coming = ids(paged(catalog, resumed(catalog, first), 50))
    engaged = [coming[0], f"content-{coming[30].removeprefix('episode-')}"]
    second = paged(catalog, resumed(catalog, first, engaged_ids=engaged), 10)
    third = paged(catalog, resumed(catalog, second), 50)
    assert ids(second) + ids(third)[:38] == [
        one for i, one in enumerate(coming) if i not in {0, 30}
    ]


def test_degradations_of_the_ranking_are_on_every_page_and_those_of_a_page_on_it_alone(
    catalog: Catalog,
) -> None:
    session = replace(created(catalog), degraded=("summary_timeout",))
    first = paged(catalog, session, degraded=("catalog_broken",))
    assert first["degraded"] == ["catalog_broken", "summary_timeout"]
    assert paged(catalog, resumed(catalog, first))["degraded"] == ["summary_timeout"]


def test_a_trace_is_on_the_first_page_of_a_session_that_asked_for_it(catalog: Catalog) -> None:
    first = paged(catalog, created(catalog, trace=True))
    assert first["trace"]["catalog"] == len(catalog)
    assert "trace" not in paged(catalog, resumed(catalog, first))
    assert "trace" not in paged(catalog, created(catalog))


def test_an_empty_queue_is_an_answer_too() -> None:
    empty = catalog_of([])
    answer = paged(empty, created(empty))
    assert answer["episodes"] == []
    assert (answer["total_in_queue"], answer["next_cursor"]) == (0, None)
    assert msgspec.json.decode(pages.replay(empty, created(empty), 10))["queue"] == []


def test_every_page_of_a_session_in_an_experiment_is_stamped(catalog: Catalog) -> None:
    stamp = Assignment("autumn", "for_you")
    first = paged(catalog, replace(created(catalog), experiment=stamp))
    second = paged(catalog, resumed(catalog, first))
    assert first["experiment"] == second["experiment"] == {"name": "autumn", "arm": "for_you"}
    assert "experiment" not in paged(catalog, created(catalog))
