"""The search space: parameters of a scenario, their bounds, and the objective."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec

from catalog_builder.errors import CommandError
from evaluation.data.toml_file import read_toml
from evaluation.offline.observations import DEPTH
from evaluation.offline.replay import METRIC
from feed.arrays.arrays import FloatArray
from feed.scenarios.scenario import Scenario, ScenarioError, of_tables

DIGITS = 4
"""significant digits of a tried value, so that a file holds exactly what was evaluated"""


class ParameterBounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The range of a parameter."""

    low: float
    high: float
    log: bool = False
    """search on a logarithmic scale; requires low above 0"""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    parameters: Annotated[dict[str, ParameterBounds], msgspec.Meta(min_length=1)]
    objective: Annotated[dict[str, float], msgspec.Meta(min_length=1)]


@dataclass(frozen=True)
class SearchSpace:
    """d parameters of a scenario by dotted path, with bounds, and the objective to maximize."""

    start: Scenario
    parameters: Mapping[str, ParameterBounds]
    objective_weights: Mapping[str, float]
    """by metric: its weight in the sum"""

    def scenario(self, values: Mapping[str, float], name: str | None = None) -> Scenario:
        """The start scenario with these parameter values.

        Raises:
            CommandError: a value is not allowed; the message names the parameter.
        """
        built = msgspec.to_builtins(self.start)
        for path, value in values.items():
            *tables, key = path.split(".")
            _table(built, tables, path)[key] = value
        built["name"] = name or self.start.name
        try:
            return of_tables(built)
        except ScenarioError as error:
            raise CommandError(f"parameters: {error}") from error

    def current(self) -> dict[str, float]:
        """The parameter values of the start scenario."""
        built = msgspec.to_builtins(self.start)
        values = {}
        for path in self.parameters:
            *tables, key = path.split(".")
            # A weight that a table leaves out is 1.
            values[path] = _table(built, tables, path).get(key, 1.0)
        return values

    def values(self, unit: Sequence[float] | FloatArray) -> dict[str, float]:
        """The parameter values at a point (d,) of the unit cube."""
        values = {}
        for (path, bounds), share in zip(self.parameters.items(), unit, strict=True):
            if bounds.log:
                value = bounds.low * (bounds.high / bounds.low) ** float(share)
            else:
                value = bounds.low + (bounds.high - bounds.low) * float(share)
            values[path] = self._rounded(path, value)
        return values

    def unit(self, values: Mapping[str, float]) -> list[float]:
        """The point (d,) of the unit cube nearest to these parameter values."""
        shares = []
        for path, bounds in self.parameters.items():
            value = min(max(values[path], bounds.low), bounds.high)
            if bounds.log:
                share = math.log(value / bounds.low) / math.log(bounds.high / bounds.low)
            else:
                share = (value - bounds.low) / (bounds.high - bounds.low)
            shares.append(share)
        return shares

    def objective(self, metrics: Mapping[str, float]) -> float:
        """Weighted sum of the metrics to maximize; -inf if a metric has no value."""
        total = sum(weight * metrics[name] for name, weight in self.objective_weights.items())
        return total if math.isfinite(total) else -math.inf

    def _rounded(self, path: str, value: float) -> float:
        if isinstance(self.current()[path], int):
            return round(value)
        bounds = self.parameters[path]
        return min(max(float(f"{value:.{DIGITS}g}"), bounds.low), bounds.high)


def load_space(path: Path, start: Scenario) -> SearchSpace:
    """Read a search space for the scenario `start` from a TOML file.

    Raises:
        CommandError: the file is invalid, or a parameter or metric does not exist.
    """
    file = read_toml(path, _File)
    for name in file.objective:
        match = METRIC.fullmatch(name)
        if not match or int(match[2] or 1) > DEPTH:
            raise CommandError(f"{path}: objective: expected a metric like recall@20, got {name!r}")
    space = SearchSpace(start, file.parameters, file.objective)
    try:
        _check(space)
    except CommandError as error:
        raise CommandError(f"{path}: {error}") from error
    return space


def _check(space: SearchSpace) -> None:
    """Check that the bounds are ordered and that a scenario allows both ends of each."""
    for path, bounds in space.parameters.items():
        if not bounds.low < bounds.high:
            raise CommandError(
                f"{path}: expected low below high, got {bounds.low} and {bounds.high}"
            )
        if bounds.log and bounds.low <= 0:
            raise CommandError(f"{path}: expected low above 0 with log, got {bounds.low}")
        whole = bounds.low.is_integer() and bounds.high.is_integer()
        if isinstance(space.current()[path], int) and not whole:
            raise CommandError(
                f"{path}: expected whole numbers, got {bounds.low} and {bounds.high}"
            )
    for end in (0.0, 1.0):
        for path, value in space.values([end] * len(space.parameters)).items():
            space.scenario({path: value})
    for path, value in space.current().items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise CommandError(
                f"{path}: expected a numeric parameter of the scenario, got {value!r}"
            )


def _table(built: dict[str, Any], tables: Sequence[str], path: str) -> dict[str, Any]:
    place: Any = built
    for name in tables:
        place = place.get(name) if isinstance(place, dict) else None
    if not isinstance(place, dict) or not tables:
        raise CommandError(
            f"{path}: expected the path of a parameter, for example blend.similarity"
        )
    return place
