"""Decisions: a log of what was shown with which probability, as JSON Lines."""

import gzip
import zlib
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from catalog_builder.errors import CommandError
from evaluation.counterfactual.estimates import Log, coded
from feed.arrays.arrays import FloatArray

Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One line. What else it has is left alone."""

    propensity: Annotated[float, msgspec.Meta(gt=0, le=1)]
    """with what probability what was shown was shown"""
    reward: float
    """what came of it: 1 for a listen, say, 0 for none"""
    policies: dict[str, Probability] = {}
    """by policy: with what probability it would have shown it"""
    user_id: str | None = None
    """whose decisions are drawn together; none: each line stands for itself"""


def read_decisions(path: Path) -> tuple[Log, dict[str, FloatArray]]:
    """The log, and the probabilities of each policy, (n,).

    Raises `CommandError` that names the line.
    """
    decoder = msgspec.json.Decoder(Decision)
    decisions: list[Decision] = []
    line = 0
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rb") as file:
            for raw in file:
                line += 1
                if raw.strip():
                    decisions.append(decoder.decode(raw))
                    _same_policies(decisions)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise CommandError(f"{path}:{line}: {error}") from error
    except (OSError, EOFError, zlib.error) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise CommandError(f"{path}: {said}") from error
    if not decisions:
        raise CommandError(f"{path}: expected at least one decision, got none")
    units = [
        f"line {at}" if one.user_id is None else f"user {one.user_id}"
        for at, one in enumerate(decisions)
    ]
    log = Log(
        unit=coded(units),
        propensity=np.array([one.propensity for one in decisions]),
        reward=np.array([one.reward for one in decisions]),
    )
    names = decisions[0].policies
    return log, {name: np.array([one.policies[name] for one in decisions]) for name in names}


def _same_policies(decisions: list[Decision]) -> None:
    first, last = decisions[0].policies.keys(), decisions[-1].policies.keys()
    if first != last:
        named = ", ".join(sorted(first)) or "none"
        raise ValueError(f"policies: expected those of the first line ({named}), as on every line")
