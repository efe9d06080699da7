"""The parameters of the selector, the table `[selector]` of a scenario file."""

from typing import Annotated

import msgspec

from feed.scenarios.parameters import Share, Table, Weight

QueueSlots = Annotated[int, msgspec.Meta(ge=0, le=150)]
"""Number of slots of a queue, none included."""


class SelectorParameters(Table, frozen=True, kw_only=True):
    """How candidates become a queue: slot by slot, the candidate of the highest value.

    The value is the score x `series_decay`^(already chosen of its series) x
    `topic_decay`^(already chosen of its topic) - `mmr` x the cosine with the nearest of those
    chosen lately + `calibration` x how much the queue still lacks of its categories. In a long-tail
    slot (`tail_every`), what popularity adds to the score does not count.
    """

    queue: Annotated[int, msgspec.Meta(ge=1, le=150)] = 150
    """greatest length of the queue"""
    series_decay: Share = 0.7
    """factor on the score for each episode already chosen of the same series"""
    max_per_series: Annotated[int, msgspec.Meta(ge=1, le=150)] = 2
    """greatest number of episodes of one series; two in a row are never of the same"""
    limit_unnamed: bool = False
    """whether episodes without a series are limited as if they were of one series"""
    decay_below_zero: bool = False
    """whether the decays multiply a negative score, which raises it; otherwise they divide it"""
    relax_below: QueueSlots = 0
    """a queue that would end shorter continues with the limits per series counted anew, and
    `degraded` says `series_limit_relaxed`"""
    topic_decay: Share = 1.0
    """factor on the score for each episode already chosen of the same topic: the first major
    category that an episode names"""
    mmr: Weight = 0.0
    """maximal marginal relevance (Carbonell and Goldstein, 1998): weight of the cosine with the
    nearest of the episodes chosen lately"""
    mmr_memory: Share = 0.9
    """factor on that cosine for each slot since"""
    near_duplicate: Annotated[float, msgspec.Meta(ge=0, le=2)] = 2.0
    """cosine above which two episodes are near-duplicates, of which one is chosen, as it is of
    equal titles; above 1, both rules are off"""
    calibration: Weight = 0.0
    """weight with which the categories of the queue approach their shares in the user's
    engagements, or on a first visit those in the catalog (after Steck, 2018)"""
    tail_every: QueueSlots = 0
    """in each stretch of this many slots, the last is a long-tail slot, where what `popularity_*`
    and `rise_*` add to a score does not count; 0: none"""
    explore_every: QueueSlots = 0
    """in each stretch of this many slots, the last is an exploration slot, filled at random from
    what the source `exploration` brought; 0: none"""
    explore_places: Annotated[int, msgspec.Meta(ge=1, le=150)] = 1
    """number of exploration slots in each stretch, the last ones"""
    explore_noise: Annotated[float, msgspec.Meta(gt=0, le=100)] = 0.1
    """temperature of the draw: an episode's probability is proportional to
    exp(score / `explore_noise`); the same seed draws the same"""
