import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.catalog.signals import Signals
from feed.model.timestamps import DAY_US
from feed.ranking import scorers
from feed.ranking.similarity import nearest_cosine
from feed.scenarios.parameters import BlendParameters, Curve, QualityParameters
from feed.user.hydration import hydrate
from tests.support.ranking import query_of


def test_missing_quality_is_the_median_of_the_rest_or_one_half(catalog: Catalog) -> None:
    parameters = QualityParameters(missing="median")
    found = scorers.quality(catalog, parameters)
    known = ~np.isnan(catalog.scores[:, :2]).any(axis=1)
    assert 0 < known.sum() < len(catalog)
    assert set(found[~known]) == {np.median(found[known])}
    unscored = replace(catalog, scores=np.full_like(catalog.scores, np.nan))
    assert set(scorers.quality(unscored, parameters)) == {0.5}


def test_recency_halves_in_23_days() -> None:
    assert scorers.recency(np.array([0, 23.1]), 0.03) == pytest.approx([1, 0.5], abs=1e-3)
    assert np.isinf(scorers.recency(np.array([-(10**6)]), 0.03)).all()


def test_dislike_is_the_similarity_to_the_nearest_disliked_episode(catalog: Catalog) -> None:
    vectors, disliked = catalog.embeddings[[0, 1, 2]], catalog.embeddings[[0, 2]]
    expected = np.clip((vectors @ disliked.T).max(axis=1), 0, 1)
    assert nearest_cosine(vectors, disliked) == pytest.approx(expected, abs=1e-6)
    assert not nearest_cosine(vectors, vectors[:0]).any()


def test_a_served_episode_is_marked_by_its_id_or_content_id(catalog: Catalog) -> None:
    served = hydrate(query_of(served_ids=["episode-2", "content-0"]), catalog).served_rows
    assert scorers.is_among(np.array([4, 2, 0]), served).tolist() == [0, 1, 1]


@pytest.mark.parametrize("confidence", [1.0, 0.5])
def test_the_score_is_the_weighted_sum_of_its_parts(confidence: float) -> None:
    parameters = BlendParameters(similarity=1, quality=2, recency=3, aversion=4, served=5)
    values = {"similarity": 0.1, "quality": 0.2, "recency": 0.3, "aversion": 0.4, "served": 1.0}
    parts = {name: np.array([value]) for name, value in values.items()}
    expected = confidence * 0.1 + 2 * 0.2 + 3 * 0.3 - 4 * 0.4 - 5
    found = scorers.contributions(parameters, parts, confidence)
    assert scorers.blend(found) == pytest.approx([expected])


def test_a_part_with_a_curve_adds_what_the_curve_says_whatever_its_weight() -> None:
    curve = Curve(at=(0.0, 1.0, 3.0), value=(5.0, 1.0, 2.0))
    parameters = BlendParameters(similarity=7, curves={"similarity": curve})
    parts = {"similarity": np.array([-9.0, 0.5, 1.0, 2.0, 9.0])}
    found = scorers.contributions(parameters, parts, confidence=0.1)["similarity"]
    assert found == pytest.approx([5.0, 3.0, 1.0, 1.5, 2.0])


def test_text_counts_less_for_episodes_that_co_engagement_knows() -> None:
    parameters = BlendParameters(similarity=2, interest=1, quality=3)
    parts = {name: np.ones(2) for name in ("similarity", "interest", "quality")}
    found = scorers.contributions(parameters, parts, 1.0, np.array([0.1, 1.0]))
    assert {name: one.tolist() for name, one in found.items()} == {
        "similarity": [0.2, 2.0],
        "interest": [0.1, 1.0],
        "quality": [3.0, 3.0],
    }


def test_popularity_and_rise_keep_their_scale_if_every_count_is_a_hundred_times_as_large() -> None:
    rng = np.random.default_rng(0)
    counts = 1000.0 * rng.random((100, 5)) ** 4 + 1000
    some, more = (
        scorers.popularity_parts(
            replace(
                Signals.none(100, 0),
                popularity=(scale * counts[:, :4]).astype(np.float32),
                listeners=(scale * counts[:, 4]).astype(np.int32),
            )
        )
        for scale in (1, 100)
    )
    for name, part in some.items():
        assert part == pytest.approx(more[name], abs=0.01)
    for name in ("day", "week", "month", "ever"):
        assert np.count_nonzero(some[f"popularity_{name}"] > 0) == scorers.POPULAR - 1


def test_an_episode_without_listeners_does_not_rise_and_one_chosen_lately_does() -> None:
    popularity = np.array([[0, 0, 0, 0], [50, 80, 90, 90], [1, 5, 30, 200]], np.float32)
    listeners = np.array([0, 90, 400], np.int32)
    signals = replace(Signals.none(3, 0), popularity=popularity, listeners=listeners)
    parts = scorers.popularity_parts(signals)
    for name in ("rise_day", "rise_week", "rise_month"):
        none, risen, old = parts[name]
        assert none == 0.0
        assert risen > 0.0 > old


def test_date_affinity_falls_with_the_days_to_the_positives(catalog: Catalog) -> None:
    days, rows = 30.0, np.array([3, 7, 7, 200])
    positives, shares = np.array([3, 50, 120]), np.array([0.5, 0.3, 0.2])
    dates = catalog.published_us / DAY_US
    expected = [
        sum(
            share * math.exp(-abs(dates[row] - dates[one]) / days)
            for one, share in zip(positives, shares, strict=True)
        )
        for row in rows
    ]

    def affinity(count: int) -> np.ndarray:
        user = SimpleNamespace(positives=positives[:count], positive_shares=shares[:count])
        return scorers.date_affinity(catalog, cast("Any", user), rows, days)

    assert affinity(3) == pytest.approx(expected)
    assert not affinity(0).any()


def test_an_unknown_value_counts_as_the_median_of_the_known_ones() -> None:
    values, known = np.array([0.2, 0.9, 0.4, 7.0]), np.array([True, True, True, False])
    assert scorers.known_or_median(values, known).tolist() == [0.2, 0.9, 0.4, 0.4]
    assert scorers.known_or_median(values, np.zeros(4, np.bool_)).tolist() == [0.0] * 4
