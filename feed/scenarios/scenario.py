"""Scenarios: everything that tunes a ranking, read from TOML files.

A file with an unknown key, or with a value out of its bounds, is refused by the name of the key.
"""

from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Any

import msgspec

from feed.scenarios import toml_file
from feed.scenarios.parameters import (
    PARTS,
    BlendParameters,
    FilterParameters,
    ImpressionParameters,
    InterestParameters,
    QualityParameters,
    ReasonParameters,
    SourceParameters,
    Table,
)
from feed.scenarios.rules import Rules, rule_problems
from feed.scenarios.selector import SelectorParameters

MAX_NAME = 40
"""characters of a scenario's name"""


class ScenarioError(ValueError):
    """A scenario that cannot be used; the message names the key and what was expected."""


class Scenario(Table, frozen=True, kw_only=True):
    """All parameters of a ranking, and its rules."""

    name: Annotated[str, msgspec.Meta(pattern=f"^[a-z0-9_]{{1,{MAX_NAME}}}$")]
    description: str = ""
    interests: InterestParameters = InterestParameters()
    quality: QualityParameters = QualityParameters()
    filters: FilterParameters = FilterParameters()
    impressions: ImpressionParameters = ImpressionParameters()
    sources: SourceParameters = SourceParameters()
    blend: BlendParameters = BlendParameters()
    selector: SelectorParameters = SelectorParameters()
    reasons: ReasonParameters = ReasonParameters()
    rules: Rules = Rules()


def parse(text: str | bytes) -> Scenario:
    """A scenario from TOML. Raises `ScenarioError` that names the key."""
    scenario = toml_file.decode(text, Scenario, "scenario", ScenarioError)
    _check(scenario)
    return scenario


def of_tables(tables: Mapping[str, Any]) -> Scenario:
    """A scenario from the tables of its file. Raises `ScenarioError` that names the key."""
    try:
        scenario = msgspec.convert(tables, Scenario)
    except msgspec.ValidationError as error:
        raise ScenarioError(f"scenario: {error}") from error
    _check(scenario)
    return scenario


def _check(scenario: Scenario) -> None:
    """Check what the types of the parameters do not."""
    steps = scenario.filters.freshness_days
    if list(steps) != sorted(set(steps)):
        raise ScenarioError("scenario: expected growing windows - at `$.filters.freshness_days`")
    for name, curve in scenario.blend.curves.items():
        place = f"at `$.blend.curves.{name}`"
        if name not in PARTS:
            raise ScenarioError(f"scenario: expected a part of the score - {place}")
        is_rising = curve.at and list(curve.at) == sorted(set(curve.at))
        if not is_rising or len(curve.at) != len(curve.value):
            raise ScenarioError(f"scenario: expected rising knots and a value for each - {place}")
    for problem in rule_problems(scenario.rules):
        raise ScenarioError(f"scenario: {problem}")


def load(file: Traversable) -> Scenario:
    """Read a scenario from a TOML file. Raises `ScenarioError` that names the file and the key."""
    return toml_file.load(file, parse, ScenarioError)


def load_folder(folder: Traversable) -> dict[str, Scenario]:
    """Read every `.toml` file of a folder: the scenarios by their names.

    Raises `ScenarioError` that names the file and the key.
    """
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    found = [load(file) for file in files if file.name.endswith(".toml")]
    return {scenario.name: scenario for scenario in found}


def shipped() -> dict[str, Scenario]:
    """The scenarios that are deployed with the functions, by name."""
    return load_folder(resources.files("feed.scenarios"))
