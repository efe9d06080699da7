"""A split is fair, and a change of the experiment moves no more users than it has to."""

from collections import Counter

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chi2_contingency

from feed.scenarios.experiment import Experiment, assign

USERS = [f"user-{n}" for n in range(20_000)]
FEW = USERS[:300]
P_VALUE = 1e-6
"""How rarely a fair split may fail a test here; with these fixed ids and salts none does."""

names = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=40)
weights = st.floats(1e-6, 1e6)
experiments = st.builds(
    Experiment,
    name=names,
    share=st.floats(0, 1),
    arms=st.dictionaries(names, weights, min_size=2, max_size=5),
)


def split(experiment: Experiment, users: list[str] = FEW, **changes: object) -> list[str | None]:
    changed = msgspec.structs.replace(experiment, **changes)
    return [assign(changed, user) for user in users]


def is_likely(found: int, of: int, share: float) -> bool:
    low, high = binom.interval(1 - P_VALUE, of, share)
    return bool(low <= found <= high)


def are_independent(pairs: Counter[tuple[object, object]]) -> bool:
    rows, columns = ({pair[side] for pair in pairs} for side in (0, 1))
    table = [[pairs[row, column] for column in columns] for row in rows]
    return bool(chi2_contingency(table).pvalue > P_VALUE)


def test_each_arm_gets_its_share_of_the_users_who_take_part() -> None:
    for name in ("one", "two", "three"):
        arms = {"a": 5.0, "b": 3.0, "c": 2.0}
        counts = Counter(split(Experiment(name=name, share=0.4, arms=arms), USERS))
        assert is_likely(len(USERS) - counts[None], len(USERS), 0.4)
        for arm, weight in arms.items():
            assert is_likely(counts[arm], len(USERS), 0.4 * weight / 10), arm


def test_similar_ids_are_split_as_fairly() -> None:
    one = Experiment(name="one", arms={"a": 1.0, "b": 1.0})
    for users in ([str(n) for n in range(20_000)], ["x" * n for n in range(2_000)]):
        assert is_likely(split(one, users).count("a"), len(users), 0.5)


def test_experiments_of_different_salts_are_independent() -> None:
    one = Experiment(name="one", share=0.5, arms={"a": 1.0, "b": 2.0})
    assert are_independent(
        Counter(zip(split(one, USERS), split(one, USERS, name="two"), strict=True))
    )


def test_taking_part_is_independent_of_the_arm() -> None:
    one = Experiment(name="one", arms={"a": 1.0, "b": 2.0})
    takes_part = (arm is None for arm in split(one, USERS, share=0.3))
    assert are_independent(Counter(zip(takes_part, split(one, USERS), strict=True)))


@given(experiments, st.floats(0, 1))
def test_a_larger_share_moves_no_user_between_arms(one: Experiment, share: float) -> None:
    small, large = sorted((one.share, share))
    for before, after in zip(split(one, share=small), split(one, share=large), strict=True):
        assert before in {after, None}


@given(experiments)
def test_no_user_takes_part_in_a_share_of_0_and_all_do_in_1(one: Experiment) -> None:
    assert set(split(one, share=0.0)) == {None}
    assert None not in split(one, share=1.0)


@given(experiments, weights)
def test_a_larger_weight_moves_users_into_its_arm_alone(one: Experiment, weight: float) -> None:
    arm = min(one.arms)
    grown = split(one, arms=one.arms | {arm: max(weight, one.arms[arm])})
    for before, after in zip(split(one), grown, strict=True):
        assert after in {before, arm}
        assert (before is None) == (after is None)


@given(experiments, names, weights)
def test_another_arm_takes_users_from_the_others_and_moves_no_other(
    one: Experiment, arm: str, weight: float
) -> None:
    if arm not in one.arms:
        more = split(one, arms={arm: weight} | one.arms)
        for before, after in zip(split(one), more, strict=True):
            assert after in {before, arm}


@given(experiments, st.integers(-10, 10))
def test_weights_count_relative_to_each_other(one: Experiment, power: int) -> None:
    arms = {arm: weight * 2.0**power for arm, weight in one.arms.items()}
    assert split(one, arms=arms) == split(one)
