"""Search spaces as files: what is invalid is refused by the parameter's path."""

import tomllib
from pathlib import Path

import msgspec
import pytest

from catalog_builder.errors import CommandError
from evaluation.tuning.space import SearchSpace, load_space
from evaluation.tuning.tune import tuned_scenario
from feed.cli import known_scenarios
from feed.scenarios.scenario import Scenario, parse, shipped

SPACES = Path(__file__).parents[4] / "evaluation" / "spaces"
START = shipped()["for_you"]


def loaded(tmp_path: Path, parameters: str, objective: str = "mrr = 1") -> SearchSpace:
    path = tmp_path / "space.toml"
    path.write_text(f"[objective]\n{objective}\n[parameters]\n{parameters}\n")
    return load_space(path, START)


def test_a_search_space_is_read_from_its_file(tmp_path: Path) -> None:
    space = loaded(
        tmp_path,
        '"blend.similarity" = { low = 0.1, high = 2, log = true }\n'
        '"interests.weights.click" = { low = 0, high = 3 }',
        '"recall@20" = 1\nmrr = 0.5',
    )
    assert space.current() == {
        "blend.similarity": START.blend.similarity,
        "interests.weights.click": START.interests.weights["click"],
    }
    assert space.objective_weights == {"recall@20": 1, "mrr": 0.5}
    assert space.values([0.5, 0.5]) == {
        "blend.similarity": pytest.approx(0.2**0.5, abs=1e-4),
        "interests.weights.click": 1.5,
    }


@pytest.mark.parametrize(
    ("parameters", "objective", "said"),
    [
        ("", "mrr = 1", r"\$\.parameters"),
        ('"blend.quality" = { low = 0, high = 1 }', "", r"\$\.objective"),
        ('"blend.quality" = { low = 0, hihg = 1 }', "mrr = 1", "hihg"),
        ('"blend.quality" = { low = 0, high = 1, step = 2 }', "mrr = 1", "step"),
        ('"blend.quality" = { low = 1, high = 1 }', "mrr = 1", r"blend\.quality: .* low below"),
        ('"blend.quality" = { low = nan, high = 1 }', "mrr = 1", r"blend\.quality: .* low below"),
        ('"blend.quality" = { low = 0, high = inf }', "mrr = 1", r"blend\.quality"),
        ('"blend.quality" = { low = 0, high = 1, log = true }', "mrr = 1", "above 0 with log"),
        ('"blend.quality" = { low = 0, high = 99 }', "mrr = 1", r"blend\.quality"),
        ('"blend.nothing" = { low = 0, high = 1 }', "mrr = 1", "nothing"),
        ('"nowhere.quality" = { low = 0, high = 1 }', "mrr = 1", r"nowhere\.quality: expected"),
        ('"blend" = { low = 0, high = 1 }', "mrr = 1", "blend: expected the path"),
        ('"filters.missing" = { low = 0, high = 1 }', "mrr = 1", r"filters\.missing"),
        ('"filters.unlimited" = { low = 0, high = 1 }', "mrr = 1", r"filters\.unlimited"),
        ('"interests.newest" = { low = 2.1, high = 2.9 }', "mrr = 1", "whole numbers"),
        ('"blend.quality" = { low = 0, high = 1 }', "luck = 1", "expected a metric .*'luck'"),
        ('"blend.quality" = { low = 0, high = 1 }', '"recall@999" = 1', "'recall@999'"),
        ('"blend.quality" = { low = 0 high = 1 }', "mrr = 1", "line 4"),
    ],
)
def test_an_invalid_search_space_is_refused_by_name(
    tmp_path: Path, parameters: str, objective: str, said: str
) -> None:
    with pytest.raises(CommandError, match=said) as refused:
        loaded(tmp_path, parameters, objective)
    assert str(refused.value).startswith(f"{tmp_path}/space.toml: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("path", sorted(SPACES.glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_space_fits_the_scenario_of_its_name(path: Path) -> None:
    space = load_space(path, shipped()[path.stem])
    assert space.scenario(space.current()) == space.start


@pytest.mark.parametrize("name", ["for_you", "films"])
def test_a_shipped_scenario_is_its_start_with_fitted_curves(name: str) -> None:
    start = parse((SPACES.parent / "starts" / f"{name}.toml").read_text())
    fitted = known_scenarios()[name]
    assert fitted.blend.curves.keys() == start.blend.curves.keys()
    blend = msgspec.structs.replace(fitted.blend, curves=start.blend.curves)
    assert msgspec.structs.replace(fitted, blend=blend) == start


def test_a_tuned_scenario_file_holds_the_tried_values_and_no_defaults(tmp_path: Path) -> None:
    space = loaded(tmp_path, '"blend.quality" = { low = 0, high = 1 }')
    scenario, text = tuned_scenario(space, {"blend.quality": 0.1234}, "mine", "Told.")
    assert parse(text) == scenario
    assert scenario == msgspec.structs.replace(
        START,
        name="mine",
        description="Told.",
        blend=msgspec.structs.replace(START.blend, quality=0.1234),
    )
    written = tomllib.loads(text)
    usual = msgspec.to_builtins(Scenario(name=""))
    assert all(
        value != usual[table][name]
        for table in ("blend", "selector", "sources")
        for name, value in written.get(table, {}).items()
    )
