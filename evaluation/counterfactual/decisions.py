"""Reads logged decisions and their probabilities from JSON Lines."""

import gzip
import zlib
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from catalog_builder.errors import CommandError
from evaluation.counterfactual.estimates import DecisionLog, integer_codes
from feed.arrays.arrays import FloatArray

Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log; unknown keys are ignored."""

    propensity: Annotated[float, msgspec.Meta(gt=0, le=1)]
    """probability with which the logging policy showed what it showed"""
    reward: float
    """the outcome, for example 1 for a listen and 0 for none"""
    policies: dict[str, Probability] = {}
    """by policy: the probability with which it would have shown the same"""
    user_id: str | None = None
    """user of the decision; lines of one user are resampled together"""


def read_decisions(path: Path) -> tuple[DecisionLog, dict[str, FloatArray]]:
    """Read the n decisions of a log, and by policy the probabilities (n,) of the same decisions.

    Raises:
        CommandError: the file cannot be read or a line is invalid; the message names the line.
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
                    _check_policies(decisions)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise CommandError(f"{path}:{line}: {error}") from error
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise CommandError(f"{path}: {reason}") from error
    if not decisions:
        raise CommandError(f"{path}: expected at least one decision, got none")
    units = [
        f"line {at}" if one.user_id is None else f"user {one.user_id}"
        for at, one in enumerate(decisions)
    ]
    log = DecisionLog(
        unit=integer_codes(units),
        propensity=np.array([one.propensity for one in decisions]),
        reward=np.array([one.reward for one in decisions]),
    )
    names = decisions[0].policies
    return log, {name: np.array([one.policies[name] for one in decisions]) for name in names}


def _check_policies(decisions: list[Decision]) -> None:
    first, last = decisions[0].policies.keys(), decisions[-1].policies.keys()
    if first != last:
        named = ", ".join(sorted(first)) or "none"
        raise ValueError(f"policies: expected the same as on the first line ({named})")
