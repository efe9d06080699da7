"""Drift: how a summary differed from the one rebuilt."""

import msgspec

from feed.model.engagement import Engagement, Profile, Summary
from feed.ports.users import Stored


class Drift(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was wrong with one summary. What is not named was right."""

    summary_missing: bool = False
    """there was none, and something to summarise"""
    summary_superfluous: bool = False
    """there was one of nothing"""
    unreadable: bool = False
    """what was in it is not known"""
    incomplete: bool = False
    """a writer died, and no other had come"""
    engagements_missing: int = 0
    engagements_extra: int = 0
    engagements_changed: int = 0
    """they exist, as something else"""
    disordered: bool = False
    """the right engagements in another order, or twice"""
    profile: tuple[str, ...] = ()
    """fields that differed"""

    @property
    def kinds(self) -> list[str]:
        """The names of what was wrong."""
        return [name for name in self.__struct_fields__ if getattr(self, name)]

    def __str__(self) -> str:
        said = []
        for kind in self.kinds:
            value, name = getattr(self, kind), kind.replace("_", " ")
            if isinstance(value, tuple):
                name += f" ({', '.join(value)})"
            elif value is not True:
                name += f" ({value})"
            said.append(name)
        return ", ".join(said)


def drift_between(before: Stored | None, after: Summary | None) -> Drift:
    """How a summary differed, as it was stored, from what should be there (None: nothing)."""
    if before is not None and before.summary is None:
        return Drift(unreadable=True, summary_superfluous=after is None)
    was, now = (before and before.summary) or Summary(), after or Summary()
    old, new = _by_id(was), _by_id(now)
    same = old.keys() & new.keys()
    return Drift(
        summary_missing=before is None,
        summary_superfluous=after is None,
        incomplete=was.incomplete,
        engagements_missing=len(new.keys() - old.keys()),
        engagements_extra=len(old.keys() - new.keys()),
        engagements_changed=sum(old[one] != new[one] for one in same),
        disordered=old == new and was.engagements != now.engagements,
        profile=tuple(
            name
            for name in Profile.__struct_fields__
            if getattr(was.profile, name) != getattr(now.profile, name)
        ),
    )


def _by_id(summary: Summary) -> dict[str, Engagement]:
    return {one.id: one for one in summary.engagements}
