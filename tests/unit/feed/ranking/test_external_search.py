from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.model.engagement import Profile, Summary
from feed.model.timestamps import DAY_US, to_us
from feed.ports.vector_search import Match
from feed.ranking import external_search as retrieval
from feed.ranking.external_search import SearchPlan
from feed.ranking.pipeline import Ranker, Slate
from feed.scenarios import scenario as scenarios
from feed.scenarios.scenario import Scenario
from feed.session.reason_text import render_all
from feed.session.request import SessionRequest, make_query
from feed.user.query import Query
from tests.support.catalogs import NOW, catalog_of, episodes
from tests.support.scenarios import PLAIN
from tests.support.vector_search import ExactSearch, retrieved

SHIPPED = scenarios.shipped()
BASELINE = SHIPPED["baseline"]


@pytest.fixture(scope="module")
def blind() -> Catalog:
    """The catalog of the other fixture, without its vectors."""
    return catalog_of(episodes(400), keep_vectors=False)


def asking(profile: Profile | None = None, **fields: Any) -> Query:
    request = msgspec.convert(fields, SessionRequest)
    summary = Summary(profile=profile) if profile else None
    return make_query(request, summary, seed=0, now_us=to_us(NOW))


def engaged(catalog: Catalog, *rows: int, kind: str = "like") -> list[dict[str, str]]:
    return [{"episode_id": catalog.ids[row], "type": kind} for row in rows]


def embedded(catalog: Catalog) -> list[int]:
    return np.flatnonzero(catalog.embeddings.present).tolist()


def plan_of(catalog: Catalog, query: Query, scenario: Scenario = PLAIN) -> SearchPlan:
    found = Ranker(catalog, scenario).plan_search(query)
    assert found is not None
    return found


def ranked(
    blind: Catalog, catalog: Catalog, query: Query, scenario: Scenario = PLAIN
) -> tuple[Slate, Slate]:
    """The slate by a search, and the one by vectors that are held."""
    ranker = Ranker(blind, scenario)
    found = retrieved(ranker, ExactSearch(catalog), query)
    return ranker.rank(query, found), Ranker(catalog, scenario).rank(query)


def queries(catalog: Catalog) -> Iterator[tuple[str, Query]]:
    rows = embedded(catalog)
    yield "one engagement", asking(engagements=engaged(catalog, rows[3]))
    yield "many engagements", asking(engagements=engaged(catalog, *rows[10:40]))
    yield "interests alone", asking(category_interests=["Chess", "Bread"])
    yield (
        "both, and what is barred",
        asking(
            Profile(languages=("en",), muted_categories=("Dance",)),
            engagements=engaged(catalog, *rows[7:12], kind="bookmark"),
            category_interests=["Forests"],
            excluded_ids=[f"content-{n}" for n in range(0, 400, 3)],
            muted_series=[catalog.series_ids[2]],
            served_ids=[catalog.ids[n] for n in range(50)],
        ),
    )
    yield (
        "a refusal, too",
        asking(
            engagements=engaged(catalog, *rows[7:12])
            + engaged(catalog, rows[100], rows[101], kind="not_interested")
        ),
    )
    yield "a refusal alone", asking(engagements=engaged(catalog, rows[5], kind="not_interested"))
    yield "nothing", asking()


@pytest.mark.parametrize("scenario", [PLAIN, BASELINE], ids=lambda one: one.name)
def test_a_session_by_a_search_is_the_one_by_vectors_that_are_held(
    blind: Catalog, catalog: Catalog, scenario: Scenario
) -> None:
    for name, query in queries(catalog):
        found, held = ranked(blind, catalog, query, scenario)
        assert found.rows.tolist() == held.rows.tolist(), name
        assert np.abs(found.scores - held.scores).max() <= 1, name
        assert found.cold_start == held.cold_start
        assert found.user_vector_episodes == held.user_vector_episodes
        assert found.degraded == held.degraded
        assert found.trace.removed == held.trace.removed
        assert sum(found.trace.sources.values()) == sum(held.trace.sources.values())


