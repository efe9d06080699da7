"""Written: the tables of a scenario as a TOML file."""

from collections.abc import Iterator, Mapping
from typing import Any


def toml(built: Mapping[str, Any]) -> str:
    """Tables as TOML."""
    # Only tuning writes TOML: it is no requirement of what is deployed.
    import tomli_w  # noqa: PLC0415

    return tomli_w.dumps(built)


def differing(built: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    """What of some tables is not as usual."""
    return dict(_differing(built, usual))


def _differing(built: Mapping[str, Any], usual: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in built.items():
        if isinstance(value, Mapping) and isinstance(usual.get(name), Mapping):
            inner = differing(value, usual[name])
            if inner:
                yield name, inner
        elif value != usual.get(name):
            yield name, value
