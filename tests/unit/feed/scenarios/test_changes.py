"""Changes give a session another scenario, as a changed file would."""

from typing import Any

import pytest

from feed.scenarios.changes import with_changes
from feed.scenarios.scenario import ScenarioError, parse, shipped

FOR_YOU = shipped()["for_you"]
PLAIN = parse('name = "plain"\n[blend]\nquality = 1\n[interests.weights]\nclick = 3\nlike = 2\n')


def test_a_key_that_is_changed_changes_alone_and_null_gives_the_default() -> None:
    changes = {"blend": {"quality": None, "era": 2}, "interests": {"weights": {"click": 1}}}
    expected = 'name = "plain_tuned"\n[blend]\nera = 2\n[interests.weights]\nclick = 1\nlike = 2\n'
    assert with_changes(PLAIN, changes) == parse(expected)


def test_of_a_curve_one_key_can_be_changed() -> None:
    before = FOR_YOU.blend.curves["promise"]
    changes = {"blend": {"curves": {"promise": {"value": [0, 1, 2]}, "era": None}}}
    curves = with_changes(FOR_YOU, changes).blend.curves
    assert curves.keys() == FOR_YOU.blend.curves.keys() - {"era"}
    assert (curves["promise"].at, curves["promise"].value) == (before.at, (0, 1, 2))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"blend": {"quality": 11}}, "$.blend.quality"),
        ({"blend": {"qualty": 1}}, "qualty"),
        ({"blends": {"quality": 1}}, "blends"),
        ({"name": {}}, "$.name"),
        ({"filters": {"freshness_days": [9, 3]}}, "freshness_days"),
        ({"filters": {"freshness_days": list(range(21))}}, "length <= 20"),
        ({"rules": {"boosts": [{"add": 1, "where": {"explicit": True}}] * 101}}, "length <= 100"),
        ({"blend": {"curves": {"new": {"at": [0], "value": [0]}}}}, "part of the score"),
    ],
)
def test_changes_that_no_file_may_have_are_refused_by_the_key(changes: Any, message: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        with_changes(FOR_YOU, changes)
    assert message in str(refused.value)


def test_changes_nested_without_end_are_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"blend": deep}
    with pytest.raises(ScenarioError, match="fewer tables"):
        with_changes(FOR_YOU, deep)
