"""The version of a scenario says what it ranks by, and nothing else."""

import pytest

from feed.scenarios.scenario import parse, shipped
from feed.scenarios.version import deviations, version

PLAIN = 'name = "plain"\n[blend]\nquality = 1'


@pytest.mark.parametrize(
    "same",
    [
        'name = "other"\ndescription = "Something else."\n[blend]\nquality = 1',
        f"{PLAIN}.0",
        f"{PLAIN}\nsimilarity = 0.55",
    ],
    ids=["names", "spelling", "a default"],
)
def test_what_has_no_effect_on_a_ranking_has_none_on_the_version(same: str) -> None:
    assert version(parse(same)) == version(parse(PLAIN))


@pytest.mark.parametrize(
    "changed",
    [
        'name = "plain"',
        f"{PLAIN}.1",
        f"{PLAIN}\n[selector]\nqueue = 20",
        f"{PLAIN}\n[blend.curves]\nage = {{ at = [0, 1], value = [1, 0] }}",
    ],
)
def test_every_parameter_changes_the_version(changed: str) -> None:
    assert version(parse(changed)) != version(parse(PLAIN))


def test_deviations_are_the_parameters_unlike_the_defaults() -> None:
    assert deviations(parse(f"{PLAIN}\nsimilarity = 0.55")) == {
        "name": "plain",
        "blend": {"quality": 1.0},
    }


def test_versions_are_short_and_differ() -> None:
    versions = {version(one) for one in shipped().values()}
    assert len(versions) == len(shipped())
    assert all(len(one) == 8 and int(one, 16) >= 0 for one in versions)
