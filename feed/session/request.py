"""The request for a session as an app sends it, and the query that it becomes."""

from collections.abc import Iterable
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
from feed.model.feed_seed import FeedSeed
from feed.model.impressions import MAX_IMPRESSIONS, Impression, merge_readable
from feed.model.timestamps import HOUR_US, to_us
from feed.scenarios.changes import ScenarioChanges
from feed.user.query import Query

Name = Annotated[str, msgspec.Meta(min_length=1)]
Names = Annotated[tuple[Name, ...], msgspec.Meta(max_length=1000)]
Ids = Annotated[tuple[str, ...], msgspec.Meta(max_length=10_000)]
Timestamp = Annotated[datetime, msgspec.Meta(tz=True)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=50)]
MAX_SEED_TEXT = 200
"""characters of a seed's words, as of a search"""
MAX_SEED_TOKEN = 4096
MAX_FILL_S = 86_400
MIN_VISIBLE_MS = 1000
"""how long an episode is on the screen until it was seen"""
SessionId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class SentEngagement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An engagement as a client sends it."""

    episode_id: EpisodeId
    type: EngagementType
    id: EngagementId | None = None
    """chosen by the client, so that sending twice is safe; at most 128 bytes of UTF-8, no `/`"""
    timestamp: Timestamp | None = None
    """at most an hour in the future; null: now"""
    progress: Progress | None = None
    """share of the episode that was played"""
    episode_title: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    series_name: Annotated[str, msgspec.Meta(max_length=1000)] | None = None

    def engagement(self, engagement_id: str, now_us: int) -> Engagement:
        """The engagement to record under this id; without a timestamp it happened at `now_us`."""
        return Engagement(
            id=engagement_id,
            episode_id=self.episode_id,
            type=self.type,
            timestamp_us=now_us if self.timestamp is None else to_us(self.timestamp),
            progress=self.progress,
            episode_title=self.episode_title or "",
            series_name=self.series_name or "",
        )


class SentImpression(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An episode that was on the screen for a second or more, as a client sends it."""

    episode_id: EpisodeId
    session_id: SessionId | None = None
    """the session that showed it; null: the one that the call is about"""
    position: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = None
    """its `queue_position`"""
    ms_visible: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """how long it was on the screen; below 1,000 it does not count. Null: a second or more"""
    at: Timestamp | None = None
    """when, by the client's clock; null: now. What is sent again has the time that it had"""


def impressions_of(
    sent: Iterable[SentImpression], session_id: str, now_us: int
) -> tuple[Impression, ...]:
    """The impressions that count, in this session where they name none.

    A time after `now_us`, or none, is `now_us`.
    """
    return tuple(
        Impression(
            one.episode_id,
            one.session_id or session_id,
            now_us if one.at is None else min(to_us(one.at), now_us),
        )
        for one in sent
        if one.ms_visible is None or one.ms_visible >= MIN_VISIBLE_MS
    )


SentImpressions = Annotated[tuple[SentImpression, ...], msgspec.Meta(max_length=MAX_IMPRESSIONS)]


class Seed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a session is to be about: exactly one of these."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_SEED_TEXT)] | None = None
    """words; a query of a search"""
    episode_ids: (
        Annotated[tuple[EpisodeId, ...], msgspec.Meta(min_length=1, max_length=50)] | None
    ) = None
    """episodes, by id or content id; their order does not matter, and they are not shown"""
    token: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_SEED_TOKEN)] | None = None
    """what `POST /api/seeds/photo` answered"""


class ListenerRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every request that is ranked for a listener may say."""

    engagements: Annotated[tuple[SentEngagement, ...], msgspec.Meta(max_length=500)] = ()
    """engagements of the user that count in addition to the stored ones"""
    excluded_ids: Ids = ()
    """episodes that are not shown, by id or content id"""
    served_ids: Ids = ()
    """episodes that an earlier session showed, by id or content id"""
    seen: SentImpressions = ()
    """episodes that were on the screen; a signed-in user's are recorded"""
    category_interests: Names | None = None
    """stated interests in place of the stored ones, which null keeps"""
    muted_series: Names = ()
    """ids of series to mute in addition to the muted series of the profile"""
    muted_categories: Names = ()
    """categories to mute in addition to the muted categories of the profile"""
    user_id: str | None = None
    """refused unless it is the signed-in user"""
    scenario: str | None = None
    """by default that of the user's arm in an experiment, or of the deployment"""
    stored: bool = True
    """whether the stored engagements and profile of the user count"""

    @property
    def random_seed(self) -> int | None:
        """The number that all random draws are to derive from; None: any."""
        return None

    @property
    def changes(self) -> ScenarioChanges | None:
        """What of the scenario is changed for this request alone."""
        return None

    @property
    def feed_seed(self) -> Seed | None:
        """What the answer is to be about, if that is asked for."""
        return None

    @property
    def asked_s(self) -> int | None:
        """Seconds that the queue is to take; None: as long as the scenario makes it."""
        return None


