from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from catalog_builder import build
from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement, Profile, Summary
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker, Slate
from feed.scenarios import scenario as scenarios
from feed.scenarios.scenario import Scenario
from feed.session.request import SessionRequest, make_query
from feed.vectors.embeddings import Embeddings
from tests.support.catalogs import NOW, catalog_of, episodes, vectors_of

NOW_US = to_us(NOW)
FOR_YOU = scenarios.shipped()["for_you"]


def ranked(
    catalog: Catalog, scenario: Scenario = FOR_YOU, profile: Profile | None = None, **fields: Any
) -> Slate:
    request = msgspec.convert(fields, SessionRequest)
    summary = Summary(profile=profile) if profile else None
    query = make_query(request, summary, seed=0, now_us=NOW_US)
    return Ranker(catalog, scenario).rank(query)


def names(catalog: Catalog, rows: Sequence[int] | np.ndarray) -> list[str]:
    return [catalog.ids[int(row)] for row in rows]


def aged(catalog: Catalog, days: int) -> Catalog:
    """The catalog as it would be looked at that many days later."""
    shifted = catalog.published_us - days * 86_400_000_000
    return replace(catalog, published_us=shifted)


def test_nothing_that_was_engaged_with_comes_back(catalog: Catalog) -> None:
    first = names(catalog, ranked(catalog).rows)
    engaged = [{"episode_id": one, "type": "click"} for one in first[:20]]
    again = names(catalog, ranked(catalog, engagements=engaged).rows)
    assert set(first[:20]).isdisjoint(again)


def test_every_episode_has_the_score_that_it_would_have_in_a_queue(catalog: Catalog) -> None:
    request = msgspec.convert(
        {
            "engagements": [
                {"episode_id": catalog.ids[3], "type": "like"},
                {"episode_id": catalog.ids[9], "type": "not_interested"},
            ],
            "served_ids": [catalog.ids[row] for row in range(50)],
        },
        SessionRequest,
    )
    query = make_query(request, None, seed=0, now_us=NOW_US)
    ranker = Ranker(catalog, FOR_YOU)
    scores, slate = ranker.score(query), ranker.rank(query)
    assert len(scores) == len(catalog) > len(slate.rows) >= 50
    assert np.array_equal(np.rint(scores[slate.rows] * 1e6), slate.scores[:, 3])


def test_what_is_muted_never_shows(catalog: Catalog) -> None:
    series, category = catalog.series_ids[1], "Chess"
    slate = ranked(catalog, profile=Profile(muted_categories=(category,)), muted_series=[series])
    assert not (catalog.series[slate.rows] == 1).any()
    for row in slate.rows:
        inside = {catalog.categories[int(c)] for c in catalog.categories_of(int(row))}
        assert category not in inside


def test_not_interested_lowers_what_is_like_it(catalog: Catalog) -> None:
    before = ranked(catalog)
    refused = int(next(row for row in before.rows if catalog.embeddings.present[row]))
    after = ranked(
        catalog, engagements=[{"episode_id": catalog.ids[refused], "type": "not_interested"}]
    )
    alike = catalog.embeddings[:] @ catalog.embeddings[refused] > 0.5

    def shown(slate: Slate) -> int:
        return int(np.count_nonzero(alike[slate.rows[slate.rows != refused]]))

    assert after.cold_start
    assert shown(after) < shown(before)


def test_what_was_served_before_comes_later(catalog: Catalog) -> None:
    first = names(catalog, ranked(catalog).rows)[:5]
    again = names(catalog, ranked(catalog, served_ids=first).rows)
    assert set(first).isdisjoint(again[:5])


def test_the_freshness_window_widens_until_a_queue_can_be_filled(catalog: Catalog) -> None:
    now = ranked(catalog)
    assert now.degraded == ()
    assert now.trace.window_days == 90
    later = ranked(aged(catalog, 150))
    assert later.degraded == ("freshness_widened",)
    assert later.trace.window_days == 365
    ancient = ranked(aged(catalog, 5_000))
    assert ancient.trace.window_days is None
    assert len(ancient.rows)


def test_baseline_never_widens(catalog: Catalog) -> None:
    old = ranked(aged(catalog, 5_000), scenarios.shipped()["baseline"])
    assert not len(old.rows)
    assert old.degraded == ("none_fresh",)


def test_a_window_that_would_gain_nothing_is_not_widened() -> None:
    few = catalog_of([e for e in episodes(200) if (NOW - e.published_at).days < 60][:40])
    slate = ranked(few)
    assert slate.trace.window_days == 90
    assert "freshness_widened" not in slate.degraded


def test_an_episode_dated_in_the_future_waits_for_its_day(catalog: Catalog) -> None:
    early = aged(catalog, -40)
    unpublished = early.published_us > NOW_US
    assert unpublished.any()
    assert not unpublished[ranked(early).rows].any()
    assert unpublished[ranked(early, scenarios.shipped()["baseline"]).rows].any()


