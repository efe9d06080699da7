"""The answers of the API beside the pages of a session."""

from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec

from feed.model.card import Card
from feed.model.engagement import EngagementType, Progress
from feed.model.transcript import Transcript

E = TypeVar("E")
Time = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""RFC 3339"""


class RecordedEngagement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An engagement as it is stored."""

    id: str
    episode_id: str
    type: EngagementType
    progress: Progress | msgspec.UnsetType = msgspec.UNSET
    """share of the episode that was played"""
    episode_title: str = ""
    series_name: str = ""
    timestamp: Time
    degraded: tuple[str, ...] = ()
    """`impressions_unsaved` where what the user saw could not be recorded with it"""


class RecordedImpressions(msgspec.Struct, frozen=True):
    """What was recorded of what was on the screen."""

    recorded: int
    """number of impressions that count"""


class EngagementList(msgspec.Struct, frozen=True):
    """One page of a user's engagements, newest first."""

    engagements: list[RecordedEngagement]
    next_cursor: str | None
    """for the next page; null if there is none"""


class RemovedEngagement(msgspec.Struct, frozen=True):
    """The engagement that was deleted."""

    removed: str
    """its id"""


class Reset(msgspec.Struct, frozen=True):
    """What a reset deleted."""

    removed: int
    """number of engagements"""
    until: Time
    """every engagement written up to this time, by the store's clock, is deleted"""


class UserProfile(msgspec.Struct, frozen=True):
    """What a user set."""

    user_id: str
    display_name: str
    category_interests: tuple[str, ...]
    followed_series: tuple[str, ...]
    """ids"""
    muted_series: tuple[str, ...]
    """ids"""
    muted_categories: tuple[str, ...]
    languages: tuple[str, ...]
    """BCP 47 tags"""


class Deleted(msgspec.Struct, frozen=True):
    """What there was to delete of a user."""

    engagements: int
    profile: bool
    summary: bool
    conversations: int


class Receipt(msgspec.Struct, frozen=True):
    """That everything known of a user is deleted."""

    user_id: str
    deleted: Deleted
    until: Time
    """everything written up to this time, by the store's clock, is deleted"""
    at: Time
    """of the answer"""


class _Similar(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    episode_id: str
    episodes: E
    """the most similar first"""
    similarity_scores: list[float]
    """one for each episode, -1 to 1"""
    catalog_version: str
    degraded: list[str]


class SimilarEpisodes(_Similar[list[Card]], frozen=True, kw_only=True):
    """The episodes that are most similar to one."""


class EncodedSimilarEpisodes(_Similar[msgspec.Raw], frozen=True, kw_only=True):
    """`SimilarEpisodes` with episodes that are already encoded."""


class _EpisodeList(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    episodes: E
    """in the order of their ids in the request, each once"""
    catalog_version: str


class EpisodeList(_EpisodeList[list[Card]], frozen=True, kw_only=True):
    """The episodes that were asked for, without unknown ones."""


class EncodedEpisodeList(_EpisodeList[msgspec.Raw], frozen=True, kw_only=True):
    """An `EpisodeList` whose episodes are already encoded."""


class EpisodeNotes(msgspec.Struct, frozen=True, kw_only=True):
    """The full notes of an episode; empty if it has none."""

    episode_id: str
    html: str
    """sanitised: no scripts, styles, forms or pictures, and only absolute links (http, https,
    mailto)"""
    text: str
    """without markup, one line for each paragraph or item of a list"""
    catalog_version: str


class EpisodeTranscript(Transcript, frozen=True, kw_only=True):
    """The chapters and the transcript of an episode, each empty if it has none."""

    episode_id: str
    catalog_version: str


class _EpisodePage(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    episodes: E
    """in the order that was asked for"""
    next_cursor: str | None
    """for the next page; null if there is none"""
    catalog_version: str
    degraded: list[str]


class EpisodePage(_EpisodePage[list[Card]], frozen=True, kw_only=True):
    """One page of episodes, the same for every user."""


class EncodedEpisodePage(_EpisodePage[msgspec.Raw], frozen=True, kw_only=True):
    """An `EpisodePage` whose episodes are already encoded."""


class Category(msgspec.Struct, frozen=True):
    """A category of the catalog."""

    name: str
    kind: Literal["major", "sub"]
    episodes: int
    """number of its episodes"""


class CategoryList(msgspec.Struct, frozen=True):
    """The categories of the catalog, the largest first."""

    categories: list[Category]
    episodes: int
    """number of episodes in the catalog"""
    catalog_version: str


class NamedSeries(msgspec.Struct, frozen=True):
    """A series by id and name."""

    id: str
    name: str


class ScenarioSummary(msgspec.Struct, frozen=True):
    """A scenario that a session may name."""

    name: str
    description: str
    parameters: dict[str, Any]
    """by table, as in its file: those that differ from the defaults"""


class ScenarioList(msgspec.Struct, frozen=True):
    """All scenarios."""

    scenarios: list[ScenarioSummary]
    defaults: dict[str, Any]
    """by table: the value of a parameter that a scenario leaves out"""
    default: str
    """the name of the one that sessions use by themselves"""


class MapPoint(msgspec.Struct, frozen=True):
    """An episode on the map of the catalog."""

    id: str
    title: str
    category: str | None
    """its first major category"""
    x: float
    y: float
    """both coordinates lie between -1 and 1"""


class CatalogMap(msgspec.Struct, frozen=True):
    """The episodes of the catalog on a plane; of a large catalog a sample."""

    points: list[MapPoint]
    mapped: int
    """number of episodes with a position"""
    sampled: bool
    catalog_version: str


class CatalogHealth(msgspec.Struct, frozen=True):
    """The catalog in memory."""

    version: str
    created_at: Time
    age_s: int
    episodes: int
    embedding_model: str


class Looks(msgspec.Struct, frozen=True):
    """When the schedule last looked for changes."""

    episodes: Time
    """for changed episodes"""
    signals: Time
    """for users' changed summaries"""
    full: Time
    """at everything"""


class DependencyHealth(msgspec.Struct, frozen=True):
    """The state of each dependency: `ok`, or what is wrong with it."""

    catalog: str
    """`ok`; `stale`: no look has succeeded for `CATALOG_MAX_AGE_S`; `missing`"""
    shelf: str
    """`ok`, or a cause of degradation that begins with `catalog_`"""
    store: str
    """`ok`, `timeout` or `unavailable`"""
    search: str | msgspec.UnsetType = msgspec.UNSET
    """only with an external search: `ok`, `unused`, `timeout` or `unavailable`"""


class Health(msgspec.Struct, frozen=True):
    """The state of the service, of its catalog and of what it depends on."""

    status: Literal["ok", "degraded", "no_catalog"]
    catalog: CatalogHealth | None
    looks: Looks | None
    """null if the current snapshot was published by command"""
    dependencies: DependencyHealth
