"""Scenarios are compared with baselines, paired by user, at one cut or at several."""

import numpy as np
import pytest

from evaluation.data.events import Events
from evaluation.offline.comparison import compare, differences
from evaluation.offline.observations import Observations, observe, pool
from evaluation.offline.protocol import targets
from evaluation.offline.replay import summarize
from tests.support.interactions import FixedScores, event, history, training_of

KS = (1, 2)


def observed(name: str, ranks: list[int], users: list[str] | None = None) -> Observations:
    """A ranking that has the target of each user at this place of two, 0 for none."""
    lists = np.array([[n, 100 + n] for n in range(len(ranks))])
    found = np.array(ranks)
    values = {f"recall@{k}": ((found > 0) & (found <= k)).astype(float) for k in KS}
    values |= {f"ndcg@{k}": values[f"recall@{k}"] / np.log2(np.maximum(found, 1) + 1) for k in KS}
    ids = users or [f"u{n}" for n in range(len(ranks))]
    every = np.ones(len(ranks), np.bool_)
    return Observations(name, ids, lists, found, values, {"head": every}, 200, lists)


@pytest.mark.parametrize(
    ("hits", "verdict"), [(20, "not better"), (22, "not better"), (40, "better")]
)
def test_a_scenario_is_better_only_if_the_paired_interval_is_above_zero(
    hits: int, verdict: str
) -> None:
    # The best list finds the targets of 20 in 100 users; the other one is beaten in each case.
    ranks = {"mine": hits, "popularity": 5, "recent_popularity": 20, "ease": 60}
    outcomes = [
        summarize(observed(name, [1] * found + [0] * (100 - found)), KS)
        for name, found in ranks.items()
    ]
    mine, *baselines = compare(outcomes, 1, seed=0)
    assert mine.rivals == {"recall@2": "recent_popularity", "ndcg@1": "recent_popularity"}
    assert mine.verdict == verdict
    mean, low, high = mine.against["ease"]["recall@2"]
    assert mean == pytest.approx((hits - 60) / 100)
    assert low <= mean <= high < 0
    assert not any(one.against or one.rivals for one in baselines)


def test_the_interval_of_a_difference_is_paired_by_user() -> None:
    one, two = observed("one", [1, 0] * 50), observed("two", [1, 0] * 50)
    assert differences(one, two, ["recall@1"], seed=0)["recall@1"] == (0, 0, 0)


def test_cuts_are_pooled_by_pairs_and_coverage_is_their_mean() -> None:
    first, second = observed("one", [1, 0], ["a", "b"]), observed("one", [2], ["b"])
    found = summarize(pool([first, second]), KS)
    assert found.metrics["recall@2"] == pytest.approx(2 / 3)
    each = [summarize(one, KS).metrics["coverage@2"] for one in (first, second)]
    assert found.metrics["coverage@2"] == pytest.approx(np.mean(each))
    assert found.metrics["coverage@2_no_exploration"] == found.metrics["coverage@2"]
    assert len(found.ranks) == 3


def test_a_user_of_several_cuts_is_resampled_as_one() -> None:
    ranks = [1] * 20 + [0] * 20
    once = summarize(observed("one", ranks), KS)
    thrice = summarize(pool([observed("one", ranks)] * 3), KS)
    assert thrice.metrics["recall@1"] == once.metrics["recall@1"]
    assert thrice.ci["recall@1"] == pytest.approx(once.ci["recall@1"])
    assert thrice.ci["coverage@1"] == pytest.approx(once.ci["coverage@1"])


def test_a_metric_that_one_cut_lacks_is_of_the_other_cuts() -> None:
    known = training_of([*history("a", [0, 1, 2, 3, 4]), *history("b", [5, 6, 7, 8, 9])])
    parts = [
        observe(FixedScores(np.arange(30.0)), known, asked, KS)
        for asked in (
            targets(known, Events.from_rows([event("a", 5, -1)])),
            targets(known, Events.from_rows([event("a", 20, -1)])),
        )
    ]
    assert "cold_auc" not in parts[0].values
    assert np.isnan(pool(parts).values["cold_auc"]).tolist() == [True, False]
