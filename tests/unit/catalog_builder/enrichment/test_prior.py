"""Estimated scores: what an episode delivers, and its show, stand in for scores that it lacks."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from catalog_builder.enrichment.prior import estimated_scores, prior_terms
from feed.catalog.signals import Signals
from feed.model.episode import Episode, Scores, Series
from feed.ranking import scorers
from feed.scenarios.parameters import QualityParameters
from tests.support.catalogs import NOW, catalog_of

ESTIMATE = QualityParameters(missing="estimate")


def episode(number: int, **more: Any) -> Episode:
    given: dict[str, Any] = {"id": f"e{number}", "title": f"Title {number}", "published_at": NOW}
    return Episode(**(given | more))


def estimates(*episodes: Episode) -> list[float]:
    found: list[float] = catalog_of(episodes).estimated_scores.tolist()
    return found


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"audio_url": "https://example.com/a.mp3"}, {}),
        ({"description": "A long talk about bread. " * 9}, {"description": "Bread."}),
        ({"duration_s": 2400.0}, {"duration_s": 400.0}),
        ({"title": "Bread"}, {"title": "Bread, the trailer"}),
        ({"title": "Bread, the trailer", "duration_s": 2400.0}, {"duration_s": 400.0}),
        ({}, {"episode_type": "trailer"}),
        ({"episode_type": "bonus"}, {"episode_type": "trailer"}),
        ({"title": "Best of Both Worlds"}, {"title": "Best of: Worlds"}),
        ({}, {"title": "A long story [Rerun]"}),
        ({"duration_s": 200.0}, {"duration_s": 60.0}),
    ],
)
def test_an_episode_that_promises_more_is_estimated_higher(
    better: dict[str, Any], worse: dict[str, Any]
) -> None:
    first, second = estimates(episode(1, **better), episode(2, **worse))
    assert first > second


def test_an_episode_with_both_scores_has_no_estimate_and_others_get_the_usual_level() -> None:
    rated, half, bare = estimates(
        episode(1, scores=Scores(credibility=4, insight=5)),
        episode(2, scores=Scores(credibility=4)),
        episode(3),
    )
    assert np.isnan(rated)
    assert half == bare == 4.0


def test_only_a_scenario_that_asks_for_estimates_ranks_by_them() -> None:
    catalog = catalog_of([episode(1), episode(2, series=Series(name="A"), url="https://a.example")])
    low, high = scorers.quality(catalog, ESTIMATE)
    assert low < high
    assert set(scorers.quality(catalog, QualityParameters())) == {0.5}
    assert not scorers.quality(catalog, QualityParameters(missing="zero")).any()


def test_a_score_that_is_known_counts_beside_the_estimate_of_the_other() -> None:
    catalog = catalog_of([episode(1, scores=Scores(credibility=4))])
    assert scorers.quality(catalog, ESTIMATE)[0] == (1.5 * 4 + 1.0 * 4) / 10


def test_what_listeners_did_counts_where_it_is_known() -> None:
    shows = [Series(id="a"), Series(id="a"), Series(id="b"), Series(id="b")]
    episodes = [episode(number, series=show) for number, show in enumerate(shows)]
    catalog = catalog_of(episodes)
    none = Signals.none(4, 2)
    signals = replace(
        none,
        completion=np.array([0.9, 0.4, np.nan, 0.4], np.float32),
        series_return=np.array([0.0, 0.5], np.float32),
    )

    def terms(of: Signals) -> dict[str, Any]:
        return prior_terms(episodes, catalog.published_us, catalog.series, of)

    heard = terms(signals)
    assert heard["completion"].tolist() == pytest.approx([0.9, 0.4, 0.4, 0.4])
    assert heard["return_rate"].tolist() == [0.5] * 4  # the median where unknown
    before, after = (estimated_scores(catalog.scores, terms(one)) for one in (none, signals))
    assert len(set(before.tolist())) == 1
    assert after[0] > after[1] == after[2] == after[3]
