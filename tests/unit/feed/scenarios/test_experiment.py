import hashlib
import math
import re
from pathlib import Path

import pytest

from feed.scenarios.experiment import Experiment, ExperimentError, assign, parse

ARMS = "[arms]\nfor_you = 1\nbaseline = 1\n"
AUTUMN = 'name = "autumn"\nshare = 0.8\n[arms]\nfor_you = 2\nbaseline = 1\nfilms = 1.5\n'
EXPERIMENT = parse(AUTUMN)
ARMS_OF_USERS = """
for_you films for_you films baseline baseline
for_you films films baseline films for_you
"""
"""of user-1, user-2 and so on"""
RECORDED = {
    "": "baseline",
    "ada": "for_you",
    "bert": "for_you",
    "Ada": "baseline",
    "zoë": "films",
    "用户-1": "films",
    "x" * 128: None,
    **{f"user-{n}": arm for n, arm in enumerate(ARMS_OF_USERS.split(), 1)},
    "kJx0aPqRZ4Ys2QhT1uVbW8nLm3C2": "films",
    "kJx0aPqRZ4Ys2QhT1uVbW8nLm3C3": "for_you",
    "a@b.example": "films",
}
"""Never to be changed: another assignment would break every running experiment."""
DOCS = (Path(__file__).parents[4] / "docs" / "experiments.md").read_text()


def test_every_user_stays_in_the_same_arm_whatever_the_order_of_the_arms() -> None:
    reordered = 'name = "autumn"\nshare = 0.8\n[arms]\nfilms = 1.5\nbaseline = 1\nfor_you = 2\n'
    for experiment in (EXPERIMENT, parse(reordered)):
        assert {user: assign(experiment, user) for user in RECORDED} == RECORDED


def test_defaults_are_all_users_and_the_name_as_the_salt() -> None:
    one = parse('name = "autumn"\n' + ARMS)
    assert one == Experiment(name="autumn", arms={"for_you": 1.0, "baseline": 1.0})
    same = parse('name = "winter"\nsalt = "autumn"\nshare = 1\n' + ARMS)
    users = [f"user-{n}" for n in range(200)]
    assert [assign(one, user) for user in users] == [assign(same, user) for user in users]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (ARMS, "name"),
        ('name = "Not This"\n' + ARMS, r"\$.name"),
        ('name = "a"', "arms"),
        ('name = "a"\n[arms]\nfor_you = 1', r"\$.arms"),
        *(
            (f'name = "a"\n[arms]\nfor_you = 1\nbaseline = {weight}', r"\$.arms")
            for weight in ("0", "-1", "inf", "nan", '"half"')
        ),
        ('name = "a"\n[arms]\nfor_you = 1\n"" = 1', r"\$.arms"),
        *((f'name = "a"\nshare = {share}\n' + ARMS, r"\$.share") for share in (1.1, -0.1, "nan")),
        ('name = "a"\nshrae = 1\n' + ARMS, "shrae"),
        ('name = "a"\nsalt = ""\n' + ARMS, r"\$.salt"),
        ('name = "a"\nsalt = "\\u0000"\n' + ARMS, r"\$.salt"),
        ("name = ", "not TOML"),
        (b"\xff", "not TOML"),
    ],
)
def test_an_experiment_that_cannot_be_used_is_refused_by_the_name_of_its_key(
    text: str | bytes, key: str
) -> None:
    with pytest.raises(ExperimentError, match=key):
        parse(text)


def test_the_example_of_the_docs_can_be_used() -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)
    assert parse(example).arms == {"for_you": 1.0, "baseline": 1.0}


def test_the_split_is_computed_as_the_docs_say() -> None:
    def u(draw: str, user: str) -> float:
        text = b"\0".join(one.encode() for one in ("autumn", draw, user))
        return (int(hashlib.sha256(text).hexdigest()[:13], 16) + 0.5) / 16**13

    def arm(user: str) -> str | None:
        if u("", user) >= EXPERIMENT.share:
            return None
        return min(EXPERIMENT.arms, key=lambda arm: -math.log(u(arm, user)) / EXPERIMENT.arms[arm])

    assert {user: arm(user) for user in RECORDED} == RECORDED
