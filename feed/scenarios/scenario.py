"""Scenario: the parameters of a ranking. `scenarios/*.toml` are the shipped ones.

Every parameter stands here with its meaning and its bounds; a file that names another key or
leaves a bound is refused with the key's name. Nothing in a ranking is tuned anywhere else.
"""

from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Literal

import msgspec

from feed.model.engagement import EngagementType
from feed.scenarios.rules import Rules, Table, wrong

Weight = Annotated[float, msgspec.Meta(ge=0, le=10)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class ScenarioError(ValueError):
    """A scenario that cannot be used; the message names the key and what was expected."""


class InterestsParameters(Table, frozen=True, kw_only=True):
    """Engagements and stated interests to a user vector."""

    newest: Annotated[int, msgspec.Meta(ge=1, le=500)] = 10
    """how many engagements make the user vector, newest by timestamp"""
    weights: dict[EngagementType, Weight] = msgspec.field(default_factory=dict)
    """weight of an engagement by type, 1 where none is given; 0 keeps a type out of the vector"""
    progress_floor: Share = 1.0
    """share of its weight that a listen of no progress keeps; its rest grows with the progress"""
    progress_unknown: Share = 1.0
    """the progress that a listen without one counts as"""
    category_blend: Share = 0.15
    """share of the stated interests in the user vector, beside engagements"""
    neutral_similarity: Share = 0.5
    """the similarity of every candidate when nothing is known of the user"""
    rank_power: Annotated[float, msgspec.Meta(ge=0, le=3)] = 1.0
    """beside the user vector every choice counts (1 + its place, the newest 0)^-this"""
    prior: Annotated[float, msgspec.Meta(ge=0, le=100)] = 0.0
    """of how much weight the first choices have to be until the feed believes them half: what is
    personal counts known / (known + this), a stated interest being as much as 2"""
    medoids: Annotated[int, msgspec.Meta(ge=0, le=5)] = 0
    """how many of the engaged episodes stand for an interest each"""
    min_interest: Share = 0.1
    """what an interest has to add to what those before it cover, as a share of all choices"""
    clustered: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100
    """in how many of the newest choices interests are looked for"""


class QualityParameters(Table, frozen=True, kw_only=True):
    """quality = (credibility x its weight + insight x its weight) / scale."""

    credibility: Weight = 1.5
    insight: Weight = 1.0
    scale: Annotated[float, msgspec.Meta(gt=0, le=100)] = 10.0
    missing: Literal["zero", "median"] = "median"
    """what a missing score means: 0 for that score, or the catalog's median for the quality"""


class FiltersParameters(Table, frozen=True, kw_only=True):
    """Who may be a candidate at all."""

    min_credibility: Annotated[float, msgspec.Meta(ge=0, le=5)] = 2.0
    min_combined: Annotated[float, msgspec.Meta(ge=0, le=10)] = 5.0
    """credibility + insight"""
    missing: Literal["zero", "pass"] = "pass"
    """what a missing score means: 0, or that this floor does not judge the episode"""
    freshness_days: tuple[Annotated[int, msgspec.Meta(ge=0, le=36_500)], ...] = (90,)
    """the freshness window in whole days, then the windows it widens to while fewer than
    `candidates` pass; empty for no window"""
    unlimited: bool = False
    """whether the window, once all its steps are used, opens altogether"""
    unpublished: bool = False
    """whether an episode dated in the future may be shown"""


Places = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class SourcesParameters(Table, frozen=True, kw_only=True):
    """Where candidates come from, and how many each source may bring."""

    candidates: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 150
    """similar to the user vector; and how many there are at least, if the catalog has them"""
    ties: Literal["newest", "source"] = "newest"
    """which of equals comes first: the newest, or the first in source order"""
    fill: bool = True
    """whether the best by quality fill the places that the similar ones leave"""
    interests: Places = 0
    """similar to each interest"""
    neighbours: Places = 0
    """chosen by those who chose what the user did"""
    series: Places = 0
    """new from each series that the user follows or often hears"""
    unfinished: Places = 0
    """left half heard"""
    trending: Places = 0
    """chosen by many lately"""
    popular: Places = 0
    """chosen by many, in each of the user's main categories; on a first visit in every one"""
    fresh: Places = 0
    """published last"""
    stated: Places = 0
    """the best in each category that the user asked for"""
    unseen: Places = 0
    """chosen by few so far: so many of the most promising, and so many of those most like the
    user's choices"""
    exploration: Places = 0
    """of the same, so many by chance: open slots are drawn for among these"""
    unseen_below: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    """how many people are no longer few; where the builder counts none, too few to publish"""


class BlendParameters(Table, frozen=True, kw_only=True):
    """score = the sum of these weights times the parts. See docs/scenarios.md for their ranges."""

    measure: Literal["cosine", "catalog"] = "cosine"
    """in what similarity, interest and aversion are measured: cosines as they are, or such that 0
    is the cosine of any two episodes of the catalog and 1 what one pair in a hundred exceeds"""

    similarity: Weight = 0.55
    """cosine with the user vector"""
    interest: Weight = 0.0
    """cosine with the nearest interest"""
    neighbours: Weight = 0.0
    """log(1 + nearness to what the user chose / neighbours_unit)"""
    neighbours_unit: Annotated[float, msgspec.Meta(gt=0, le=100)] = 0.1
    trend: Weight = 0.0
    """log(1 + popularity at 1 or 7 days / popularity_unit)"""
    popularity: Weight = 0.0
    """log(1 + popularity at 30 and 180 days / popularity_unit)"""
    popularity_unit: Annotated[float, msgspec.Meta(gt=0, le=1e6)] = 1.0
    rise: Weight = 0.0
    """(popularity at 7 days / popularity at 180 days)^2: how new its success is"""
    completion: Weight = 0.0
    """share of those who began it that heard it to the end; the median where too few did"""
    promise: Weight = 0.0
    """of what too few have chosen to say how popular it is: what its content promises"""
    unseen: Weight = 0.0
    """of the same: on top"""
    series: Weight = 0.0
    """share of the choices that were of its series; 1 where it is followed"""
    category: Weight = 0.0
    """share of the choices that were of its categories"""
    unfinished: Weight = 0.0
    """1 for what the user left half heard"""
    era: Weight = 0.0
    """exp(-days between their dates / era_days), over the choices by their shares"""
    era_days: Annotated[float, msgspec.Meta(gt=0, le=36_500)] = 1461.0
    quality: Weight = 0.30
    recency: Weight = 0.15
    recency_decay: Weight = 0.03
    """recency = exp(-this x age in whole days)"""
    aversion: Weight = 0.0
    """taken off: similarity to the nearest episode that the user is not interested in"""
    served: Weight = 0.0
    """taken off an episode that an earlier session served (`served_ids`)"""


class SelectorParameters(Table, frozen=True, kw_only=True):
    """Candidates to a queue; see `selectors.select`."""

    queue: Annotated[int, msgspec.Meta(ge=1, le=150)] = 150
    """how long it may be"""
    series_decay: Share = 0.7
    max_per_series: Annotated[int, msgspec.Meta(ge=1, le=150)] = 2
    limit_unnamed: bool = False
    """whether episodes without a series are limited as if they were one series"""
    decay_below_zero: bool = False
    """whether the decay multiplies a negative score too, which raises it; else it divides it"""
    relax_below: Annotated[int, msgspec.Meta(ge=0, le=150)] = 0
    """a queue that ends shorter than this goes on for another round of the limits, so that a
    catalog of few series still makes a feed"""
    topic_decay: Share = 1.0
    """as series_decay, of the main category"""
    mmr: Weight = 0.0
    """taken off: cosine with the nearest of those chosen lately (Carbonell and Goldstein, 1998)"""
    mmr_memory: Share = 0.9
    """what is left of that cosine with each further choice"""
    near_duplicate: Annotated[float, msgspec.Meta(ge=0, le=2)] = 2.0
    """of episodes with a cosine above this, and of those of one title, one comes; above 1: all"""
    calibration: Weight = 0.0
    """added: how much its categories still lack of their share in the user's choices, or on a
    first visit in the catalog (after Steck, 2018, "Calibrated recommendations")"""
    explore_every: Annotated[int, msgspec.Meta(ge=0, le=150)] = 0
    """of each so many places the last is drawn by lot among what `exploration` brought; 0: none"""
    explore_places: Annotated[int, msgspec.Meta(ge=1, le=150)] = 1
    """or so many of the last"""
    explore_noise: Annotated[float, msgspec.Meta(gt=0, le=100)] = 0.1
    """how much chance there is in the lot: an episode is drawn with a probability in proportion to
    exp(score / this)"""


class ReasonsParameters(Table, frozen=True, kw_only=True):
    """What a reason must rest on."""

    min_similarity: Annotated[float, msgspec.Meta(ge=0, le=5)] = 0.3
    """a lower similarity, in the measure of the blend, is never given as the reason"""
    min_recency: Share = 0.5
    """nor a lower recency"""


class Scenario(Table, frozen=True, kw_only=True):
    """All parameters of a ranking."""

    name: Annotated[str, msgspec.Meta(pattern="^[a-z0-9_]{1,40}$")]
    description: str = ""
    interests: InterestsParameters = InterestsParameters()
    quality: QualityParameters = QualityParameters()
    filters: FiltersParameters = FiltersParameters()
    sources: SourcesParameters = SourcesParameters()
    blend: BlendParameters = BlendParameters()
    selector: SelectorParameters = SelectorParameters()
    reasons: ReasonsParameters = ReasonsParameters()
    rules: Rules = Rules()


def parse(text: str | bytes) -> Scenario:
    """A scenario from TOML. Raises `ScenarioError` that names the key."""
    try:
        scenario = msgspec.toml.decode(text, type=Scenario)
    except msgspec.ValidationError as error:
        raise ScenarioError(f"scenario: {error}") from error
    except (msgspec.DecodeError, ValueError) as error:
        raise ScenarioError(f"scenario: not TOML: {error}") from error
    steps = scenario.filters.freshness_days
    if list(steps) != sorted(set(steps)):
        raise ScenarioError("scenario: expected growing windows - at `$.filters.freshness_days`")
    for problem in wrong(scenario.rules):
        raise ScenarioError(f"scenario: {problem}")
    return scenario


def load_folder(folder: Traversable) -> dict[str, Scenario]:
    """Parse every `.toml` file of a folder: the scenarios by their names.

    Raises `ScenarioError` that names the file and the key.
    """
    found = {}
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            try:
                scenario = parse(file.read_bytes())
            except ScenarioError as error:
                raise ScenarioError(f"{file}: {error}") from error
            found[scenario.name] = scenario
    return found


def shipped() -> dict[str, Scenario]:
    """The scenarios that are deployed with the functions, by name."""
    return load_folder(resources.files("feed.scenarios"))
