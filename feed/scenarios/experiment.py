"""Experiments: the split of users over scenarios, by a hash of the user's id.

Whether a user takes part, and in which arm, depends on the salt, the id and the numbers of the
experiment's file alone: no clock, no process, no order of the arms. Changing how it is computed
would move the users of every running experiment.
"""

import hashlib
import math
from importlib.resources.abc import Traversable
from typing import Annotated

import msgspec

from feed.scenarios import toml_file

ScenarioName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{1,40}\Z")]
ArmWeight = Annotated[float, msgspec.Meta(ge=1e-6, le=1e6)]


class ExperimentError(ValueError):
    """An experiment that cannot be used; the message names the key and what was expected."""


class Assignment(msgspec.Struct, frozen=True):
    """The stamp of a session that takes part in an experiment."""

    name: str
    """name of the experiment"""
    arm: str
    """name of the scenario that ranked the session"""


class Experiment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How users are split over scenarios, as an experiment's file says it."""

    name: ScenarioName
    """required: the name that sessions are stamped with, of up to 40 letters a to z, digits and
    `_`"""
    description: str = ""
    """a note for people"""
    salt: Annotated[str, msgspec.Meta(pattern=r"^[^\x00]{1,100}\Z")] | None = None
    """1 to 100 characters, the name if left out: experiments of one salt split the users alike,
    those of different salts independently"""
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    """share of the users who take part; the others get the setting `SCENARIO` and no stamp"""
    arms: Annotated[dict[ScenarioName, ArmWeight], msgspec.Meta(min_length=2)]
    """required, at least two: the weight of each [scenario](scenarios.md), shipped or of
    `SCENARIOS`, relative to the others"""


def parse(text: str | bytes) -> Experiment:
    """Read an experiment from TOML. Raises `ExperimentError` that names the key."""
    return toml_file.decode(text, Experiment, "experiment", ExperimentError)


def load(file: Traversable) -> Experiment:
    """Read an experiment from a TOML file. Raises `ExperimentError` that names file and key."""
    return toml_file.load(file, parse, ExperimentError)


def assign(experiment: Experiment, user_id: str) -> str | None:
    """The arm of a user, or None if the user does not take part.

    Weighted rendezvous hashing (Thaler and Ravishankar, 1998; Schindelhauer and Schomaker, 2005):
    each arm has the cost -ln(u) / weight, with u hashed from the user and the arm, and the lowest
    cost wins, which has a probability proportional to the weight. Raising a weight only moves users
    into that arm and lowering it only moves some out; no user moves between the other arms.
    """
    salt = experiment.salt or experiment.name
    # No arm has an empty name, so this number is independent of those of the arms.
    if _uniform(salt, "", user_id) >= experiment.share:
        return None
    return min(
        experiment.arms.items(),
        key=lambda arm: (-math.log(_uniform(salt, arm[0], user_id)) / arm[1], arm),
    )[0]


def _uniform(salt: str, arm: str, user_id: str) -> float:
    """A number between 0 and 1, both excluded, from the first 52 bits of a SHA-256.

    Salt and arm contain no zero byte, so no two triples are hashed as the same text.
    """
    digest = hashlib.sha256(f"{salt}\0{arm}\0{user_id}".encode()).digest()
    return ((int.from_bytes(digest[:8], "big") >> 12) + 0.5) / 2**52
