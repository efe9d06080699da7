"""The request for a session, as it crosses the boundary, and the query that it becomes."""

from datetime import datetime
from typing import Annotated

import msgspec

from feed.model.degradation import Degradation
from feed.model.engagement import (
    Engagement,
    EngagementId,
    EngagementType,
    EpisodeId,
    Progress,
    Summary,
    newest_first,
)
from feed.model.timestamps import HOUR_US, to_us
from feed.user.query import Query

Name = Annotated[str, msgspec.Meta(min_length=1)]
Names = Annotated[tuple[Name, ...], msgspec.Meta(max_length=1000)]
Ids = Annotated[tuple[str, ...], msgspec.Meta(max_length=10_000)]
Timestamp = Annotated[datetime, msgspec.Meta(tz=True)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=50)]


class SentEngagement(msgspec.Struct, frozen=True, kw_only=True):
    """An engagement as a client sends it. Fields that are not known are left alone."""

    episode_id: EpisodeId
    type: EngagementType
    id: EngagementId | None = None
    timestamp: Timestamp | None = None
    progress: Progress | None = None
    episode_title: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    series_name: Annotated[str, msgspec.Meta(max_length=1000)] | None = None

    def engagement(self, engagement_id: str, now_us: int) -> Engagement:
        """As it is recorded; without a timestamp it happened now."""
        return Engagement(
            id=engagement_id,
            episode_id=self.episode_id,
            type=self.type,
            timestamp_us=now_us if self.timestamp is None else to_us(self.timestamp),
            progress=self.progress,
            episode_title=self.episode_title or "",
            series_name=self.series_name or "",
        )


class SessionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /api/sessions/create`, and the file that `replay` reads."""

    engagements: Annotated[tuple[SentEngagement, ...], msgspec.Meta(max_length=500)] = ()
    excluded_ids: Ids = ()
    served_ids: Ids = ()
    category_interests: Names | None = None
    muted_series: Names = ()
    user_id: str | None = None
    limit: Limit = 10
    scenario: str | None = None
    trace: bool = False
    detail: bool = False
    stored: bool = True
    """whether what is stored of the user counts, too"""
    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] | None = None
    """what chance is drawn from; none: by chance"""


def make_query(
    request: SessionRequest, summary: Summary | None, *, seed: int, now_us: int
) -> Query:
    """The request merged with the summary.

    Interests in the request stand in place of the profile's; mutes add to it. An engagement that
    is stored already counts once, whether the client knows its id or not. One from a clock that is
    more than an hour ahead counts among the newest, and `clock_ahead` says so. With `stored` false
    the request stands alone.
    """
    stored = summary if summary and request.stored else Summary()
    engagements = _engagements(request.engagements, stored.engagements, now_us)
    ahead = bool(engagements) and engagements[0].timestamp_us > now_us + HOUR_US
    profile = stored.profile
    if request.category_interests is not None:
        profile = msgspec.structs.replace(profile, category_interests=request.category_interests)
    if request.muted_series:
        muted = tuple(dict.fromkeys(profile.muted_series + request.muted_series))
        profile = msgspec.structs.replace(profile, muted_series=muted)
    return Query(
        engagements=engagements,
        excluded_ids=request.excluded_ids,
        served_ids=request.served_ids,
        profile=profile,
        seed=seed,
        now_us=now_us,
        degraded=(Degradation.CLOCK_AHEAD,) if ahead else (),
    )


def _engagements(
    sent: tuple[SentEngagement, ...], stored: tuple[Engagement, ...], now_us: int
) -> tuple[Engagement, ...]:
    if not sent:
        return stored
    by_id = {e.id: e for e in stored}
    known = {_content(e) for e in stored}
    nameless = []
    for one in sent:
        engagement = one.engagement(one.id or "", now_us)
        if one.id is not None:
            by_id[one.id] = engagement
        elif _content(engagement) not in known:
            nameless.append(engagement)
    together = [*by_id.values(), *nameless]
    # Past the id, by content: the order in which a client sends them never matters.
    return tuple(sorted(together, key=lambda e: (*newest_first(e), e.episode_id, e.type)))


def _content(engagement: Engagement) -> tuple[str, str, int]:
    return engagement.episode_id, engagement.type, engagement.timestamp_us