def test_candidates_of_a_search_are_a_source_of_their_own(blind: Catalog, catalog: Catalog) -> None:
    found, _ = ranked(blind, catalog, asking(engagements=engaged(catalog, 0)))
    assert found.trace.sources == {"retrieved": 150}


def test_nothing_is_asked_where_it_could_add_nothing(blind: Catalog, catalog: Catalog) -> None:
    query = asking(engagements=engaged(catalog, 0), category_interests=["Chess"])
    assert Ranker(catalog, PLAIN).plan_search(query) is None  # it holds its vectors
    ranker = Ranker(blind, PLAIN)
    assert ranker.plan_search(asking()) is None
    assert ranker.plan_search(asking(category_interests=["unheard of"])) is None
    without = int(np.flatnonzero(~catalog.embeddings.present)[0])
    assert ranker.plan_search(asking(engagements=engaged(catalog, without))) is None
    assert ranker.plan_search(query) is not None


def test_the_newest_engagements_are_those_whose_vectors_are_asked_for(blind: Catalog) -> None:
    rows = embedded(blind)[:12]
    sent = [
        {**one, "timestamp": f"2026-01-{day:02}T00:00:00Z"}
        for day, one in enumerate(engaged(blind, *rows), 1)
    ]
    found = plan_of(blind, asking(engagements=sent))
    assert found.engaged_ids == [blind.ids[row] for row in rows[:1:-1]]


def test_neighbours_are_asked_of_the_newest_refused_and_where_the_scenario_minds(
    blind: Catalog,
) -> None:
    rows = embedded(blind)[:6]
    sent = [
        {**one, "timestamp": f"2026-01-{day:02}T00:00:00Z"}
        for day, one in enumerate(engaged(blind, *rows, kind="not_interested"), 1)
    ]
    query = asking(engagements=sent)
    wanted = tuple(blind.ids[row] for row in rows[:1:-1])
    assert plan_of(blind, query).disliked_ids == wanted
    assert plan_of(blind, query, BASELINE).disliked_ids == ()


def test_a_search_is_told_the_floors_the_window_and_the_exclusions(blind: Catalog) -> None:
    barred = [name for row, name in enumerate(blind.ids) if row % 4 == 0]
    query = asking(engagements=engaged(blind, embedded(blind)[1]), excluded_ids=barred)
    told = plan_of(blind, query).restriction
    assert (told.min_credibility, told.min_combined) == (2, 5)
    assert told.published_from_s == (to_us(NOW) - 91 * DAY_US) // 1_000_000
    assert told.excluded_ids[0] == blind.ids[embedded(blind)[1]]
    ranker = Ranker(blind, PLAIN)
    for name in told.excluded_ids:  # only those that it might bring
        row = blind.id_index.row(name)
        assert ranker.features.floors[row]
        assert blind.embeddings.present[row]


