"""Estimated scores: what an episode delivers, and its show, stand in for scores that it lacks."""

from typing import Any

import numpy as np
import pytest

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
