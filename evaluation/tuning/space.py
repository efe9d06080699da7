"""Space: which numbers of a scenario are searched, within which bounds, and for what."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec

from catalog_builder.errors import CommandError
from evaluation.offline.replay import DEPTH, METRIC
from evaluation.tuning.written import toml
from feed.arrays.arrays import FloatArray
from feed.scenarios.scenario import Scenario, ScenarioError, parse

DIGITS = 4
"""significant digits of a value that is tried: what is written is what was tried"""


class Bounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a parameter may lie."""

    low: float
    high: float
    log: bool = False
    """whether equal ratios count as equal steps; low is above 0 then"""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    parameters: Annotated[dict[str, Bounds], msgspec.Meta(min_length=1)]
    objective: Annotated[dict[str, float], msgspec.Meta(min_length=1)]


@dataclass(frozen=True)
class Space:
    """d parameters of a scenario by dotted path, and what is to be made large."""

    start: Scenario
    parameters: Mapping[str, Bounds]
    objective: Mapping[str, float]
    """by metric, its weight in the sum"""

    def scenario(self, values: Mapping[str, float], name: str | None = None) -> Scenario:
        """The scenario with these values. Raises `CommandError` that names the parameter."""
        built = msgspec.to_builtins(self.start)
        for path, value in values.items():
            *tables, key = path.split(".")
            _table(built, tables, path)[key] = value
        built["name"] = name or self.start.name
        try:
            # The way of a file, so that what is tried is what a file can say.
            return parse(toml(built))
        except ScenarioError as error:
            raise CommandError(f"parameters: {error}") from error

    def current(self) -> dict[str, float]:
        """The values of the scenario that the search starts from."""
        built = msgspec.to_builtins(self.start)
        found = {}
        for path in self.parameters:
            *tables, key = path.split(".")
            # A table of weights need not name each: what it leaves out counts 1.
            found[path] = _table(built, tables, path).get(key, 1.0)
        return found

    def values(self, unit: Sequence[float] | FloatArray) -> dict[str, float]:
        """The values at a point of the unit cube (d,)."""
        found = {}
        for (path, bounds), share in zip(self.parameters.items(), unit, strict=True):
            if bounds.log:
                value = bounds.low * (bounds.high / bounds.low) ** float(share)
            else:
                value = bounds.low + (bounds.high - bounds.low) * float(share)
            found[path] = self._said(path, value)
        return found

    def unit(self, values: Mapping[str, float]) -> list[float]:
        """(d,) the point of the unit cube that these values lie at, or nearest to."""
        found = []
        for path, bounds in self.parameters.items():
            value = min(max(values[path], bounds.low), bounds.high)
            if bounds.log:
                share = math.log(value / bounds.low) / math.log(bounds.high / bounds.low)
            else:
                share = (value - bounds.low) / (bounds.high - bounds.low)
            found.append(share)
        return found

    def worth(self, metrics: Mapping[str, float]) -> float:
        """The objective. A metric without a value is worth nothing at all."""
        total = sum(weight * metrics[name] for name, weight in self.objective.items())
        return total if math.isfinite(total) else -math.inf

    def _said(self, path: str, value: float) -> float:
        if isinstance(self.current()[path], int):
            return round(value)
        bounds = self.parameters[path]
        return min(max(float(f"{value:.{DIGITS}g}"), bounds.low), bounds.high)


def load(path: Path, start: Scenario) -> Space:
    """A space from its file. Raises `CommandError` that names what is wrong."""
    try:
        file = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    except (ValueError, msgspec.ValidationError) as error:
        raise CommandError(f"{path}: {error}") from error
    for name in file.objective:
        found = METRIC.fullmatch(name)
        if not found or int(found[2] or 1) > DEPTH:
            raise CommandError(f"{path}: objective: expected a metric like recall@20, got {name!r}")
    space = Space(start, file.parameters, file.objective)
    try:
        _check(space)
    except CommandError as error:
        raise CommandError(f"{path}: {error}") from error
    return space


def _check(space: Space) -> None:
    """Every bound has to be a value that a scenario may have."""
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
            raise CommandError(f"{path}: expected a number of the scenario, got {value!r}")


def _table(built: dict[str, Any], tables: Sequence[str], path: str) -> dict[str, Any]:
    place: Any = built
    for name in tables:
        place = place.get(name) if isinstance(place, dict) else None
    if not isinstance(place, dict) or not tables:
        raise CommandError(f"{path}: expected a path like blend.similarity")
    return place
