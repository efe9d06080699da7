from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from catalog_builder import build
from feed.catalog.catalog import Catalog
from feed.cli import known_scenarios
from feed.model.timestamps import DAY_US, to_us
from feed.ranking.pipeline import Ranker, Slate
from feed.scenarios import scenario as scenarios
from feed.scenarios.scenario import Scenario
from feed.vectors.embeddings import Embeddings
from tests.support import ranking
from tests.support.catalogs import NOW, catalog_of, episodes, vectors_of
from tests.support.ranking import engagements, ids_of, query_of
from tests.support.scenarios import PLAIN

NOW_US = to_us(NOW)
FOR_YOU, BASELINE = (scenarios.shipped()[name] for name in ("for_you", "baseline"))


def ranked(catalog: Catalog, scenario: Scenario = FOR_YOU, **fields: Any) -> Slate:
    return ranking.ranked(catalog, scenario, **fields)


def later(catalog: Catalog, days: int) -> Catalog:
    """The catalog as it would be looked at that many days later."""
    return replace(catalog, published_us=catalog.published_us - days * DAY_US)


def with_vectors_of(catalog: Catalog, present: np.ndarray) -> Catalog:
    """The catalog with the embeddings of these rows alone."""
    vectors = np.where(present[:, None], catalog.embeddings[:], np.float32(0))
    anchors = catalog.anchors if present.any() else np.zeros_like(catalog.anchors)
    return replace(catalog, embeddings=Embeddings.exact(vectors, present), anchors=anchors)


@pytest.mark.parametrize("name", known_scenarios())
def test_the_score_of_any_episode_is_the_one_that_it_has_in_a_queue(
    catalog: Catalog, name: str
) -> None:
    query = query_of(
        engagements=engagements(catalog, 3) + engagements(catalog, 9, kind="not_interested"),
        served_ids=ids_of(catalog, range(50)),
    )
    ranker = Ranker(catalog, known_scenarios()[name])
    scores, slate = ranker.score(query), ranker.rank(query)
    assert len(scores) == len(catalog) > len(slate.rows) >= 50
    assert np.array_equal(np.rint(scores[slate.rows] * 1e6), slate.scores[:, 3])


def test_a_dislike_lowers_similar_episodes(catalog: Catalog) -> None:
    before = ranked(catalog)
    disliked = next(row for row in before.rows.tolist() if catalog.embeddings.present[row])
    dislikes = engagements(catalog, disliked, kind="not_interested")
    after = ranked(catalog, engagements=dislikes)
    similar = catalog.embeddings[:] @ catalog.embeddings[disliked] > 0.5
    similar[disliked] = False
    assert after.cold_start
    assert similar[after.rows].sum() < similar[before.rows].sum()


def test_a_served_episode_comes_later(catalog: Catalog) -> None:
    first = ids_of(catalog, ranked(catalog).rows[:5])
    again = ids_of(catalog, ranked(catalog, served_ids=first).rows[:5])
    assert not set(first) & set(again)


@pytest.mark.parametrize(
    ("days", "window", "degraded"),
    [(0, 90, ()), (150, 365, ("freshness_widened",)), (5_000, None, ("freshness_widened",))],
)
def test_the_freshness_window_widens_until_a_queue_can_be_filled(
    catalog: Catalog, days: int, window: int | None, degraded: tuple[str, ...]
) -> None:
    slate = ranked(later(catalog, days), PLAIN)
    assert (slate.trace.window_days, slate.degraded) == (window, degraded)
    assert len(slate.rows)


def test_a_window_that_would_gain_nothing_is_not_widened() -> None:
    few = catalog_of([e for e in episodes(200) if (NOW - e.published_at).days < 60][:40])
    slate = ranked(few, PLAIN)
    assert slate.trace.window_days == 90
    assert "freshness_widened" not in slate.degraded


def test_an_episode_dated_in_the_future_shows_only_where_the_scenario_allows_it(
    catalog: Catalog,
) -> None:
    early = later(catalog, -40)
    unpublished = early.published_us > NOW_US
    assert not unpublished[ranked(early).rows].any()
    assert unpublished[ranked(early, BASELINE).rows].any()


def test_a_catalog_without_any_vector_still_makes_a_feed(catalog: Catalog) -> None:
    none = with_vectors_of(catalog, np.zeros(len(catalog), np.bool_))
    slate = ranked(none, engagements=engagements(catalog, 1))
    assert slate.cold_start
    assert len(slate.rows) > 20


def test_the_best_by_quality_fill_up_the_candidates(catalog: Catalog) -> None:
    few = with_vectors_of(catalog, catalog.embeddings.present & (np.arange(len(catalog)) < 40))
    slate = ranked(few, engagements=engagements(catalog, 0))
    assert slate.trace.sources["best_quality"] > 0
    assert slate.trace.candidates == 150


def test_the_newest_come_first_where_no_episode_has_scores(catalog: Catalog) -> None:
    unscored = np.full_like(catalog.scores, np.nan)
    no_estimates = np.zeros(0, np.float32)
    slate = ranked(replace(catalog, scores=unscored, estimated_scores=no_estimates))
    newest = int(np.argmax(np.where(catalog.published_us <= NOW_US, catalog.published_us, 0)))
    assert newest in slate.rows[:5]
    assert (NOW_US - catalog.published_us[slate.rows[:20]]).max() < 20 * DAY_US


def test_the_trace_accounts_for_every_episode(catalog: Catalog) -> None:
    trace = ranked(catalog, excluded_ids=["episode-1"]).trace
    left = trace.catalog - sum(trace.removed.values())
    assert trace.candidates == min(left, 150) <= sum(trace.sources.values())
    assert 0 < trace.chosen <= trace.candidates


def test_an_engagement_from_the_future_is_reported_and_fails_nothing(catalog: Catalog) -> None:
    ahead = [{**engagements(catalog, 1)[0], "timestamp": "2099-01-01T00:00:00Z"}]
    slate = ranked(catalog, engagements=ahead)
    assert "clock_ahead" in slate.degraded
    assert len(slate.rows)


def test_the_order_of_the_catalog_changes_no_session(catalog: Catalog) -> None:
    """Ties are broken by source order, not by row."""
    backwards = catalog_of(episodes(400)[::-1])
    embeddings = Embeddings.exact(
        catalog.embeddings.float32[::-1].copy(), catalog.embeddings.present[::-1].copy()
    )
    order = backwards.source_order[::-1].copy()
    backwards = replace(backwards, source_order=order, embeddings=embeddings)
    queues = []
    for some in (catalog, backwards):
        level = replace(some, scores=np.full_like(some.scores, 4.0))
        queues.append(ids_of(level, ranked(level).rows))
    assert queues[0] == queues[1]


@pytest.mark.parametrize("scenario", [BASELINE, FOR_YOU], ids=lambda one: one.name)
def test_a_large_catalog_stored_newest_first_gives_the_same_session(
    catalog: Catalog, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "MIN_CLUSTERED", 400)
    large = build.build_catalog(episodes(400), vectors_of(episodes(400)), NOW)
    assert large.is_newest_first
    assert not catalog.is_newest_first
    for rows in ([], range(0, 60, 3)):
        fields = {"engagements": engagements(catalog, *rows), "seed": 5}
        one, other = (ranked(some, scenario, **fields) for some in (catalog, large))
        assert ids_of(catalog, one.rows) == ids_of(large, other.rows)
        assert one.scores.tolist() == other.scores.tolist()
