"""The query: what a session is ranked from, besides catalog and scenario."""

import msgspec

from feed.model.degradation import Degradation
from feed.model.engagement import (
    Engagement,
    Profile,
)


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What a session is ranked from, besides catalog and scenario."""

    engagements: tuple[Engagement, ...] = ()
    """newest first; each id once, and what has none as often as it was sent"""
    excluded_ids: tuple[str, ...] = ()
    served_ids: tuple[str, ...] = ()
    profile: Profile = Profile()
    seed: int = 0
    now_us: int
    degraded: tuple[Degradation, ...] = ()
