"""A split is fair, and what changes in an experiment moves no more users than it has to."""

from collections import Counter

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chi2_contingency

from feed.scenarios.experiment import Experiment, assign

USERS = [f"user-{n}" for n in range(20_000)]
FEW = USERS[:300]
CHANCE = 1e-6
"""how rarely a fair split may fail a test here; with these fixed ids and salts none does"""

names = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=40)
weights = st.floats(1e-6, 1e6)
experiments = st.builds(
    Experiment,
    name=names,
    share=st.floats(0, 1),
    arms=st.dictionaries(names, weights, min_size=2, max_size=5),
)


def split(experiment: Experiment, users: list[str] = FEW) -> list[str | None]:
    return [assign(experiment, user) for user in users]


def changed(experiment: Experiment, **fields: object) -> Experiment:
    return msgspec.structs.replace(experiment, **fields)


def within_chance(found: int, of: int, share: float) -> bool:
    low, high = binom.interval(1 - CHANCE, of, share)
    return bool(low <= found <= high)


def test_each_arm_gets_its_share_of_those_who_take_part() -> None:
    for name in ("one", "two", "three"):
        arms = {"a": 5.0, "b": 3.0, "c": 2.0}
        counts = Counter(split(Experiment(name=name, share=0.4, arms=arms), USERS))
        assert within_chance(len(USERS) - counts[None], len(USERS), 0.4)
        for arm, weight in arms.items():
            assert within_chance(counts[arm], len(USERS), 0.4 * weight / 10), arm


def test_numbered_and_likenamed_users_are_split_as_fairly() -> None:
    one = Experiment(name="one", arms={"a": 1.0, "b": 1.0})
    for users in ([str(n) for n in range(20_000)], ["x" * n for n in range(2_000)]):
        assert within_chance(split(one, users).count("a"), len(users), 0.5)


def test_experiments_of_different_salts_are_independent() -> None:
    arms = {"a": 1.0, "b": 2.0}
    one = split(Experiment(name="one", share=0.5, arms=arms), USERS)
    other = split(Experiment(name="two", share=0.5, arms=arms), USERS)
    together = Counter(zip(one, other, strict=True))
    groups = ("a", "b", None)
    assert chi2_contingency([[together[x, y] for y in groups] for x in groups]).pvalue > CHANCE


def test_who_takes_part_says_nothing_of_the_arm() -> None:
    everybody = Experiment(name="one", arms={"a": 1.0, "b": 2.0})
    some = changed(everybody, share=0.3)
    together = Counter((assign(some, user) is None, assign(everybody, user)) for user in USERS)
    table = [[together[out, arm] for arm in ("a", "b")] for out in (True, False)]
    assert chi2_contingency(table).pvalue > CHANCE


@given(experiments, st.floats(0, 1))
def test_a_share_that_grows_moves_nobody_from_arm_to_arm(one: Experiment, share: float) -> None:
    small, large = sorted((one.share, share))
    for before, after in zip(
        split(changed(one, share=small)), split(changed(one, share=large)), strict=True
    ):
        assert before in {after, None}


@given(experiments)
def test_of_no_share_nobody_takes_part_and_of_all_everybody_does(one: Experiment) -> None:
    assert set(split(changed(one, share=0.0))) == {None}
    assert None not in split(changed(one, share=1.0))


@given(experiments, weights)
def test_a_weight_that_changes_moves_users_into_its_arm_or_out_of_it(
    one: Experiment, weight: float
) -> None:
    arm = min(one.arms)
    grown = changed(one, arms=one.arms | {arm: max(weight, one.arms[arm])})
    for before, after in zip(split(one), split(grown), strict=True):
        assert after in {before, arm}
        assert (before is None) == (after is None)


@given(experiments, names, weights)
def test_an_arm_more_takes_users_from_the_others_and_gives_them_back(
    one: Experiment, arm: str, weight: float
) -> None:
    more = changed(one, arms={arm: weight} | one.arms)
    if arm not in one.arms:
        for before, after in zip(split(one), split(more), strict=True):
            assert after in {before, arm}


@given(experiments, st.integers(-10, 10))
def test_weights_count_beside_each_other_only(one: Experiment, power: int) -> None:
    arms = {arm: weight * 2.0**power for arm, weight in one.arms.items()}
    assert split(changed(one, arms=arms)) == split(one)


@given(experiments, st.text(max_size=128))
def test_any_id_has_one_of_the_arms_or_none(one: Experiment, user: str) -> None:
    assert assign(one, user) in {None, *one.arms}
