"""Standing: the place that some episodes would have among all that one user would be offered."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from feed.arrays.arrays import BoolArray, FloatArray, IntArray, in_sorted
from feed.ranking.candidates import generate_candidates, these_episodes
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.eligibility import find_eligible
from feed.ranking.reasons import SERIES_FOLLOWED, Reasons, explain
from feed.ranking.score_parts import ScoredCandidates, score
from feed.selection.greedy import Selection
from feed.user.features import UserFeatures


@dataclass(frozen=True)
class Standings:
    """How e episodes stand with one user."""

    is_new: BoolArray
    """(e,) whether a session may show the episode, and the user has neither engaged with it nor had
    it on the screen"""
    is_followed: BoolArray
    """(e,) whether the user follows its series"""
    scores: FloatArray
    """(e,) final score, as `Ranker.score` has it"""
    places: IntArray
    """(e,) 1 for an episode with a higher score than all other candidates of the user's session, 2
    where one candidate has a higher score, and so on; 0 where nothing is known of the user's
    taste, or `is_new` is false"""
    reasons: Callable[[IntArray], Reasons]
    """returns the reasons of k episodes by index (k,): of a followed series, that it is followed"""


def find_standings(
    features: CatalogFeatures, user: UserFeatures, rows: IntArray, seen_rows: IntArray
) -> Standings:
    """Compare the episodes of some catalog rows (e,) with the candidates of a user's session.

    `seen_rows` are those of everything that the user had on the screen, in no order.

    An episode that is not among the candidates is compared with all of them.
    """
    eligible = find_eligible(features, user)
    known = np.sort(np.concatenate([user.query.engaged_rows, seen_rows]))
    is_new = eligible.allowed[rows] & ~in_sorted(known, rows)
    series = features.catalog.series[rows]
    scored = score(features, user, these_episodes(features, user, rows, None))
    places = np.zeros(len(rows), np.int64)
    if is_new.any() and not user.is_unknown:
        offered = score(features, user, generate_candidates(features, user, eligible, None))
        places = np.where(is_new, _places(scored, offered), 0)
    is_followed = in_sorted(user.followed_series, series) & (series >= 0)

    def reasons(indices: IntArray) -> Reasons:
        as_they_are = _selection(len(indices))
        found = explain(features, user, scored.take(indices), as_they_are)
        followed, hashes = is_followed[indices], features.series_hashes
        subjects = hashes[series[indices]] if len(hashes) else found.subject_hashes
        return Reasons(
            codes=np.where(followed, SERIES_FOLLOWED, found.codes).astype(np.uint8),
            subject_hashes=np.where(followed, subjects, found.subject_hashes),
        )

    return Standings(is_new, is_followed, scored.scores, places, reasons)


def _places(scored: ScoredCandidates, offered: ScoredCandidates) -> IntArray:
    """(e,) 1 + the number of other episodes on offer with a higher score."""
    higher = offered.scores > scored.scores[:, None]
    higher &= offered.rows != scored.rows[:, None]
    places: IntArray = 1 + np.count_nonzero(higher, axis=1)
    return places


def _selection(count: int) -> Selection:
    """The selection of so many candidates in their order, none drawn at random or pinned."""
    no = np.zeros(count, np.bool_)
    return Selection(np.arange(count), np.ones(count), no, no, relaxed=False)
