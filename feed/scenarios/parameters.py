"""The parameters of a scenario, each with its default, its bounds and its meaning.

A class is a table of the scenario file, such as `[blend]`. `make docs` writes the tables of
docs/scenarios.md from these classes and docstrings.
"""

from typing import Annotated, Literal

import msgspec

from feed.model.engagement import EngagementType

Weight = Annotated[float, msgspec.Meta(ge=0, le=10)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Finite = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
FreshnessWindows = Annotated[
    tuple[Annotated[int, msgspec.Meta(ge=0, le=36_500)], ...], msgspec.Meta(max_length=20)
]
"""Up to 20 windows in whole days: each may cost a pass over the catalog."""
SourceSize = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a scenario file, which refuses unknown keys."""


class InterestParameters(Table, frozen=True, kw_only=True):
    """How engagements and stated interests become a user vector, and interests beside it."""

    newest: Annotated[int, msgspec.Meta(ge=1, le=500)] = 10
    """how many engagements make the user vector, the newest by timestamp; an episode without an
    embedding counts among them and is then skipped"""
    weights: dict[EngagementType, Weight] = msgspec.field(default_factory=dict)
    """weight of an engagement by its type, 1 for a type that is not given; 0 keeps the type out of
    the user vector, and out of the newest"""
    progress_floor: Share = 1.0
    """share of its weight that a `listen` of progress 0 keeps; the rest grows with the progress"""
    progress_unknown: Share = 1.0
    """the progress of a `listen` that was sent without one"""
    category_blend: Share = 0.15
    """share of the stated interests in the user vector, beside the engagements"""
    seed_blend: Share = 0.7
    """share of a [seed](seeds.md) in the user vector, beside engagements and stated interests"""
    neutral_similarity: Share = 0.5
    """similarity of every candidate while nothing is known of the user"""
    half_life: Annotated[float, msgspec.Meta(gt=0, le=500)] = 8.0
    """outside the user vector, an engagement counts half after so many later ones"""
    prior: Annotated[float, msgspec.Meta(ge=0, le=100)] = 0.0
    """weight of engagements at which the personal parts of the score (`similarity`, `interest`,
    `neighbours`, `neighbours_latest`, `neighbours_long`, `series`, `category`, `era`) count half:
    their weights are multiplied by known / (known + `prior`), where a stated interest adds 2 to
    what is known; curves are not"""
    medoids: Annotated[int, msgspec.Meta(ge=0, le=5)] = 0
    """how many interests are looked for: engaged episodes that each stand for others like them"""
    min_interest: Share = 0.1
    """what an interest must add to those before it, as a share of all engagements"""
    clustered: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100
    """among how many of the newest engagements interests are looked for"""


class QualityParameters(Table, frozen=True, kw_only=True):
    """quality = (credibility x its weight + insight x its weight) / `scale`."""

    credibility: Weight = 1.5
    """weight of the credibility score"""
    insight: Weight = 1.0
    """weight of the insight score"""
    scale: Annotated[float, msgspec.Meta(gt=0, le=100)] = 10.0
    """divisor of the weighted sum; with all defaults, quality is from 0 to 1.25"""
    missing: Literal["zero", "median", "estimate"] = "median"
    """an episode without one of the scores: `zero`, the score counts 0; `median`, the quality is
    the catalog's median, or 0.5 if no episode has both scores; `estimate`, the builder's
    [estimate](enrichment.md) stands in for the score, or `median` holds if the catalog has none"""


class FilterParameters(Table, frozen=True, kw_only=True):
    """Which episodes may be candidates. Exclusions, mutes and languages need no parameter."""

    min_credibility: Annotated[float, msgspec.Meta(ge=0, le=5)] = 2.0
    """lowest credibility"""
    min_combined: Annotated[float, msgspec.Meta(ge=0, le=10)] = 5.0
    """lowest sum of credibility and insight"""
    missing: Literal["zero", "pass"] = "pass"
    """an episode without one of the scores: `zero`, the score counts 0; `pass`, the limits that
    need it do not apply"""
    freshness_days: FreshnessWindows = (90,)
    """the freshness window in whole days (rounded down), followed by wider windows in growing
    order, 20 in all, which apply one by one while fewer than `candidates` pass; empty: no window. A
    wider window is named in `degraded`"""
    unlimited: bool = False
    """whether the window opens altogether after its last step"""
    unpublished: bool = False
    """whether episodes dated in the future may be shown"""


class ImpressionParameters(Table, frozen=True, kw_only=True):
    """What it means that a user had an episode on the screen and did nothing with it.

    Impressions count by visit, and those of the present one not yet, so that nothing moves within a
    visit. It is over 20 minutes after its last impression.
    """

    half_life_days: Annotated[float, msgspec.Meta(gt=0, le=365)] = 3.0
    """age at which an impression counts half in `fatigue`"""
    limit_visits: Annotated[int, msgspec.Meta(ge=0, le=3)] = 0
    """number of visits in which an episode was seen, after which it is left out while enough
    others fill the queue; 0: it never is"""
    limit_days: Annotated[float, msgspec.Meta(ge=0, le=365)] = 7.0
    """how long after the last of these impressions it is left out"""


class SourceParameters(Table, frozen=True, kw_only=True):
    """Where candidates come from, and how many each source may bring; 0 switches it off.

    An episode that several sources bring is one candidate, which remembers each of them.
    """

    candidates: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 150
    """number of episodes similar to the user vector; also the number of candidates to reach, if the
    catalog has as many"""
    ties: Literal["newest", "source"] = "newest"
    """which of equal episodes comes first, here and in the queue: the newest, or the first in the
    order of the episodes' source"""
    fill: bool = True
    """whether the episodes of the highest quality fill up the number of candidates"""
    interests: SourceSize = 0
    """number of episodes similar to each interest"""
    neighbours: SourceSize = 0
    """number of episodes chosen by listeners who chose the same as the user"""
    series: SourceSize = 0
    """number of new episodes of each series that the user follows, or that has a tenth of the
    user's engagements"""
    unfinished: SourceSize = 0
    """number of episodes that the user left half heard: candidates although the user engaged with
    them"""
    trending: SourceSize = 0
    """number of episodes that many listeners chose lately"""
    popular: SourceSize = 0
    """number of episodes that many listeners chose, in each of the user's five main categories and
    stated interests; on a first visit, in each major category"""
    fresh: SourceSize = 0
    """number of episodes published last"""
    stated: SourceSize = 0
    """number of the best episodes of each stated interest"""
    unseen: SourceSize = 0
    """number of episodes with few listeners so far: so many of the highest predicted popularity,
    and so many of those most like the user's engagements"""
    seed: SourceSize = 0
    """number of episodes that match a [seed](seeds.md) best"""
    exploration: SourceSize = 0
    """number of episodes with few listeners so far, chosen at random: the pool for exploration
    slots (`explore_every`)"""
    unseen_below: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    """number of listeners from which on an episode no longer has few; an episode for which the
    builder publishes no number has none"""


class Curve(Table, frozen=True, kw_only=True):
    """What a part adds to the score, as a curve of straight lines between knots.

    Below the first knot and above the last it is constant.
    """

    at: tuple[Finite, ...]
    """values of the part at the knots, rising"""
    value: tuple[Finite, ...]
    """what is added to the score at each knot"""
    typical: Finite = 0.0
    """what the curve gives a typical candidate; a reason needs more than that"""


class BlendParameters(Table, frozen=True, kw_only=True):
    """The score is the sum of its parts, each times its weight, less those that are subtracted.

    A part with a curve adds what its curve says instead. No part depends on which other candidates
    there are. Parts that count listeners are logarithms, since the tenth listener says more than
    the thousandth.
    """

    curves: dict[str, Curve] = msgspec.field(default_factory=dict)
    """by part: a curve in place of its weight, as `python -m evaluation fit` and `learn` write
    them"""
    measure: Literal["cosine", "catalog"] = "cosine"
    """how `similarity`, `interest` and `aversion` are measured: `cosine`, as cosines; `catalog`, on
    a scale where 0 is the mean cosine of two episodes of the catalog and 1 is exceeded by one pair
    in a hundred, so that the same weights suit every embedding model"""
    similarity: Weight = 0.55
    """weight of the similarity to the user vector"""
    interest: Weight = 0.0
    """weight of the similarity to the nearest interest"""
    beside_neighbours: Share = 1.0
    """share of their weights that `similarity` and `interest` keep for an episode that is anybody's
    neighbour, for a user whose choices have neighbours"""
    neighbours: Weight = 0.0
    """weight of log(1 + 1000 x nearness): how often listeners who chose what the user chose went on
    to the episode; a choice of the user counts half after four later ones"""
    neighbours_latest: Weight = 0.0
    """weight of what `neighbours` measures, where little more than the user's last choice counts: a
    choice counts half after 0.7 later ones"""
    neighbours_long: Weight = 0.0
    """weight of what `neighbours` measures, over a longer history: a choice counts half after 16
    later ones"""
    popularity_day: Weight = 0.0
    """weight of log((x + 5) / (y + 5)), where x is the popularity with a half-life of 1 day and y
    that of the 20th most popular episode; 0 for that episode, negative for most"""
    popularity_week: Weight = 0.0
    """weight of what `popularity_day` measures, with a half-life of 7 days"""
    popularity_month: Weight = 0.0
    """weight of what `popularity_day` measures, with a half-life of 30 days"""
    popularity_ever: Weight = 0.0
    """weight of what `popularity_day` measures, with the number of all listeners"""
    rise_day: Weight = 0.0
    """weight of log((x + 5) / (y + 5)), where x is the popularity with a half-life of 1 day and y
    what that with 7 days lets expect, as for an average episode: how new the success is"""
    rise_week: Weight = 0.0
    """weight of what `rise_day` measures, with the popularity of 7 days and the number of all
    listeners"""
    rise_month: Weight = 0.0
    """weight of what `rise_day` measures, with the popularity of 30 days and the number of all
    listeners"""
    completion: Weight = 0.0
    """weight of the share of the listeners who began the episode that heard it to the end; the
    catalog's median if too few began it"""
    promise: Weight = 0.0
    """weight of the predicted popularity of an episode that too few have chosen: log(1 +
    popularity) as its content and series suggest"""
    unseen: Weight = 0.0
    """added to the score of an episode that too few have chosen"""
    series: Weight = 0.0
    """weight of the share of the user's engagements with the episode's series; 1 if the user
    follows it"""
    category: Weight = 0.0
    """weight of the sum of the shares of the episode's categories in the user's engagements and
    stated interests, divided by the square root of their number"""
    seed: Weight = 0.0
    """weight of how well the episode matches a [seed](seeds.md), 0 to 1: of words, its score in
    their search as a share of the best; of episodes, its similarity to the nearest by `measure`"""
    unfinished: Weight = 0.0
    """added to the score of an episode that the user left half heard"""
    era: Weight = 0.0
    """weight of exp(-days between publication dates / `era_days`), averaged over the user's
    engagements by their shares"""
    era_days: Annotated[float, msgspec.Meta(gt=0, le=36_500)] = 1461.0
    """difference of dates, in days, at which `era` has fallen to 1/e"""
    quality: Weight = 0.30
    """weight of the quality that `[quality]` defines"""
    recency: Weight = 0.15
    """weight of exp(-`recency_decay` x age in whole days): 1 on the first day, above 1 for a date
    in the future"""
    recency_decay: Weight = 0.03
    """rate at which recency decays, per day of age"""
    age: Weight = 0.0
    """weight of log(1 + age in whole days), for a curve: old episodes differ, too"""
    aversion: Weight = 0.0
    """subtracted: weight of the similarity, at least 0, to the nearest episode that the user marked
    `not_interested` or left after a moment"""
    fatigue: Weight = 0.0
    """subtracted: weight of the visits that had the episode on the screen while the user did
    nothing with it, at most four, each of which counts half after `half_life_days`"""
    served: Weight = 0.0
    """subtracted from the score of an episode that an earlier session served (`served_ids`)"""

    def uses(self, part: str) -> bool:
        """Whether a part has a weight or a curve."""
        return part in self.curves or bool(getattr(self, part))


PARTS = frozenset(msgspec.structs.asdict(BlendParameters())) - {
    *("curves", "measure", "beside_neighbours", "era_days", "recency_decay")
}
"""Names of the parts of the score that a scenario weighs."""


class ReasonParameters(Table, frozen=True, kw_only=True):
    """What may be given as the reason for an episode."""

    min_similarity: Annotated[float, msgspec.Meta(ge=0, le=5)] = 0.3
    """similarity, by the `measure` of `[blend]`, below which it is never the reason; then it is
    quality or recency, whichever added more to the score"""
    min_recency: Share = 0.5
    """recency below which it is never the reason, as quality is not below the catalog's median"""