def test_a_catalog_without_any_vector_still_makes_a_personal_feed(catalog: Catalog) -> None:
    blind = replace(
        catalog,
        embeddings=Embeddings.exact(
            np.zeros_like(catalog.embeddings[:]), np.zeros_like(catalog.embeddings.present)
        ),
        anchors=np.zeros_like(catalog.anchors),
    )
    slate = ranked(blind, engagements=[{"episode_id": "episode-1", "type": "like"}])
    assert slate.cold_start
    assert len(slate.rows) > 20


def test_where_few_are_similar_the_best_fill_the_queue(catalog: Catalog) -> None:
    few = np.zeros_like(catalog.embeddings.present)
    few[:40] = catalog.embeddings.present[:40]
    sparse = replace(catalog, embeddings=replace(catalog.embeddings, present=few))
    slate = ranked(sparse, engagements=[{"episode_id": catalog.ids[0], "type": "like"}])
    assert slate.trace.sources["best_quality"] > 0
    assert slate.trace.candidates == 150


def test_where_nothing_is_rated_the_newest_come_first_whatever_the_order_of_the_source(
    catalog: Catalog,
) -> None:
    unscored = replace(catalog, scores=np.full_like(catalog.scores, np.nan))
    slate = ranked(unscored)
    newest = int(np.argmax(np.where(catalog.published_us <= NOW_US, catalog.published_us, 0)))
    assert newest in slate.rows[:5]
    ages = NOW_US - catalog.published_us[slate.rows[:20]]
    assert ages.max() < 20 * 86_400_000_000


def test_an_empty_catalog_makes_an_empty_queue() -> None:
    slate = ranked(catalog_of([]), category_interests=["Chess"])
    assert not len(slate.rows)
    assert slate.cold_start


def test_the_trace_accounts_for_every_episode(catalog: Catalog) -> None:
    trace = ranked(catalog, excluded_ids=["episode-1"]).trace
    left = trace.catalog - sum(trace.removed.values())
    assert trace.candidates == min(left, 150) <= sum(trace.sources.values())
    assert 0 < trace.chosen <= trace.candidates


def test_a_clock_ahead_is_named_and_fails_nothing(catalog: Catalog) -> None:
    slate = ranked(
        catalog,
        engagements=[
            {"episode_id": "episode-1", "type": "like", "timestamp": "2099-01-01T00:00:00Z"}
        ],
    )
    assert "clock_ahead" in slate.degraded
    assert len(slate.rows)


def test_sorting_the_catalog_otherwise_changes_no_session(catalog: Catalog) -> None:
    """Ties go by source order, not by row."""
    level = replace(catalog, scores=np.full_like(catalog.scores, 4.0))
    made = episodes(400)
    backwards = catalog_of(made[::-1])
    backwards = replace(
        backwards,
        scores=np.full_like(backwards.scores, 4.0),
        source_order=backwards.source_order[::-1].copy(),
        embeddings=Embeddings.exact(
            catalog.embeddings[::-1].copy(), catalog.embeddings.present[::-1].copy()
        ),
    )
    assert names(level, ranked(level).rows) == names(backwards, ranked(backwards).rows)


@pytest.mark.parametrize("scenario", ["baseline", "for_you"])
def test_a_large_catalog_whose_newest_are_first_gives_the_same_session(
    catalog: Catalog, scenario: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "MIN_CLUSTERED", 400)
    made = episodes(400)
    large = build.build_catalog(made, vectors_of(made), NOW)
    assert large.is_newest_first
    assert not catalog.is_newest_first
    for chosen in ([], range(0, 60, 3)):
        sent = [{"episode_id": catalog.ids[row], "type": "like"} for row in chosen]
        request = msgspec.convert({"engagements": sent}, SessionRequest)
        query = make_query(request, None, seed=5, now_us=NOW_US)
        one, other = (
            Ranker(some, scenarios.shipped()[scenario]).rank(query) for some in (catalog, large)
        )
        assert names(catalog, one.rows) == names(large, other.rows)
        assert one.scores.tolist() == other.scores.tolist()


def test_stored_engagements_and_sent_ones_count_once() -> None:
    stored = Engagement(id="a", episode_id="x", type="like", timestamp_us=NOW_US)
    summary = Summary(engagements=(stored,))
    sent = [
        {"id": "a", "episode_id": "x", "type": "like", "timestamp": NOW.isoformat()},
        {"episode_id": "x", "type": "like", "timestamp": NOW.isoformat()},
        {"episode_id": "y", "type": "like"},
    ]
    request = msgspec.convert({"engagements": sent}, SessionRequest)
    query = make_query(request, summary, seed=0, now_us=NOW_US)
    assert sorted(e.episode_id for e in query.engagements) == ["x", "y"]


@pytest.mark.parametrize(("sent", "wanted"), [(None, ("a",)), ([], ()), (["b"], ("b",))])
def test_interests_in_a_request_stand_in_place_of_the_profiles(sent: Any, wanted: Any) -> None:
    summary = Summary(profile=Profile(category_interests=("a",), muted_series=("m",)))
    request = SessionRequest(
        category_interests=None if sent is None else tuple(sent), muted_series=("n", "m")
    )
    profile = make_query(request, summary, seed=0, now_us=NOW_US).profile
    assert profile.category_interests == wanted
    assert profile.muted_series == ("m", "n")
