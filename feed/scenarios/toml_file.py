"""TOML files that a deployment tunes, decoded with errors that name the file and the key."""

from collections.abc import Callable
from importlib.resources.abc import Traversable
from typing import TypeVar

import msgspec

T = TypeVar("T")


def decode(text: str | bytes, kind: type[T], about: str, refusal: type[ValueError]) -> T:
    """A `kind` from TOML. Raises `refusal`, whose message begins with `about`."""
    try:
        return msgspec.toml.decode(text, type=kind)
    except msgspec.ValidationError as error:
        raise refusal(f"{about}: {error}") from error
    except (msgspec.DecodeError, ValueError) as error:
        raise refusal(f"{about}: not TOML: {error}") from error


def load(file: Traversable, parse: Callable[[bytes], T], refusal: type[ValueError]) -> T:
    """What `parse` makes of a file's bytes. Raises `refusal`, whose message begins with the file.

    `parse` raises nothing but `refusal`.
    """
    try:
        return parse(file.read_bytes())
    except OSError as error:
        raise refusal(f"{file}: {error.strerror}") from error
    except refusal as error:
        raise refusal(f"{file}: {error}") from error
