"""Changes of a scenario for one session, as those who tune it try them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from feed.scenarios.scenario import MAX_NAME, Scenario, ScenarioError, of_tables
from feed.scenarios.version import deviations

_SUFFIX = "_tuned"
ScenarioChanges = dict[str, dict[str, Any]]
"""By table, as in a scenario file: the keys that get another value; null gives one its default."""


def with_changes(scenario: Scenario, changes: Mapping[str, Mapping[str, Any]]) -> Scenario:
    """The scenario with some parameters changed, named after it: `for_you_tuned`.

    The changes are a JSON Merge Patch (RFC 7396) of the scenario's file: tables within tables are
    merged, lists are replaced. Raises `ScenarioError` that names the key.
    """
    try:
        tables = _merged(deviations(scenario), changes)
        changed = of_tables(tables)
    except RecursionError as error:
        raise ScenarioError("scenario: expected fewer tables within tables") from error
    name = scenario.name[: MAX_NAME - len(_SUFFIX)] + _SUFFIX
    return msgspec.structs.replace(changed, name=name)


def _merged(target: Any, patch: Any) -> Any:
    """Apply a JSON Merge Patch, by the algorithm of RFC 7396, section 2."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged
