"""Series recommendation: the shows that a listener does not know yet and may want to follow."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, HashArray, IntArray, group_sum, ranges, top_k
from feed.ranking import scorers
from feed.ranking.reasons import BECAUSE, CODES, Claim, Reasons, strongest
from feed.ranking.series import SeriesFeatures
from feed.scenarios.selector import SelectorParameters
from feed.selection.selector import select
from feed.selection.shortlist import SelectorInput
from feed.user.features import UserFeatures

KNOWN_FROM = 2
"""number of a series' episodes that the user engaged with, from which on it is no news to them"""
LISTENERS = 4.0
"""what co-engagement adds to the score of the series with the most: as with episodes, it says more
than content where it is known"""
POPULARITY = 0.5
"""what the listeners of the week add to the score of the most popular series"""
DIVERSITY = 0.3
"""weight of the cosine with the nearest series chosen before (`mmr` of the selector)"""
CHOICES = 3
"""number of series by score, for each one that is recommended, among which diversity chooses"""
_ASKED = 5
"""number of a followed series' newest episodes whose listeners are asked what else they heard"""


@dataclass(frozen=True)
class RecommendedSeries:
    """k series, the best first."""

    series: IntArray
    """(k,) indices of the catalog's series"""
    scores: FloatArray
    """(k,) before the diversity rules, which also decide the order"""
    reasons: Reasons
    """(k,) the part of each score that is true of the user and added most"""
    cold_start: bool
    """whether nothing is known of the user"""


class _Part(NamedTuple):
    """One part of the scores of all S series, and the reason that it may be."""

    contribution: FloatArray
    """(S,) what it adds to the score, at least 0"""
    is_true: BoolArray
    """(S,) whether it may be given as the reason"""
    codes: npt.NDArray[np.uint8]
    """(S,) the reason's index in `feed.ranking.reasons.KEYS`"""
    subject_hashes: HashArray
    """(S,) hash of what the reason names, or 0"""

    @classmethod
    def of(cls, contribution: FloatArray, is_true: BoolArray, key: str) -> "_Part":
        """A part whose reason names nothing."""
        count = len(contribution)
        codes = np.full(count, CODES[key], np.uint8)
        return cls(contribution, is_true, codes, np.zeros(count, np.uint64))

    def claim(self, chosen: IntArray) -> Claim:
        """What it claims about these (k,) series."""
        contribution = np.where(self.is_true[chosen], self.contribution[chosen], -np.inf)
        return Claim(contribution, self.codes[chosen], self.subject_hashes[chosen])


def recommend_series(
    series: SeriesFeatures, user: UserFeatures, allowed: BoolArray, count: int
) -> RecommendedSeries:
    """Recommend the `count` series with an `allowed` (n,) episode that suit a user best.

    Never one that the user follows or mutes, of which at least half of the episodes are in muted
    categories, that the user knows (`KNOWN_FROM`), or rejected more episodes of than they liked.
    The score of a series is the sum of

    - content: the scaled cosine of its vector with the nearest of the user's interests, stated
      interests and followed series; where the catalog holds no vectors, the mean share of its
      newest episodes' categories in what the user chose;
    - listeners: how often those who chose what the user chose, or the newest episodes of what the
      user follows, went on to it, each `LISTENERS` for the series with the most;
    - quality: the mean quality of its newest episodes, and the share of its listeners who came
      back;
    - popularity: its listeners of the week, as a logarithm.

    A user of whom nothing is known gets the last two. The selector orders the series so that
    neighbours in the list are less alike (MMR; Carbonell and Goldstein, 1998).
    """
    found = np.flatnonzero(_news(series, user, allowed))
    if not len(found):
        none = Reasons(np.zeros(0, np.uint8), np.zeros(0, np.uint64))
        return RecommendedSeries(found, np.zeros(0), none, user.is_unknown)
    general, personal = _general(series), []
    if not user.is_unknown:
        personal = [_content(series, user), *_listeners(series, user, found)]
    scores = np.sum([part.contribution for part in (*personal, *general)], axis=0)
    chosen = _diverse(series, found, scores, count)
    claim = strongest(part.claim(chosen) for part in general)
    codes, subjects = claim.codes, claim.subject_hashes
    if personal:
        mine = strongest(part.claim(chosen) for part in personal)
        is_mine = mine.contribution > 0
        codes = np.where(is_mine, mine.codes, codes)
        subjects = np.where(is_mine, mine.subject_hashes, subjects)
    reasons = Reasons(codes, subjects)
    return RecommendedSeries(chosen, scores[chosen], reasons, user.is_unknown)


def _news(series: SeriesFeatures, user: UserFeatures, allowed: BoolArray) -> BoolArray:
    """(S,) which series have an allowed episode, and are neither known to the user nor unwanted."""
    of, query = series.catalog.series, user.query
    count = len(series.catalog.series_ids)

    def episodes(rows: IntArray) -> IntArray:
        """(S,) number of these episodes of each series."""
        owners = of[np.unique(rows[rows >= 0])]
        return np.bincount(owners[owners >= 0], minlength=count)

    news = series.with_any(allowed)
    news[user.followed_series] = news[query.muted_series] = False
    news &= episodes(query.engaged_rows) < KNOWN_FROM
    if len(query.muted_categories):
        muted = episodes(series.catalog.rows_in_categories(query.muted_categories))
        news &= 2 * muted < np.bincount(of[of >= 0], minlength=count)
    return news & (episodes(user.disliked) <= episodes(user.positives))


def _content(series: SeriesFeatures, user: UserFeatures) -> _Part:
    """How near each series is to what the user chose, stated or follows."""
    catalog, features = series.catalog, series.features
    if not catalog.embeddings.in_memory:
        content = series.mean(scorers.category(catalog, user, np.arange(len(catalog))))
        return _Part.of(content, content > 0, "recent_activity")
    medoids, declared, followed = user.interests, user.declared_interests, user.followed_series
    vectors = np.concatenate(
        [catalog.embeddings[medoids], catalog.anchors[declared], series.vectors[followed]]
    )
    if not len(vectors):
        nothing = np.zeros(len(catalog.series_ids))
        return _Part.of(nothing, nothing > 0, "discover")
    cosines = series.vectors @ vectors.T
    nearest = cosines.argmax(axis=1)
    content = np.maximum(features.rescale(cosines.max(axis=1).astype(np.float64)), 0.0)
    of = catalog.series[medoids]
    places = [int(np.argmax(user.positives == medoid)) for medoid in medoids]
    types = user.positive_types[np.array(places, np.int64)]
    alike, near = CODES["series_similar"], CODES["near_interest"]
    codes = np.concatenate(
        [np.where(of >= 0, alike, BECAUSE[types]), [near] * len(declared), [alike] * len(followed)]
    ).astype(np.uint8)
    subjects = np.concatenate(
        [
            np.where(of >= 0, features.series_hashes[of], catalog.id_hashes[medoids]),
            features.category_hashes[declared],
            features.series_hashes[followed],
        ]
    )
    is_similar = content >= min(features.scenario.reasons.min_similarity, 1.0)
    codes, subjects = codes[nearest], subjects[nearest]
    # Of a series that an episode was heard of, that episode is the reason.
    own = np.flatnonzero((nearest < len(medoids)) & (subjects == features.series_hashes))
    codes[own], subjects[own] = (
        BECAUSE[types][nearest[own]],
        catalog.id_hashes[medoids[nearest[own]]],
    )
    return _Part(content, is_similar, codes, subjects)


def _listeners(series: SeriesFeatures, user: UserFeatures, found: IntArray) -> Iterator[_Part]:
    """How often listeners of what the user chose, and of what they follow, went on to each series.

    `LISTENERS` for the series of `found` with the most.
    """
    catalog, features = series.catalog, series.features
    count = len(catalog.series_ids)
    starts = features.newest_by_series.starts[user.followed_series]
    ends = np.minimum(starts + _ASKED, features.newest_by_series.starts[user.followed_series + 1])
    followed = features.newest_by_series.rows[ranges(starts, ends)]
    long_half_life = scorers.NEIGHBOURS.index("neighbours_long")
    of_followed = catalog.signals.neighbours(followed, np.ones((1, len(followed))))
    for merged, weighting in ((user.neighbours, long_half_life), (of_followed, 0)):
        nearness, of = merged.nearness[weighting], catalog.series[merged.rows]
        groups, sums = group_sum(of[of >= 0], nearness[of >= 0], count)
        listeners = np.zeros(count)
        listeners[groups] = sums
        listeners *= LISTENERS / max(float(listeners[found].max(initial=0.0)), 1e-12)
        # The source of a series' strongest neighbour is what the reason names.
        order = np.lexsort((-nearness, of))
        places, first = np.unique(of[order], return_index=True)
        best = order[first][places >= 0]
        source = np.zeros(count, np.int64)
        source[places[places >= 0]] = merged.nearest(merged.rows[best])
        source_series = catalog.series[source]
        is_named = source_series >= 0
        yield _Part(
            listeners,
            (listeners > 0) & (source_series != np.arange(count)),
            np.where(is_named, CODES["series_others"], CODES["others"]).astype(np.uint8),
            np.where(is_named, features.series_hashes[source_series], catalog.id_hashes[source]),
        )


def _general(series: SeriesFeatures) -> list[_Part]:
    """What holds for every user: quality, popularity, and that a series is news."""
    popularity, nothing = POPULARITY * series.popularity, np.zeros(len(series.quality))
    return [
        _Part.of(nothing, nothing == 0, "discover"),
        _Part.of(series.quality, series.is_highly_rated, "quality"),
        _Part.of(popularity, series.is_popular, "trending"),
    ]


def _diverse(series: SeriesFeatures, found: IntArray, scores: FloatArray, count: int) -> IntArray:
    """Up to `count` of these series, by their scores and unlike those chosen before.

    They are among the best `CHOICES` x `count` by score, since each is compared with each.
    """
    found = top_k(found, scores[found], CHOICES * count, np.arange(len(scores)))[0]
    candidates = SelectorInput(
        scores=scores[found],
        tie_order=found,
        series=found,
        vectors=series.vectors[found] if series.catalog.embeddings.in_memory else None,
    )
    parameters = SelectorParameters(queue=count, max_per_series=1, mmr=DIVERSITY)
    return found[select(candidates, parameters).indices]
