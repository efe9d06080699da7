"""Reads the settings of one environment: a TOML file whose keys are options of deploy.sh."""

import re
import sys
import tomllib
from collections.abc import Collection
from pathlib import Path


def main() -> None:
    """Prints NAME=VALUE for each key of the file given, whose names have to be among the others.

    The first names up to "--" are switches, the rest take a value.
    """
    file, *names = sys.argv[1:]
    at = names.index("--")
    try:
        text = Path(file).read_text()
        found = read_environment(text, switches=names[:at], values=names[at + 1 :])
    except (OSError, ValueError) as error:
        sys.exit(f"{file}: {error}")
    for name, value in found.items():
        print(f"{name}={value}")


def read_environment(
    text: str, *, switches: Collection[str], values: Collection[str]
) -> dict[str, str]:
    """Returns the options of an environment by the names of their variables.

    Raises `ValueError`, which names every key that is no option, or one whose value is unsuitable.
    """
    table = tomllib.loads(text)
    named = {key: key.upper().replace("-", "_") for key in table}
    unknown = [
        key
        for key, name in named.items()
        if name not in {*switches, *values} or key != name.lower().replace("_", "-")
    ]
    if unknown:
        raise ValueError(
            f"no option {', '.join(unknown)}; expected names as ./deploy.sh --help shows them,"
            " like min-instances"
        )
    if "project" not in table:
        raise ValueError("expected project: an environment has one of its own")
    return {name: _text(key, table[key], switch=name in {*switches}) for key, name in named.items()}


def _text(key: str, value: object, *, switch: bool) -> str:
    expected = "true or false" if switch else "a text or a number"
    suitable = bool if switch else str | int | float
    if not isinstance(value, suitable) or isinstance(value, bool) is not switch:
        raise ValueError(f"{key}: expected {expected}, got {value!r}")
    if switch:
        return "true" if value else "false"
    if re.search(r"[\x00-\x1f\x7f]", str(value)):
        raise ValueError(f"{key}: expected a text of one line")
    return str(value)


if __name__ == "__main__":
    main()
