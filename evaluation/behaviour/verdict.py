"""What every check is made of."""

from typing import Annotated, NamedTuple

import msgspec

from evaluation.behaviour.seen import Seen

Top = Annotated[int, msgspec.Meta(ge=1, le=150)]
Part = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Verdict(NamedTuple):
    """What came of a check."""

    holds: bool
    saw: str


class Judge(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="check",
    tag=str.lower,
):
    """A check of a feed, and of a second one where the case has one."""

    def judge(self, seen: Seen, other: Seen) -> Verdict:
        """Whether it holds, and what was seen."""
        raise NotImplementedError


def placed(place: int, seen: Seen) -> str:
    """A place in words."""
    return f"{place}" if place <= len(seen.rows) else "none"
