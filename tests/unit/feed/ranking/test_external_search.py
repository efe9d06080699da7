from typing import Any

import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.model.engagement import Profile
from feed.model.timestamps import DAY_US, to_us
from feed.ports.vector_search import Match
from feed.ranking import external_search
from feed.ranking.external_search import SearchPlan
from feed.ranking.pipeline import Ranker, Slate
from feed.scenarios import scenario as scenarios
from feed.scenarios.scenario import Scenario
from feed.session.reason_text import render_all
from feed.user.query import Query
from tests.support.catalogs import NOW, catalog_of, episodes
from tests.support.ranking import engagements, ids_of, query_of, ranked
from tests.support.scenarios import PLAIN
from tests.support.vector_search import ExactSearch, retrieved

BASELINE = scenarios.shipped()["baseline"]
EMBEDDED = np.flatnonzero(catalog_of(episodes(400), keep_vectors=False).embeddings.present).tolist()
"""Rows with an embedding."""


@pytest.fixture(scope="module")
def without() -> Catalog:
    """The same catalog as the fixture `catalog`, without its vectors."""
    return catalog_of(episodes(400), keep_vectors=False)


def plan_of(catalog: Catalog, query: Query, scenario: Scenario = PLAIN) -> SearchPlan:
    plan = Ranker(catalog, scenario).plan_search(query)
    assert plan is not None
    return plan


def both(
    without: Catalog, catalog: Catalog, query: Query, scenario: Scenario = PLAIN
) -> tuple[Slate, Slate]:
    """The slate by an external search, and the one by vectors in memory."""
    ranker = Ranker(without, scenario)
    found = retrieved(ranker, ExactSearch(catalog), query)
    return ranker.rank(query, found), Ranker(catalog, scenario).rank(query)


def daily(catalog: Catalog, rows: list[int], kind: str) -> Query:
    """A user who engaged with one of these rows a day."""
    return query_of(
        engagements=[
            {**one, "timestamp": f"2026-01-{day:02}T00:00:00Z"}
            for day, one in enumerate(engagements(catalog, *rows, kind=kind), 1)
        ]
    )


def test_a_search_is_a_source_of_its_own(without: Catalog, catalog: Catalog) -> None:
    found, _ = both(without, catalog, query_of(engagements=engagements(catalog, 0)))
    assert found.trace.sources == {"retrieved": 150}


def test_no_search_is_planned_where_it_could_add_nothing(
    without: Catalog, catalog: Catalog
) -> None:
    query = query_of(engagements=engagements(catalog, 0), category_interests=["Chess"])
    assert Ranker(catalog, PLAIN).plan_search(query) is None
    ranker = Ranker(without, PLAIN)
    no_vector = int(np.flatnonzero(~without.embeddings.present)[0])
    assert ranker.plan_search(query_of()) is None
    assert ranker.plan_search(query_of(category_interests=["unheard of"])) is None
    assert ranker.plan_search(query_of(engagements=engagements(catalog, no_vector))) is None
    assert ranker.plan_search(query) is not None


def test_the_vectors_of_the_newest_engagements_are_requested(without: Catalog) -> None:
    plan = plan_of(without, daily(without, EMBEDDED[:12], "like"))
    assert plan.engaged_ids == ids_of(without, EMBEDDED[11:1:-1])


def test_neighbours_of_the_newest_dislikes_are_requested_if_the_scenario_weighs_them(
    without: Catalog,
) -> None:
    query = daily(without, EMBEDDED[:6], "not_interested")
    assert plan_of(without, query).disliked_ids == tuple(ids_of(without, EMBEDDED[5:1:-1]))
    assert plan_of(without, query, BASELINE).disliked_ids == ()


def test_a_search_is_told_the_floors_the_window_and_the_exclusions(without: Catalog) -> None:
    engaged = EMBEDDED[1]
    query = query_of(engagements=engagements(without, engaged), excluded_ids=list(without.ids)[::4])
    plan = plan_of(without, query)
    told = plan.search_filter
    assert (told.min_credibility, told.min_combined) == (2, 5)
    assert told.published_from_s == (to_us(NOW) - 91 * DAY_US) // 1_000_000
    assert told.excluded_ids[0] == without.ids[engaged]
    # It is not told those that it cannot return.
    rows = without.rows(told.excluded_ids)
    assert plan.features.floors is not None
    assert (plan.features.floors & without.embeddings.present)[rows].all()