def test_of_too_many_exclusions_those_not_told_raise_the_count(
    blind: Catalog, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = asking(
        engagements=engaged(blind, embedded(blind)[1]), excluded_ids=list(blind.ids)[::2]
    )
    everything = plan_of(blind, query)
    monkeypatch.setattr(retrieval, "MAX_EXCLUDED", 10)
    cut = plan_of(blind, query)
    left_out = len(everything.restriction.excluded_ids) - 10
    assert len(cut.restriction.excluded_ids) == 10
    assert cut.count == everything.count + left_out
    found, held = ranked(blind, catalog, query)
    assert found.rows.tolist() == held.rows.tolist()


def test_as_many_are_asked_for_as_our_own_filters_may_take_away(
    blind: Catalog, catalog: Catalog
) -> None:
    one = engaged(blind, embedded(blind)[1])
    plain = plan_of(blind, asking(engagements=one))
    assert plain.count == 150
    german = plan_of(blind, asking(Profile(languages=("de",)), engagements=one))
    assert german.count > 150
    most = int(np.count_nonzero(Ranker(blind, PLAIN).features.floors & blind.embeddings.present))
    assert german.count - 150 <= most
    nobody = asking(engagements=one, excluded_ids=list(blind.ids))
    assert plan_of(blind, nobody).count == 0
    found, _ = ranked(blind, catalog, nobody)
    assert not len(found.rows)


def test_few_are_asked_for_where_most_of_a_large_catalog_may_be_shown() -> None:
    assert retrieval._count(150, matchable=900_000, allowed=800_000, unsent=0) == 338
    assert retrieval._count(150, matchable=900_000, allowed=900_000, unsent=0) == 150
    assert retrieval._count(150, matchable=900_000, allowed=9_000, unsent=0) == 10_000
    assert retrieval._count(150, matchable=900_000, allowed=890_000, unsent=500) == 804


def test_without_an_answer_what_is_stated_is_still_used_and_the_lack_is_named(
    blind: Catalog,
) -> None:
    for scenario in (PLAIN, BASELINE):
        slate = Ranker(blind, scenario).rank(asking(category_interests=["Chess"]))
        assert slate.degraded == ("vectors_unavailable",)
        assert slate.trace.sources["stated"] > 5
        assert slate.trace.sources["stated"] + slate.trace.sources["best_quality"] == 150
        assert not slate.cold_start
        chess = blind.rows_in_categories(np.array([blind.category_index.row("Chess")]))
        inside = np.isin(slate.rows, chess)
        assert set(slate.scores[inside, 0].tolist()) == {500_000}
        assert set(slate.scores[~inside, 0].tolist()) == {0}
        said = np.array([one["key"] for one in render_all(blind, slate.reasons)])
        assert ((said == "interest") == inside).all()
        assert inside[:5].all()


def test_without_an_answer_engagements_alone_make_the_feed_of_somebody_unknown(
    blind: Catalog,
) -> None:
    row = embedded(blind)[0]
    for kind in ("like", "not_interested"):
        slate = Ranker(blind, PLAIN).rank(asking(engagements=engaged(blind, row, kind=kind)))
        assert slate.degraded == ("vectors_unavailable",)
        assert slate.cold_start
        assert len(slate.rows) > 20
        assert row not in slate.rows
        assert {one["key"] for one in render_all(blind, slate.reasons)} <= {
            "quality",
            "fresh",
            "discover",
        }


def test_who_is_unknown_lacks_nothing(blind: Catalog, catalog: Catalog) -> None:
    slate, full = Ranker(blind, PLAIN).rank(asking()), Ranker(catalog, PLAIN).rank(asking())
    assert slate.degraded == ()
    assert slate.rows.tolist() == full.rows.tolist()
    assert slate.scores.tolist() == full.scores.tolist()


def test_a_vector_that_the_search_lacks_counts_as_one_that_never_was(
    blind: Catalog, catalog: Catalog
) -> None:
    a, b = embedded(blind)[:2]
    plan = plan_of(blind, asking(engagements=engaged(blind, a, b)))
    whole = {blind.ids[a]: catalog.embeddings[a] * 7}
    odd = np.ones(catalog.dimension, np.float32)
    for of_no_use in (None, odd * 0, odd * np.nan, odd * np.inf, odd[:-1]):
        more = {} if of_no_use is None else {blind.ids[b]: of_no_use}
        user = plan.user_vector(whole | more)
        assert user.members.tolist() == [a]
        assert user.unit == pytest.approx(catalog.embeddings[a], abs=1e-6)


def test_an_answer_that_has_nothing_of_what_there_must_be_is_in_vain(
    blind: Catalog, catalog: Catalog
) -> None:
    a = embedded(blind)[0]
    plan = plan_of(blind, asking(engagements=engaged(blind, a)))
    knows_nothing = plan.user_vector({})
    assert plan.is_empty_by_mistake(plan.result(knows_nothing, []))
    user = plan.user_vector({blind.ids[a]: catalog.embeddings[a]})
    assert plan.is_empty_by_mistake(plan.result(user, []))
    assert plan.is_empty_by_mistake(plan.result(user, [Match("unheard of", 0.9)]))
    assert not plan.is_empty_by_mistake(plan.result(user, [Match(blind.ids[1], 0.9)]))
    nobody = plan_of(blind, asking(engagements=engaged(blind, a), excluded_ids=list(blind.ids)))
    assert not nobody.is_empty_by_mistake(nobody.result(user, []))


def test_the_only_engagement_is_the_reason_for_certain(blind: Catalog, catalog: Catalog) -> None:
    row = embedded(blind)[0]
    query = asking(engagements=engaged(blind, row, kind="bookmark"))
    found, held = ranked(blind, catalog, query)
    assert render_all(blind, found.reasons) == render_all(catalog, held.reasons)
    assert render_all(blind, found.reasons)[0]["key"] == "because_bookmark"


def test_one_interest_is_the_reason_as_where_vectors_are_held(
    blind: Catalog, catalog: Catalog
) -> None:
    found, held = ranked(blind, catalog, asking(category_interests=["Chess"]))
    assert render_all(blind, found.reasons) == render_all(catalog, held.reasons)
    assert {"interest", "near_interest"} <= {one["key"] for one in render_all(blind, found.reasons)}


def test_of_several_engagements_none_is_named_as_the_reason(
    blind: Catalog, catalog: Catalog
) -> None:
    rows = embedded(blind)[:5]
    found, _ = ranked(
        blind, catalog, asking(engagements=engaged(blind, *rows), category_interests=["Chess"])
    )
    chess = blind.rows_in_categories(np.array([blind.category_index.row("Chess")]))
    seen = set()
    for row, scores, one in zip(
        found.rows, found.scores, render_all(blind, found.reasons), strict=True
    ):
        seen.add(one["key"])
        if scores[0] < 300_000:
            assert one["key"] in {"quality", "fresh", "discover"}
        elif row in chess:
            assert one["text"] == "You chose Chess"
        else:
            assert one["key"] == "recent_activity"
            assert one["text"] == "Based on your recent activity"
    assert {"interest", "recent_activity"} <= seen


def test_of_several_interests_the_reason_is_one_that_the_episode_is_in(
    blind: Catalog, catalog: Catalog
) -> None:
    found, _ = ranked(blind, catalog, asking(category_interests=["Chess", "Bread"]))
    for row, one in zip(found.rows, render_all(blind, found.reasons), strict=True):
        inside = {blind.categories[int(c)] for c in blind.categories_of(int(row))}
        assert one["key"] != "near_interest"
        if one["key"] == "interest":
            assert one["params"]["category"] in inside & {"Chess", "Bread"}


def test_a_match_counts_once_with_its_best_score_and_only_where_it_is_a_number(
    blind: Catalog,
) -> None:
    scores = [(7, 0.2), (3, 0.5), (7, 0.9), (3, np.nan), (9, np.nan), (4, -np.inf), (5, 1.5)]
    found = [Match(blind.ids[row], score) for row, score in [*scores, (8, 0.1)]]
    allowed = np.ones(len(blind), np.bool_)
    allowed[8] = False
    found.append(Match("unheard of", 0.9))
    rows, cosines = retrieval.matched(blind, found, allowed)
    assert rows.tolist() == [3, 5, 7]
    assert cosines.tolist() == [0.5, 1.0, 0.9]


def test_what_is_similar_to_one_episode_comes_from_matches(
    blind: Catalog, catalog: Catalog
) -> None:
    row = next(row for row in embedded(blind) if Ranker(blind, PLAIN).features.floors[row])
    rows, cosines = Ranker(catalog, PLAIN).similar(row, 10)
    matches = [Match(catalog.ids[one], c) for one, c in zip(rows, cosines, strict=True)]
    odd = [Match(blind.ids[row], 1.0), Match("unheard of", 0.99), Match(blind.ids[1], float("nan"))]
    again, likewise = Ranker(blind, PLAIN).similar(row, 10, odd + matches[::-1])
    assert again.tolist() == rows.tolist()
    assert row not in rows
    assert likewise == pytest.approx(cosines)
    assert not len(Ranker(blind, PLAIN).similar(row, 10)[0])
