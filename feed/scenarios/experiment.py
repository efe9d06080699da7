"""Experiment: traffic split over scenarios by a hash of the user. The same for ever.

Who takes part, and in which arm, depends on the salt, the user's id and the numbers in the file,
and on nothing else: no clock, no process, no order of the arms.
"""

import hashlib
import math
from typing import Annotated

import msgspec

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{1,40}\Z")]
Weight = Annotated[float, msgspec.Meta(ge=1e-6, le=1e6)]


class ExperimentError(ValueError):
    """An experiment that cannot be used; the message names the key and what was expected."""


class Assignment(msgspec.Struct, frozen=True):
    """What a session of an experiment is stamped with."""

    name: str
    """of the experiment"""
    arm: str
    """the scenario that it was ranked with"""


class Experiment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A split of the users, as its file has it."""

    name: Name
    description: str = ""
    salt: Annotated[str, msgspec.Meta(pattern=r"^[^\x00]{1,100}\Z")] | None = None
    """experiments of one salt split alike; none: the name"""
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    """share of the users who take part"""
    arms: Annotated[dict[Name, Weight], msgspec.Meta(min_length=2)]
    """by scenario: its part of those who take part, as a weight beside the others'"""


def parse(text: str | bytes) -> Experiment:
    """An experiment from TOML. Raises `ExperimentError` that names the key."""
    try:
        return msgspec.toml.decode(text, type=Experiment)
    except msgspec.ValidationError as error:
        raise ExperimentError(f"experiment: {error}") from error
    except (msgspec.DecodeError, ValueError) as error:
        raise ExperimentError(f"experiment: not TOML: {error}") from error


def assign(experiment: Experiment, user_id: str) -> str | None:
    """The arm of a user, or None for who does not take part.

    Weighted rendezvous hashing (Thaler and Ravishankar, 1998; Schindelhauer and Schomaker, 2005):
    each arm draws -ln(u) / weight with a u of its own for this user, and the lowest wins, so with
    a probability in proportion to the weight. A weight that grows only draws users to its arm, one
    that shrinks only sends some away; nobody moves between the others.
    """
    salt = experiment.salt or experiment.name
    # No arm has an empty name, so this draw is independent of theirs.
    if _uniform(salt, "", user_id) >= experiment.share:
        return None
    return min(
        experiment.arms.items(),
        key=lambda arm: (-math.log(_uniform(salt, arm[0], user_id)) / arm[1], arm),
    )[0]


def _uniform(salt: str, draw: str, user_id: str) -> float:
    """A number in (0, 1): the first 52 bits of SHA-256, in the middle of their interval.

    Neither salt nor draw holds a zero, so no two triples are hashed as one text.
    """
    digest = hashlib.sha256(f"{salt}\0{draw}\0{user_id}".encode()).digest()
    return ((int.from_bytes(digest[:8], "big") >> 12) + 0.5) / 2**52
