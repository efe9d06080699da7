"""The query: everything that determines a session besides the catalog and the scenario."""

import msgspec

from feed.model.degradation import Degradation
from feed.model.engagement import Engagement, Profile
from feed.model.feed_seed import FeedSeed


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A user's engagements and profile, and what a request asks for, by ids and names."""

    engagements: tuple[Engagement, ...] = ()
    """newest first; each engagement id once, those without an id as often as they were sent"""
    excluded_ids: tuple[str, ...] = ()
    """ids or content ids of episodes that must not be shown"""
    fill_s: int | None = None
    """seconds that the queue is to take; None: as long as the scenario makes it"""
    served_ids: tuple[str, ...] = ()
    """ids or content ids of episodes that an earlier session served"""
    seen: bytes = b""
    """which episodes the user had on the screen, packed (`feed.model.impressions`)"""
    profile: Profile = Profile()
    feed_seed: FeedSeed | None = None
    """what the session is to be about"""
    seed: int = 0
    """determines every random choice of the session"""
    now_us: int
    """time of the request, microseconds since 1970, UTC"""
    degraded: tuple[Degradation, ...] = ()
    """what was wrong with the user's data"""
