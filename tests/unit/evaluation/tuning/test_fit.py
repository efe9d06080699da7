"""`python -m evaluation fit`: from choices to a scenario."""

from pathlib import Path

import msgspec
import pytest

from catalog_builder.errors import CommandError
from evaluation.data.synthetic.dataset import (
    SyntheticSize,
    episodes_jsonl,
    events_csv,
    synthetic_data,
)
from evaluation.tuning.fit import ChoiceData, fitted_scenario
from feed.scenarios.scenario import Scenario, parse, shipped
from feed.scenarios.writer import to_toml

START = parse(
    """
name = "start"
[sources]
neighbours = 50
trending = 50
[filters]
freshness_days = []
[blend.curves]
neighbours = { at = [0, 1], value = [0, 0] }
age = { at = [0, 1], value = [0, 0] }
"""
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ChoiceData:
    folder = tmp_path_factory.mktemp("fit")
    made = synthetic_data(SyntheticSize(shows=20, episodes=200, users=80, events_per_user=12.0))
    (folder / "episodes.jsonl").write_bytes(episodes_jsonl(made))
    (folder / "train.csv").write_bytes(events_csv(made.train))
    return ChoiceData(str(folder / "episodes.jsonl"), folder / "train.csv", (0.7, 0.8))


def test_a_scenario_is_fitted_and_its_file_is_the_scenario(data: ChoiceData) -> None:
    fitted = fitted_scenario(START, [data], "mine", debias=0.0, seed=0)
    assert fitted.blend.curves.keys() == START.blend.curves.keys()
    nearer = fitted.blend.curves["neighbours"]
    assert nearer.value[-1] > nearer.value[0]
    text = to_toml(fitted)
    assert parse(text) == fitted
    assert f"at = [{', '.join(map(str, nearer.at))}]" in text


def test_a_scenario_without_a_curve_is_refused(data: ChoiceData) -> None:
    plain: Scenario = msgspec.structs.replace(shipped()["baseline"], name="plain")
    with pytest.raises(CommandError, match="expected parts with a curve"):
        fitted_scenario(plain, [data], "mine", debias=0.0, seed=0)


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    missing = ChoiceData(str(tmp_path / "none.jsonl"), tmp_path / "none.csv", (0.7,))
    with pytest.raises(CommandError, match=r"none\.csv"):
        fitted_scenario(START, [missing], "mine", debias=0.0, seed=0)
