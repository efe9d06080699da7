"""Writing a scenario as the TOML file that it can be read from."""

from collections.abc import Mapping
from typing import Any

import msgspec

from feed.scenarios.scenario import Scenario
from feed.scenarios.version import deviations


def to_toml(scenario: Scenario) -> str:
    """A TOML file of what differs from the defaults in a scenario; `parse` reads it back."""
    return "\n".join(_lines(deviations(scenario), ""))


def _lines(table: Mapping[str, Any], path: str) -> list[str]:
    """The lines of a table, its values before the tables in it. Every key is a bare key."""
    values = {name: one for name, one in table.items() if not isinstance(one, Mapping)}
    lines = [f"[{path}]"] if path and values else []
    lines += [f"{name} = {_value(one)}" for name, one in values.items()]
    lines += [""] if lines else []
    for name, one in table.items():
        if isinstance(one, Mapping):
            lines += _lines(one, f"{path}.{name}".removeprefix("."))
    return lines


def _value(value: Any) -> str:
    """A value on one line. A JSON string is a TOML string, but for a raw DEL."""
    if isinstance(value, Mapping):
        pairs = [f"{name} = {_value(one)}" for name, one in value.items() if one is not None]
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, float):
        return repr(value)
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
