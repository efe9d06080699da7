"""Case: a catalog, a person, and what is expected of their feed, as a TOML file says it.

Kinds as in Ribeiro et al. (2020), "Beyond Accuracy: Behavioral Testing of NLP Models with
CheckList": a minimum functionality, a direction (what a change has to do), an invariance (what it
must not).
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from catalog_builder.errors import CommandError
from evaluation.behaviour import checks, comparisons
from evaluation.behaviour.where import Where
from feed.model.engagement import EngagementType
from feed.model.episode import Scores

Comparison = comparisons.Overlap | comparisons.Same | comparisons.SameAbove | comparisons.Moves
Check = (
    checks.Length
    | checks.Absent
    | checks.Share
    | checks.Breadth
    | checks.Floor
    | checks.Quality
    | checks.Before
    | checks.More
    | checks.Series
    | checks.Reasons
    | checks.Latency
    | Comparison
)

Days = Annotated[float, msgspec.Meta(ge=0, le=36_500)]
Count = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a case: unknown keys are refused."""


class Written(_Table, frozen=True, kw_only=True):
    """An episode written out."""

    id: str
    title: str = ""
    """its id, unless given"""
    topic: str = ""
    """its category, and where its vector lies unless `vector` says so"""
    series: str = ""
    age_days: Annotated[float, msgspec.Meta(ge=-36_500, le=36_500)] = 1.0
    """negative for the future"""
    scores: Scores = Scores(credibility=4.0, insight=4.0)
    content_id: str | None = None
    language: str | None = None
    explicit: bool | None = None
    vector: dict[str, float] = {}
    """a sum of topics' directions and of directions at right angles to all topics"""


class World(_Table, frozen=True, kw_only=True):
    """The catalog of a case."""

    generator: Literal["topics", "demo", "file", "none"] = "topics"
    topics: tuple[str, ...] = (
        *("Astronomy", "Physics", "Chemistry", "Cooking"),
        *("Travel", "History", "Politics", "Music"),
    )
    """on a ring: each is related to the one before and the one after it"""
    per_topic: Count = 40
    series_per_topic: Count = 8
    noise: Annotated[float, msgspec.Meta(ge=0, le=10)] = 0.8
    """how far the episodes of a topic lie apart: 0 for all in one place"""
    days: Days = 80.0
    """the age of the oldest"""
    levels: dict[str, float] = {}
    """by topic, what is added to its episodes' scores"""
    seed: int = 0
    file: str = ""
    """with `file`: JSON or JSON Lines, beside the case"""
    vectors: str = ""
    """with `file`: .npz, beside the case; none: of the text"""
    episodes: tuple[Written, ...] = ()
    """more of them, written out"""


class Engaged(Where, frozen=True, kw_only=True):
    """Engagements with every episode named by its id, or else with the first `count` that match."""

    type: EngagementType = "complete"
    age_days: Days = 1.0
    """of the newest; each further one lies a day further back"""
    progress: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    count: Count = 1


class Crowd(Engaged, frozen=True, kw_only=True):
    """What others did, each of them all of it: the signals of the catalog come from them."""

    users: Count = 10


class Person(_Table, frozen=True, kw_only=True):
    """What is stored of a user."""

    category_interests: tuple[str, ...] = ()
    followed_series: tuple[str, ...] = ()
    muted_series: tuple[str, ...] = ()
    muted_categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


class Asked(_Table, frozen=True, kw_only=True):
    """The request."""

    engagements: tuple[Engaged, ...] = ()
    excluded_ids: tuple[str, ...] = ()
    served_ids: tuple[str, ...] = ()
    category_interests: tuple[str, ...] | None = None
    muted_series: tuple[str, ...] = ()
    seed: int = 0


class Other(_Table, frozen=True, kw_only=True):
    """A second session. What is not given here is as in the first."""

    engagements: tuple[Engaged, ...] | None = None
    profile: Person | None = None
    request: Asked | None = None
    crowd: tuple[Crowd, ...] | None = None
    episodes: tuple[Written, ...] = ()
    """added to the catalog"""


class Case(_Table, frozen=True, kw_only=True):
    """One case."""

    about: Annotated[str, msgspec.Meta(min_length=1)]
    """what has to hold, in a sentence"""
    kind: Literal["functionality", "direction", "invariance"]
    scenario: str = ""
    """none: the one that is being judged"""
    later: str = ""
    """why it cannot hold yet; once it does, this has to go"""
    catalog: World = World()
    crowd: tuple[Crowd, ...] = ()
    profile: Person = Person()
    engagements: tuple[Engaged, ...] = ()
    request: Asked = Asked()
    other: Other | None = None
    expect: Annotated[tuple[Check, ...], msgspec.Meta(min_length=1)]


def load(path: Path) -> Case:
    """A case from its file. Raises `CommandError` that names the key."""
    try:
        case = msgspec.toml.decode(path.read_bytes(), type=Case)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    except (msgspec.DecodeError, ValueError) as error:
        raise CommandError(f"{path}: {error}") from error
    if (case.catalog.generator == "file") != bool(case.catalog.file):
        raise CommandError(
            f"{path}: catalog.file: expected with generator = 'file', and with it alone"
        )
    for check in case.expect:
        if isinstance(check, Comparison) and case.other is None:
            name = check.__struct_config__.tag
            raise CommandError(f"{path}: other: expected such a table for the check {name!r}")
    return case