class SessionRequest(ListenerRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/sessions/create`, and the file that `feed replay` reads."""

    limit: Limit = 10
    """number of episodes on the first page"""
    fill_s: Annotated[int, msgspec.Meta(ge=1, le=MAX_FILL_S)] | None = None
    """seconds that the whole queue is to take, within 5%; null: as many episodes as the scenario
    says. Of an episode that the user began, only the rest counts"""
    trace: bool = False
    """whether the answer says how the queue came about"""
    detail: bool = False
    """whether the answer names the episodes of each stage of the ranking; for administrators"""
    explained_id: EpisodeId | None = None
    """an episode, by id or content id: the detail also says what became of it"""
    scenario_changes: ScenarioChanges | None = None
    """by table of the scenario: parameters that get another value for this session, null their
    default; for administrators"""
    seed: Seed | Annotated[int, msgspec.Meta(ge=0, lt=2**53)] | None = None
    """what the session is to be about; or a number, for administrators: seed of all random draws,
    and id of the session"""

    @property
    def is_for_admins(self) -> bool:
        """Whether the request has a field that only administrators may use."""
        return self.detail or self.changes is not None or self.random_seed is not None

    @property
    def is_decision(self) -> bool:
        """Whether a listener decides by the session what to hear, and not who tunes the feed."""
        return self.stored and not self.detail and self.changes is None

    @property
    def changes(self) -> ScenarioChanges | None:
        """What of the scenario is changed for this session alone."""
        return self.scenario_changes

    @property
    def random_seed(self) -> int | None:
        """The number that all random draws are to derive from; None: any."""
        return self.seed if isinstance(self.seed, int) else None

    @property
    def feed_seed(self) -> Seed | None:
        """What the session is to be about, if that is asked for."""
        return self.seed if isinstance(self.seed, Seed) else None

    @property
    def asked_s(self) -> int | None:
        """Seconds that the queue is to take; None: as long as the scenario makes it."""
        return self.fill_s


def make_query(
    request: ListenerRequest, summary: Summary | None, *, seed: int, now_us: int
) -> Query:
    """Merge a request with the stored summary of its user, if there is one.

    Interests of the request replace those of the profile, its mutes are added. An engagement that
    was sent and is stored counts once, even if it was sent without its id. An engagement with a
    time more than an hour ahead of `now_us` counts as the newest and degrades the query
    (`clock_ahead`). With `stored` false, the request counts alone. Of a seed only its episodes are
    in the query: words have to be looked up in a search index first.
    """
    stored = summary if summary and request.stored else Summary()
    seen = impressions_of(request.seen, f"{seed:016x}", now_us)
    engagements = _engagements(request.engagements, stored.engagements, now_us)
    is_ahead = bool(engagements) and engagements[0].timestamp_us > now_us + HOUR_US
    profile = stored.profile
    if request.category_interests is not None:
        profile = msgspec.structs.replace(profile, category_interests=request.category_interests)
    for name in ("muted_series", "muted_categories"):
        if added := getattr(request, name):
            muted = tuple(dict.fromkeys(getattr(profile, name) + added))
            profile = msgspec.structs.replace(profile, **{name: muted})
    return Query(
        engagements=engagements,
        excluded_ids=request.excluded_ids,
        fill_s=request.asked_s,
        served_ids=request.served_ids,
        seen=merge_readable(stored.seen, seen),
        profile=profile,
        feed_seed=_seed_of_episodes(request),
        seed=seed,
        now_us=now_us,
        degraded=(Degradation.CLOCK_AHEAD,) if is_ahead else (),
    )


def _seed_of_episodes(request: ListenerRequest) -> FeedSeed | None:
    ids = request.feed_seed.episode_ids if request.feed_seed else None
    return FeedSeed(episode_ids=tuple(sorted(set(ids)))) if ids else None


def _engagements(
    sent: tuple[SentEngagement, ...], stored: tuple[Engagement, ...], now_us: int
) -> tuple[Engagement, ...]:
    if not sent:
        return stored
    by_id = {e.id: e for e in stored}
    stored_contents = {_content(e) for e in stored}
    without_id = []
    for one in sent:
        engagement = one.engagement(one.id or "", now_us)
        if one.id is not None:
            by_id[one.id] = engagement
        elif _content(engagement) not in stored_contents:
            without_id.append(engagement)
    together = [*by_id.values(), *without_id]
    # Equal times and ids are ordered by content, so that the order of sending does not matter.
    return tuple(sorted(together, key=lambda e: (*newest_first(e), e.episode_id, e.type)))


def _content(engagement: Engagement) -> tuple[str, str, int]:
    return engagement.episode_id, engagement.type, engagement.timestamp_us
