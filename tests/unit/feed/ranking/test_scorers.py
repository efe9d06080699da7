import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.model.timestamps import DAY_US
from feed.ranking import scorers
from feed.ranking.similarity import nearest_cosine
from feed.scenarios.scenario import BlendParameters, QualityParameters
from feed.user.hydration import hydrate
from feed.user.query import Query


def test_quality_weighs_credibility_above_insight(catalog: Catalog) -> None:
    found = scorers.quality(catalog, QualityParameters(missing="zero"))
    credibility, insight = np.nan_to_num(catalog.scores[:, :2]).T
    assert found == pytest.approx((1.5 * credibility + insight) / 10)


def test_missing_quality_counts_as_the_median_of_the_rest(catalog: Catalog) -> None:
    found = scorers.quality(catalog, QualityParameters(missing="median"))
    known = ~np.isnan(catalog.scores[:, :2]).any(axis=1)
    assert 0 < known.sum() < len(catalog)
    assert set(found[~known]) == {np.median(found[known])}


def test_where_no_quality_is_known_it_counts_one_half(catalog: Catalog) -> None:
    unscored = replace(catalog, scores=np.full_like(catalog.scores, np.nan))
    assert set(scorers.quality(unscored, QualityParameters(missing="median"))) == {0.5}


def test_recency_halves_in_23_days() -> None:
    assert scorers.recency(np.array([0, 23.1]), 0.03) == pytest.approx([1, 0.5], abs=1e-3)
    assert np.isinf(scorers.recency(np.array([-(10**6)]), 0.03)).all()


def test_aversion_is_the_similarity_to_the_nearest_refused_episode(catalog: Catalog) -> None:
    rows = np.array([0, 1, 2])
    vectors = catalog.embeddings[rows]
    found = nearest_cosine(vectors, catalog.embeddings[[0, 2]])
    cosines = catalog.embeddings[rows] @ catalog.embeddings[[0, 2]].T
    assert found == pytest.approx(np.clip(cosines.max(axis=1), 0, 1), abs=1e-6)
    assert not nearest_cosine(vectors, vectors[:0]).any()


def test_served_marks_what_an_earlier_session_served(catalog: Catalog) -> None:
    rows = np.array([4, 2, 0])
    served = hydrate(Query(now_us=0, served_ids=("episode-2", "content-0")), catalog).served_rows
    assert scorers.is_among(rows, served).tolist() == [0, 1, 1]


def test_the_blend_is_the_weighted_sum() -> None:
    weights = BlendParameters(similarity=1, quality=2, recency=3, aversion=4, served=5)
    parts = {
        "similarity": np.array([0.1]),
        "quality": np.array([0.2]),
        "recency": np.array([0.3]),
        "aversion": np.array([0.4]),
        "served": np.array([1.0]),
    }
    taken = scorers.weights(weights, parts, 1.0)
    assert scorers.blend(taken, parts) == pytest.approx([0.1 + 0.4 + 0.9 - 1.6 - 5])
    half = scorers.weights(weights, parts, 0.5)
    assert scorers.blend(half, parts) == pytest.approx([0.05 + 0.4 + 0.9 - 1.6 - 5])


def test_era_is_how_near_in_time_to_the_choices(catalog: Catalog) -> None:
    days = 30.0
    chosen, shares = np.array([3, 50, 120]), np.array([0.5, 0.3, 0.2])
    user = SimpleNamespace(positives=chosen, positive_shares=shares)
    rows = np.array([3, 7, 7, 200])
    when = catalog.published_us / DAY_US
    slow = [
        sum(
            share * math.exp(-abs(when[row] - when[one]) / days)
            for one, share in zip(chosen, shares, strict=True)
        )
        for row in rows
    ]
    assert scorers.date_affinity(catalog, cast("Any", user), rows, days) == pytest.approx(slow)
    nothing = SimpleNamespace(positives=chosen[:0], positive_shares=shares[:0])
    assert not scorers.date_affinity(catalog, cast("Any", nothing), rows, days).any()


def test_what_is_not_known_counts_as_the_median_of_what_is() -> None:
    values, known = np.array([0.2, 0.9, 0.4, 7.0]), np.array([True, True, True, False])
    assert scorers.known_or_median(values, known).tolist() == [0.2, 0.9, 0.4, 0.4]
    assert scorers.known_or_median(values, ~known[:1].repeat(4)).tolist() == [0.0] * 4
