"""The shipped `for_you` is the result of tuning its start."""

from pathlib import Path

import msgspec

from evaluation.tuning.space import load_space
from feed.scenarios.scenario import parse, shipped

EVALUATION = Path(__file__).parents[4] / "evaluation"


def test_for_you_is_its_start_with_searched_values_within_bounds() -> None:
    start = parse((EVALUATION / "starts" / "for_you.toml").read_text())
    space = load_space(EVALUATION / "spaces" / "for_you.toml", start)
    tuned = shipped()["for_you"]
    values = {}
    for path in space.parameters:
        table, name = path.split(".")
        values[path] = getattr(getattr(tuned, table), name)
    for path, bounds in space.parameters.items():
        assert bounds.low <= values[path] <= bounds.high, path
    found = msgspec.structs.replace(space.scenario(values), description=tuned.description)
    assert found == tuned
    assert tuned.description.startswith(f"{start.description} Tuned: trial")
