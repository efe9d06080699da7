"""The version of a scenario: a digest of all that has an effect on a ranking."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from feed.scenarios.scenario import Scenario

DIGITS = 8
"""Length of a version, in hexadecimal digits."""


def version(scenario: Scenario) -> str:
    """The version of a scenario: two of one version rank alike, whatever their names.

    Values that are defaults do not count, so a parameter that a later release adds changes no
    version.
    """
    built = deviations(scenario)
    del built["name"]
    built.pop("description", None)
    encoded = msgspec.json.encode(built, order="sorted")
    return hashlib.sha256(encoded).hexdigest()[:DIGITS]


def deviations(scenario: Scenario) -> dict[str, Any]:
    """The parameters of a scenario that differ from the defaults, as nested tables."""
    return _differing(msgspec.to_builtins(scenario), msgspec.to_builtins(Scenario(name="")))


def _differing(tables: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of nested tables that differ from the defaults."""
    found: dict[str, Any] = {}
    for name, value in tables.items():
        default = defaults.get(name)
        if isinstance(value, Mapping) and isinstance(default, Mapping):
            if inner := _differing(value, default):
                found[name] = inner
        elif value != default:
            found[name] = value
    return found
