"""Drift: how a stored summary differs from the one rebuilt from the user's data."""

import msgspec

from feed.model.engagement import Engagement, Profile, Summary
from feed.ports.users import StoredSummary


class Drift(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The differences between one stored summary and the rebuilt one; empty if they are equal."""

    summary_missing: bool = False
    """no summary is stored, though the user has data"""
    summary_superfluous: bool = False
    """a summary is stored, though the user has no data"""
    unreadable: bool = False
    """the stored summary cannot be decoded"""
    incomplete: bool = False
    """a writer died in the middle of its work"""
    engagements_missing: int = 0
    engagements_extra: int = 0
    engagements_changed: int = 0
    """engagements with the right id and other contents"""
    disordered: bool = False
    """the right engagements are in another order, or twice"""
    profile: tuple[str, ...] = ()
    """names of the fields that differ"""

    @property
    def kinds(self) -> list[str]:
        """The kinds of difference that were found, as names of fields."""
        return [name for name in self.__struct_fields__ if getattr(self, name)]

    def __str__(self) -> str:
        parts = []
        for kind in self.kinds:
            value, name = getattr(self, kind), kind.replace("_", " ")
            if isinstance(value, tuple):
                name += f" ({', '.join(value)})"
            elif value is not True:
                name += f" ({value})"
            parts.append(name)
        return ", ".join(parts)


def drift_between(before: StoredSummary | None, after: Summary | None) -> Drift:
    """Compare the stored summary with the rebuilt one; None means that there is none."""
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
