"""Estimated scores are compared with true ones by rank, with intervals over whole shows."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from evaluation.prior import correlation
from evaluation.prior.correlation import FITTED, PriorResult, correlate_prior
from feed.model.episode import Episode, Scores, Series
from feed.ports.episodes import Vectors
from tests.support.catalogs import NOW


def episode(number: int, direction: int) -> Episode:
    """One of a show's four; the longer its notes, the better (or worse) it is; some lack scores."""
    scores = Scores(credibility=2, insight=2 + direction * number / 40)
    given: dict[str, Any] = {
        "id": f"e{number}",
        "title": "T",
        "published_at": NOW - timedelta(days=number % 4),
        "series": Series(id=f"s{number // 4}"),
        "description": "word " * (1 + number),
        "scores": None if number % 20 == 0 else scores,
    }
    return Episode(**given)


@pytest.fixture
def result(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> PriorResult:
    monkeypatch.setattr(correlation, "RESAMPLES", 40)
    episodes = [episode(number, request.param) for number in range(80)]
    vectors = Vectors(np.zeros((80, 8), np.float32), np.zeros(80, np.bool_), model="none")
    found = correlate_prior(episodes, vectors, NOW, seed=3)
    assert correlate_prior(episodes, vectors, NOW, seed=3) == found
    return found


@pytest.mark.parametrize("result", [1], indirect=True)
def test_a_term_that_ranks_as_the_scores_do_has_a_correlation_of_one(result: PriorResult) -> None:
    assert (result.episodes, result.shows) == (76, 20)
    notes = result.correlations["notes"]
    assert notes.spearman == pytest.approx(1, abs=0.01)
    assert notes.ci == pytest.approx((1, 1), abs=0.01)
    assert result.correlations["duration"] == correlation.Correlation(None, None)


@pytest.mark.parametrize("result", [-1], indirect=True)
def test_the_fitted_reference_finds_what_the_prior_does_not_assume(result: PriorResult) -> None:
    estimate, fitted = (result.correlations[name].spearman for name in ("estimate", FITTED))
    assert estimate is not None
    assert fitted is not None
    assert estimate < -0.9
    assert fitted > 0.8
