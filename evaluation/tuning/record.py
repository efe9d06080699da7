"""Records the trials of a search as JSON Lines, so that it can be resumed and inspected."""

import hashlib
from pathlib import Path

import msgspec

from catalog_builder.errors import CommandError
from catalog_builder.wiring import write_file
from evaluation.offline.run import OfflineRun
from evaluation.tuning.search import Trial
from evaluation.tuning.space import SearchSpace


class _Head(msgspec.Struct, frozen=True):
    search: str


class _Line(msgspec.Struct, frozen=True):
    trial: int
    values: dict[str, float | int]
    metrics: dict[str, float | None]


def key_of(space: SearchSpace, run: OfflineRun, seed: int) -> str:
    """Fingerprint of a search: its start, space, objective, seed and data."""
    facts = [
        msgspec.to_builtins(space.start),
        msgspec.to_builtins(dict(space.parameters)),
        dict(space.objective_weights),
        seed,
        run.training.catalog.version,
        [user.user_id for user in run.targets.users],
        run.targets.rows.tolist(),
    ]
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()[:16]


def read(path: Path, key: str, space: SearchSpace) -> list[Trial]:
    """Read the trials recorded in a file; none if it does not exist.

    A last line that was cut off is left out.

    Raises:
        CommandError: the file is no record, or that of a search with another key.
    """
    if not path.exists():
        return []
    # What follows the last newline was cut off while it was written: that trial is repeated.
    lines = path.read_bytes().split(b"\n")[:-1] or [b""]
    try:
        head = msgspec.json.decode(lines[0], type=_Head)
        decoded = [msgspec.json.decode(line, type=_Line) for line in lines[1:] if line]
    except msgspec.DecodeError as error:
        raise CommandError(f"{path}: expected the trials of a search: {error}") from error
    if head.search != key:
        raise CommandError(
            f"{path}: its trials are of another search (scenario, space, seed or data differ): "
            "name another file, or delete it"
        )
    return [_trial(one, space) for one in decoded]


def start(path: Path, key: str, trials: list[Trial]) -> None:
    """Write a record with the trials known so far, replacing the file at once."""
    lines = [msgspec.json.encode(_Head(key)), *(_encoded(trial) for trial in trials)]
    write_file(path, b"\n".join(lines) + b"\n")


def append(path: Path, trial: Trial) -> None:
    """Append a trial to a record."""
    with path.open("ab") as file:
        file.write(_encoded(trial) + b"\n")


def _encoded(trial: Trial) -> bytes:
    return msgspec.json.encode(_Line(trial.number, dict(trial.values), dict(trial.metrics)))


def _trial(line: _Line, space: SearchSpace) -> Trial:
    metrics = {
        name: float("nan") if value is None else value for name, value in line.metrics.items()
    }
    return Trial(line.trial, line.values, metrics, space.objective(metrics))