def test_exclusions_that_are_too_many_to_tell_raise_the_count(
    without: Catalog, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = query_of(
        engagements=engagements(without, EMBEDDED[1]), excluded_ids=list(without.ids)[::2]
    )
    all_told = plan_of(without, query)
    monkeypatch.setattr(external_search, "MAX_EXCLUDED", 10)
    some_told = plan_of(without, query)
    assert len(some_told.search_filter.excluded_ids) == 10
    assert some_told.count == all_told.count + len(all_told.search_filter.excluded_ids) - 10
    found, held = both(without, catalog, query)
    assert found.rows.tolist() == held.rows.tolist()


def test_as_many_matches_more_are_requested_as_our_own_filters_may_remove(
    without: Catalog, catalog: Catalog
) -> None:
    one = engagements(without, EMBEDDED[1])
    plain = plan_of(without, query_of(engagements=one))
    german = plan_of(without, query_of(Profile(languages=("de",)), engagements=one))
    floors = plain.features.floors
    assert floors is not None
    assert plain.count == 150 < german.count
    assert german.count - 150 <= np.count_nonzero(floors & without.embeddings.present)
    all_excluded = query_of(engagements=one, excluded_ids=list(without.ids))
    assert plan_of(without, all_excluded).count == 0
    found, _ = both(without, catalog, all_excluded)
    assert not len(found.rows)


@pytest.mark.parametrize(
    ("allowed", "unsent", "count"),
    [(800_000, 0, 338), (900_000, 0, 150), (9_000, 0, 10_000), (890_000, 500, 804)],
)
def test_the_count_grows_with_the_share_that_may_not_be_shown(
    allowed: int, unsent: int, count: int
) -> None:
    found = external_search._count(150, matchable=900_000, allowed=allowed, unsent=unsent)
    assert found == count


@pytest.mark.parametrize("scenario", [PLAIN, BASELINE], ids=lambda one: one.name)
def test_without_an_answer_declared_interests_still_count_and_the_lack_is_reported(
    without: Catalog, scenario: Scenario
) -> None:
    slate = ranked(without, scenario, category_interests=["Chess"])
    assert slate.degraded == ("vectors_unavailable",)
    sources = slate.trace.sources
    assert sources["stated"] > 5
    assert sources["stated"] + sources["best_quality"] == 150
    assert not slate.cold_start
    chess = without.rows_in_categories(np.array([without.category_index.row("Chess")]))
    inside = np.isin(slate.rows, chess)
    assert inside[:5].all()
    assert (slate.scores[:, 0] == np.where(inside, 500_000, 0)).all()
    keys = np.array([one.key for one in render_all(without, slate.reasons)])
    assert ((keys == "interest") == (inside & ~without.inherits_categories[slate.rows])).all()


@pytest.mark.parametrize("kind", ["like", "not_interested"])
def test_without_an_answer_engagements_alone_make_the_feed_of_an_unknown_user(
    without: Catalog, kind: str
) -> None:
    engaged = engagements(without, EMBEDDED[0], kind=kind)
    slate = ranked(without, PLAIN, engagements=engaged)
    assert slate.degraded == ("vectors_unavailable",)
    assert slate.cold_start
    assert len(slate.rows) > 20
    assert EMBEDDED[0] not in slate.rows
    keys = {one.key for one in render_all(without, slate.reasons)}
    assert keys <= {"quality", "fresh", "discover"}


def test_a_vector_that_is_missing_or_unusable_is_skipped(
    without: Catalog, catalog: Catalog
) -> None:
    a, b = EMBEDDED[:2]
    plan = plan_of(without, query_of(engagements=engagements(without, a, b)))
    usable = {without.ids[a]: catalog.embeddings[a] * 7}
    odd = np.ones(catalog.dimension, np.float32)
    for unusable in (None, odd * 0, odd * np.nan, odd * np.inf, odd[:-1]):
        more = {} if unusable is None else {without.ids[b]: unusable}
        vector = plan.user_vector(usable | more)
        assert vector.members.tolist() == [a]
        assert vector.unit == pytest.approx(catalog.embeddings[a], abs=1e-6)


def test_an_answer_without_what_must_exist_is_empty_by_mistake(
    without: Catalog, catalog: Catalog
) -> None:
    engaged: dict[str, Any] = {"engagements": engagements(without, EMBEDDED[0])}
    plan = plan_of(without, query_of(**engaged))
    known = plan.user_vector({without.ids[EMBEDDED[0]]: catalog.embeddings[EMBEDDED[0]]})
    for vector, matches, is_mistake in (
        (plan.user_vector({}), [], True),
        (known, [], True),
        (known, [Match("unheard of", 0.9)], True),
        (known, [Match(without.ids[1], 0.9)], False),
    ):
        assert plan.is_empty_by_mistake(plan.result(vector, matches)) == is_mistake
    all_excluded = plan_of(without, query_of(**engaged, excluded_ids=list(without.ids)))
    assert not all_excluded.is_empty_by_mistake(all_excluded.result(known, []))


@pytest.mark.parametrize(
    ("rows", "interests", "keys"),
    [(EMBEDDED[:1], [], {"because_like"}), ([], ["Chess"], {"interest", "near_interest"})],
)
def test_the_only_summand_is_the_reason_as_with_vectors_in_memory(
    without: Catalog, catalog: Catalog, rows: list[int], interests: list[str], keys: set[str]
) -> None:
    query = query_of(engagements=engagements(without, *rows), category_interests=interests)
    found, held = both(without, catalog, query)
    reasons = render_all(without, found.reasons)
    assert reasons == render_all(catalog, held.reasons)
    assert keys <= {one.key for one in reasons}


def test_of_several_engagements_none_is_named_as_the_reason(
    without: Catalog, catalog: Catalog
) -> None:
    engaged = engagements(without, *EMBEDDED[:5])
    found, _ = both(without, catalog, query_of(engagements=engaged, category_interests=["Chess"]))
    chess = without.rows_in_categories(np.array([without.category_index.row("Chess")]))
    chess = chess[~without.inherits_categories[chess]]
    reasons = render_all(without, found.reasons)
    for row, similarity, one in zip(found.rows, found.scores[:, 0], reasons, strict=True):
        if similarity < 300_000:
            assert one.key in {"quality", "fresh", "discover"}
        else:
            expected = "You chose Chess" if row in chess else "Based on your recent activity"
            assert one.text == expected
    assert {"interest", "recent_activity"} <= {one.key for one in reasons}


def test_of_several_interests_the_reason_is_one_that_the_episode_is_in(
    without: Catalog, catalog: Catalog
) -> None:
    found, _ = both(without, catalog, query_of(category_interests=["Chess", "Bread"]))
    for row, one in zip(found.rows, render_all(without, found.reasons), strict=True):
        inside = {without.categories[int(c)] for c in without.categories_of(int(row))}
        assert one.key != "near_interest"
        if one.key == "interest":
            assert one.params["category"] in inside & {"Chess", "Bread"}


def test_a_match_counts_once_with_its_highest_finite_score(without: Catalog) -> None:
    scores = [(7, 0.2), (3, 0.5), (7, 0.9), (3, np.nan), (9, np.nan), (4, -np.inf), (5, 1.5)]
    matches = [Match(without.ids[row], score) for row, score in [*scores, (8, 0.1)]]
    allowed = np.arange(len(without)) != 8
    rows, cosines = external_search.matched(without, [*matches, Match("unheard of", 0.9)], allowed)
    assert rows.tolist() == [3, 5, 7]
    assert cosines.tolist() == [0.5, 1.0, 0.9]


def test_episodes_similar_to_one_come_from_the_matches(without: Catalog, catalog: Catalog) -> None:
    ranker = Ranker(without, PLAIN)
    floors = ranker.features.floors
    assert floors is not None
    row = next(row for row in EMBEDDED if floors[row])
    rows, cosines = Ranker(catalog, PLAIN).similar(row, 10)
    matches = [Match(catalog.ids[one], c) for one, c in zip(rows, cosines, strict=True)][::-1]
    matches += [Match(without.ids[row], 1.0), Match("unheard of", 0.99)]
    matches += [Match(without.ids[1], float("nan"))]
    found, found_cosines = ranker.similar(row, 10, matches)
    assert found.tolist() == rows.tolist()
    assert row not in rows
    assert found_cosines == pytest.approx(cosines)
    assert not len(ranker.similar(row, 10)[0])
