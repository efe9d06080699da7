"""Curves are fitted to choices, and say what made them."""

from dataclasses import replace

import numpy as np
import pytest

from evaluation.tuning.choices import Choices
from evaluation.tuning.curves import DEBIASED, fit_beside, fit_curves
from feed.arrays.arrays import FloatArray

USERS, EACH = 1500, 20


def choices(seed: int) -> Choices:
    """Users who choose by a part with a peak in the middle, and by no other."""
    rng = np.random.default_rng(seed)
    parts = {name: rng.normal(size=USERS * EACH).round(3) for name in ("age", "noise", DEBIASED)}
    utility = wanted(parts["age"]) + rng.gumbel(size=USERS * EACH)
    starts = np.arange(USERS) * EACH
    return Choices(
        parts=parts,
        fixed=np.zeros(USERS * EACH),
        starts=starts,
        chosen=starts + utility.reshape(USERS, EACH).argmax(axis=1),
        weights=np.ones(USERS),
    )


def wanted(part: FloatArray) -> FloatArray:
    """What the part adds to a user's utility: 2 at 0, falling to both sides."""
    return 2.0 - np.abs(part)


def spread(values: FloatArray | tuple[float, ...]) -> float:
    return float(np.max(values) - np.min(values))


def test_a_fitted_curve_is_the_one_that_users_chose_by() -> None:
    curves = fit_curves(choices(0))
    found = curves["age"]
    inner = np.linspace(-1.5, 1.5, 7)
    expected = wanted(inner)
    curve = np.interp(inner, found.at, found.value)
    assert curve - curve.mean() == pytest.approx(expected - expected.mean(), abs=0.3)
    assert spread(curves["noise"].value) < 0.5
    assert all(min(curve.value) == 0.0 for curve in curves.values())


def test_a_part_of_which_more_is_better_never_gets_a_falling_curve() -> None:
    some = choices(5)
    falling = {"age": some.parts["age"], "neighbours": some.parts["age"].clip(0, None)}
    curves = fit_curves(replace(some, parts=falling))
    assert (np.diff(curves["neighbours"].value) >= 0).all()
    assert min(np.diff(curves["age"].value)) < 0


def test_what_the_weights_add_anyway_is_not_fitted_again() -> None:
    some = choices(1)
    known = replace(some, fixed=wanted(some.parts["age"]))
    assert spread(fit_curves(known)["age"].value) < 0.5 < spread(fit_curves(some)["age"].value)


def test_the_scale_of_what_is_kept_is_fitted_beside_the_curves() -> None:
    some = choices(1)
    kept = 4 * wanted(some.parts["age"])
    curves, factor = fit_beside(
        replace(some, fixed=kept, parts={"noise": some.parts["noise"]}), kept
    )
    assert factor == pytest.approx(0.25, abs=0.03)
    assert spread(curves["noise"].value) < 0.5


def test_debiasing_takes_exposure_from_the_popularity_of_the_month_alone() -> None:
    plain, debiased = fit_curves(choices(2)), fit_curves(choices(2), debias=0.5)
    for name, curve in plain.items():
        lowered = np.array(curve.value) - (name == DEBIASED) * 0.5 * np.array(curve.at)
        expected = lowered - lowered.min()
        assert debiased[name].value == pytest.approx(expected, abs=0.002)


def test_data_sets_of_different_sizes_count_their_shares() -> None:
    one, other = choices(3), choices(4)
    small = replace(
        one,
        starts=one.starts[:100],
        chosen=one.chosen[:100],
        weights=one.weights[:100],
        fixed=one.fixed[: 100 * EACH],
        parts={name: part[: 100 * EACH] for name, part in one.parts.items()},
    )
    joined = Choices.joined([(small, 1.0), (other, 3.0)])
    assert joined.weights[:100].sum() * 3 == pytest.approx(joined.weights[100:].sum())
    assert (joined.chosen >= joined.starts).all()
    assert (np.diff(joined.starts) == EACH).all()
