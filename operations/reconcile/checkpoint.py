"""The checkpoint: how far a run has come, in a file that is there whole or not at all."""

from pathlib import Path

import msgspec

from functions.wiring import write_file


class CheckpointError(ValueError):
    """The file is of another store, another kind of run, or none at all."""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everybody up to `after` is done but those of `again`."""

    store: str
    """what it is about: `python -m operations.reconcile` names it so"""
    check: bool
    """whether the run only looks: it repaired nobody whom it passed"""
    after: str | None = None
    """an id; None: nobody is done"""
    again: tuple[str, ...] = ()
    """ids to be tried again"""


def load(path: Path, start: Checkpoint) -> Checkpoint:
    """Where a run goes on: at the file's checkpoint, or at `start` if there is none.

    Raises `CheckpointError`, and OSError.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Checkpoint)
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
    """Write it, on disk when this returns. Raises OSError."""
    write_file(path, msgspec.json.format(msgspec.json.encode(checkpoint)) + b"\n")
