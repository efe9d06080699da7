"""TOML files of the evaluation, read and checked against the types of a struct."""

from pathlib import Path
from typing import TypeVar

import msgspec

from catalog_builder.errors import CommandError

T = TypeVar("T")


def read_toml(path: Path, kind: type[T]) -> T:
    """Read a TOML file as a `kind`. Raises `CommandError` that names the file and the key."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    except (msgspec.DecodeError, ValueError) as error:
        raise CommandError(f"{path}: {error}") from error
