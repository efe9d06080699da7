"""The schema of a behaviour case: a catalog, a user, a request and the checks of the feed.

The kinds follow Ribeiro et al. (2020), "Beyond Accuracy: Behavioral Testing of NLP Models with
CheckList": a minimum functionality, a direction (a change that must have an effect) or an
invariance (a change that must have none).
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from catalog_builder.errors import CommandError
from evaluation.behaviour import checks, comparisons
from evaluation.behaviour.criteria import EpisodeCriteria
from evaluation.data.toml_file import read_toml
from feed.model.engagement import EngagementType
from feed.model.episode import Scores
from feed.session.request import Seed

Comparison = (
    comparisons.OverlapCheck
    | comparisons.SameCheck
    | comparisons.SameAboveCheck
    | comparisons.MovesCheck
)
AnyCheck = (
    checks.LengthCheck
    | checks.AbsentCheck
    | checks.ShareCheck
    | checks.BreadthCheck
    | checks.FloorCheck
    | checks.QualityCheck
    | checks.BeforeCheck
    | checks.MoreCheck
    | checks.SeriesCheck
    | checks.ReasonsCheck
    | checks.LatencyCheck
    | Comparison
)

Days = Annotated[float, msgspec.Meta(ge=0, le=36_500)]
Count = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A TOML table of a case; an unknown key is an error."""


class CaseEpisode(_Table, frozen=True, kw_only=True):
    """An episode of the case's catalog, described field by field."""

    id: str
    title: str = ""
    """default: the id"""
    topic: str = ""
    """its category, and the direction of its vector unless `vector` is given"""
    series: str = ""
    age_days: Annotated[float, msgspec.Meta(ge=-36_500, le=36_500)] = 1.0
    """negative for a date in the future"""
    scores: Scores = Scores(credibility=4.0, insight=4.0)
    content_id: str | None = None
    language: str | None = None
    explicit: bool | None = None
    vector: dict[str, float] = {}
    """weights of the vector's directions: topics, or other names, each orthogonal to all topics"""


class CaseCatalog(_Table, frozen=True, kw_only=True):
    """The catalog of a case: generated, the demo, a file, or only the episodes written out."""

    generator: Literal["topics", "demo", "file", "none"] = "topics"
    topics: tuple[str, ...] = (
        *("Astronomy", "Physics", "Chemistry", "Cooking"),
        *("Travel", "History", "Politics", "Music"),
    )
    """arranged on a ring: each is similar to its two neighbours"""
    per_topic: Count = 40
    series_per_topic: Count = 8
    noise: Annotated[float, msgspec.Meta(ge=0, le=10)] = 0.8
    """length of the random part of a vector, beside a topic's direction of length 1"""
    days: Days = 80.0
    """age of the oldest generated episode"""
    levels: dict[str, float] = {}
    """by topic: added to the editorial scores of its episodes"""
    seed: int = 0
    file: str = ""
    """name of a JSON or JSON Lines file beside the case, for the generator `file`"""
    vectors: str = ""
    """name of an .npz file beside the case; default: vectors are computed from the text"""
    episodes: tuple[CaseEpisode, ...] = ()
    """further episodes, described field by field"""


class CaseEngagement(EpisodeCriteria, frozen=True, kw_only=True):
    """Engagements of a user: one with each episode in `id`, or with the first `count` matches."""

    type: EngagementType = "complete"
    age_days: Days = 1.0
    """age of the newest; each further engagement is one day older"""
    progress: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    count: Count = 1


class CrowdEngagement(CaseEngagement, frozen=True, kw_only=True):
    """Engagements of `users` other users, each with all matches; signals are computed from them."""

    users: Count = 10


class CaseProfile(_Table, frozen=True, kw_only=True):
    """The stored profile of the case's user."""

    category_interests: tuple[str, ...] = ()
    followed_series: tuple[str, ...] = ()
    muted_series: tuple[str, ...] = ()
    muted_categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


class CaseRequest(_Table, frozen=True, kw_only=True):
    """The session request of the case's user."""

    engagements: tuple[CaseEngagement, ...] = ()
    excluded_ids: tuple[str, ...] = ()
    served_ids: tuple[str, ...] = ()
    category_interests: tuple[str, ...] | None = None
    muted_series: tuple[str, ...] = ()
    muted_categories: tuple[str, ...] = ()
    seed: int = 0
    """of all random draws"""
    feed_seed: Seed | None = None
    """what the session is to be about: `text` or `episode_ids`"""


class SeenBefore(_Table, frozen=True, kw_only=True):
    """That the user saw the first episodes of the first session's feed, in earlier sessions."""

    top: Count = 10
    minutes_ago: Annotated[float, msgspec.Meta(ge=0)] = 30.0
    """when the last of these sessions showed them; each one before, a day earlier"""
    sessions: Annotated[int, msgspec.Meta(ge=1, le=3)] = 1


class SecondSession(_Table, frozen=True, kw_only=True):
    """The changes that make the second session; what is left out stays as in the first."""

    engagements: tuple[CaseEngagement, ...] | None = None
    profile: CaseProfile | None = None
    request: CaseRequest | None = None
    crowd: tuple[CrowdEngagement, ...] | None = None
    episodes: tuple[CaseEpisode, ...] = ()
    """added to the first session's catalog"""
    seen: SeenBefore | None = None


class Case(_Table, frozen=True, kw_only=True):
    """One behaviour case: a session, optionally a second one, and checks of the feeds."""

    about: Annotated[str, msgspec.Meta(min_length=1)]
    """the requirement, in one sentence"""
    kind: Literal["functionality", "direction", "invariance"]
    scenario: str = ""
    """default: the scenario given on the command line"""
    later: str = ""
    """why the case does not hold yet; it fails once it holds, until this key is removed"""
    catalog: CaseCatalog = CaseCatalog()
    crowd: tuple[CrowdEngagement, ...] = ()
    profile: CaseProfile = CaseProfile()
    engagements: tuple[CaseEngagement, ...] = ()
    request: CaseRequest = CaseRequest()
    other: SecondSession | None = None
    expect: Annotated[tuple[AnyCheck, ...], msgspec.Meta(min_length=1)]


def load_case(path: Path) -> Case:
    """Read a case from a TOML file.

    Raises:
        CommandError: the file cannot be read, or a key is unknown or has a wrong value.
    """
    case = read_toml(path, Case)
    if (case.catalog.generator == "file") != bool(case.catalog.file):
        raise CommandError(f"{path}: catalog.file: expected if and only if generator = 'file'")
    for check in case.expect:
        if isinstance(check, Comparison) and case.other is None:
            name = check.__struct_config__.tag
            raise CommandError(
                f"{path}: other: expected this table, since {name!r} compares two sessions"
            )
    return case
