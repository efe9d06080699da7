"""What became of an episode in each stage, whether it was chosen or not."""

from typing import Any

import pytest

from feed.catalog.catalog import Catalog
from feed.ranking.explanation import EpisodeExplanation
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import Scenario
from tests.support.catalogs import catalog_of, episodes, with_lengths
from tests.support.ranking import engagements, query_of, with_tables
from tests.support.scenarios import PLAIN


def detail(catalog: Catalog, scenario: Scenario, episode_id: str = "", **fields: Any) -> Any:
    slate = Ranker(catalog, scenario).rank(query_of(**fields))
    return slate.make_detail(episode_id or None)


def explain(
    catalog: Catalog, scenario: Scenario, episode_id: str, **fields: Any
) -> EpisodeExplanation:
    found: EpisodeExplanation | None = detail(catalog, scenario, episode_id, **fields).explained
    assert found is not None
    return found


def test_every_candidate_has_its_rank_and_a_place_or_why_it_has_none(catalog: Catalog) -> None:
    scenario = with_tables(PLAIN, selector={"queue": 10, "max_per_series": 1, "near_duplicate": 2})
    ranker, query = Ranker(catalog, scenario), query_of(engagements=engagements(catalog, 3))
    slate = ranker.rank(query)
    candidates = slate.make_detail(None).candidates
    of_series = {catalog.series[row] for row in slate.rows.tolist()}
    for rank, one in enumerate(candidates[:40], 1):
        found = slate.make_detail(one.id).explained
        assert found is not None
        assert (found.rank, found.queue_position) == (rank, one.queue_position)
        assert (found.final_score, found.proposed_by) == (one.final_score, one.proposed_by)
        assert sum(found.parts.values()) == pytest.approx(found.final_score, abs=1e-4)
        series = catalog.series[catalog.rows([one.id])[0]]
        expected = "series_limit" if series >= 0 and series in of_series else "outranked"
        assert found.passed_over == (None if one.queue_position else expected)


def test_every_filter_that_removes_an_episode_is_named(catalog: Catalog) -> None:
    removed = detail(catalog, PLAIN).removed["quality_floors"][0]
    series = catalog.series_ids[catalog.series[catalog.rows([removed.id])[0]]]
    fields = {"excluded_ids": [removed.id], "muted_series": [series]}
    found = explain(catalog, PLAIN, removed.id, **fields)
    assert found.removed_by == ["quality_floors", "excluded", "muted_series"]
    assert (found.proposed_by, found.rank, found.passed_over) == ([], None, None)
    assert found.parts["quality"] > 0  # what it would have


@pytest.mark.parametrize(
    ("given", "why"), [({}, "near_duplicate"), ({"fill_s": 7200}, "length")], ids=["", "time"]
)
def test_a_near_duplicate_and_what_does_not_fit_a_time_are_passed_over(
    given: dict[str, Any], why: str
) -> None:
    catalog = catalog_of(with_lengths(episodes(60)))
    scenario = with_tables(PLAIN, selector={"near_duplicate": 0.0})
    candidates = detail(catalog, scenario, **given).candidates
    left = next(one for one in candidates if one.queue_position is None)
    assert explain(catalog, scenario, left.id, **given).passed_over == why


def test_an_unknown_episode_is_not_explained_and_an_unknown_engagement_has_no_title(
    catalog: Catalog,
) -> None:
    sent = [{"episode_id": "none", "type": "like"}, *engagements(catalog, 3)]
    found = detail(catalog, PLAIN, "none", engagements=sent)
    assert found.explained is None
    assert {one.id: one.title for one in found.engaged} == {
        "none": None,
        catalog.ids[3]: catalog.title(3),
    }


def test_the_mix_counts_the_queue_and_what_of_it_is_new(catalog: Catalog) -> None:
    first = detail(catalog, PLAIN).mix
    assert (first.new_series, first.new_categories) == (1.0, 1.0)
    slate = Ranker(catalog, PLAIN).rank(query_of(engagements=engagements(catalog, 3, 9)))
    mix, rows = slate.make_detail(None).mix, slate.rows[:50]
    known = {int(catalog.series[3]), int(catalog.series[9])}
    new = [one not in known for one in catalog.series[rows].tolist()]
    assert mix.new_series == pytest.approx(sum(new) / len(new), abs=1e-4)
    assert 0 < mix.new_categories < 1
    assert mix.series == len(set(catalog.series[rows].tolist()) - {-1})
    sizes = list(mix.categories.values())
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) <= 50
