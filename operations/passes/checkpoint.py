"""Checkpoints: how far a run got, in a file that is replaced as a whole."""

from pathlib import Path
from typing import TypeVar

import msgspec

from functions.wiring.stores import write_file


class CheckpointError(ValueError):
    """A file is no checkpoint, or belongs to another store or another kind of run."""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The state of a run: all users up to the id `after` are done, except those in `again`."""

    store: str
    """the name of the store"""
    check: bool
    """whether the run only compares summaries, so that none is repaired yet"""
    after: str | None = None
    """a user id; None if no user is done"""
    again: tuple[str, ...] = ()
    """user ids to try again"""


C = TypeVar("C", bound=Checkpoint)


def load(path: Path, start: C) -> C:
    """Return the checkpoint in a file, or `start` if the file does not exist.

    Raises `CheckpointError` if it does not belong to the run of `start`, and OSError.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=type(start))
    except FileNotFoundError:
        return start
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CheckpointError(f"{path}: not a checkpoint: {error}") from error
    if found.store != start.store:
        raise CheckpointError(f"{path}: a checkpoint of {found.store}, and this is {start.store}")
    if found.check != start.check:
        kinds = {True: "with --check", False: "without --check"}
        raise CheckpointError(f"{path}: a checkpoint of a run {kinds[found.check]}")
    return found


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, which is on disk when this returns. Raises OSError."""
    write_file(path, msgspec.json.format(msgspec.json.encode(checkpoint)) + b"\n")
