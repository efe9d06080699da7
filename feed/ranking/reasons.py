"""Reasons: why an episode is in the queue, taken from the numbers that ranked it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, HashArray, IntArray, in_sorted
from feed.catalog.catalog import Catalog
from feed.model.engagement import TYPES
from feed.ranking.catalog_features import CatalogFeatures
from feed.scenarios.scenario import Scenario
from feed.selection.greedy import Selection
from feed.user.features import HABITUAL, UserFeatures
from feed.user.user_vector import UserVector

DISCOVER, QUALITY, FRESH, INTEREST, NEAR_INTEREST = range(5)
KEYS = (
    *("discover", "quality", "fresh", "interest", "near_interest"),
    *("because_click", "because_listen", "because_complete", "because_bookmark", "because_like"),
    *("because_share", "because_not_interested", "recent_activity", "others"),
    *("series_followed", "series_heard", "unfinished", "trending", "trending_in", "unseen"),
    "pinned",
)
"""Reason keys by code. Cursors carry the codes: append, never reorder."""

BECAUSE = np.array([KEYS.index(f"because_{kind}") for kind in TYPES], np.uint8)
"""by place in `TYPES`"""
_CODE = {key: code for code, key in enumerate(KEYS)}


@dataclass(frozen=True)
class Reasons:
    """The reason of each of k episodes."""

    codes: npt.NDArray[np.uint8]
    """(k,) places in `KEYS`"""
    subject_hashes: npt.NDArray[np.uint64]
    """(k,) hash of the id of the engaged episode or of the series, of the category's name, or 0"""


class _Claim(NamedTuple):
    """One way to explain each of k episodes."""

    given: FloatArray
    """(k,) what it gave to the score; -inf where it would not be true"""
    codes: npt.NDArray[np.uint8]
    subject_hashes: HashArray


def explain(
    catalog: Catalog,
    scenario: Scenario,
    features: CatalogFeatures,
    user: UserFeatures,
    rows: IntArray,
    vectors: npt.NDArray[np.float32],
    parts: Mapping[str, FloatArray],
    weights: Mapping[str, float],
    chosen: Selection,
) -> Reasons:
    """The reason of each episode in `rows`: of what is true of it, what gave most to its score.

    `vectors` are their embeddings, where the catalog holds any.

    What is personal comes first: the similarity to what the user engaged with or asked for, if it
    is at least `min_similarity`; those who chose the same; a series that the user follows or often
    hears. Then what the episode is by itself: among the first that trend, of the catalog's better
    half, or of a recency of at least `min_recency`. Who was drawn by lot is something new, and who
    was pinned by a rule was picked.
    """
    weighed = {name: weights[name] * part for name, part in parts.items()}
    found = _best(_plain(catalog, scenario, features, user, rows, parts, weighed))
    if len(rows) and not user.is_unknown:
        personal = _best(
            _personal(catalog, scenario, features, user, rows, vectors, parts, weighed)
        )
        true = personal.given > -np.inf
        found = _Claim(
            np.where(true, personal.given, found.given),
            np.where(true, personal.codes, found.codes),
            np.where(true, personal.subject_hashes, found.subject_hashes),
        )
    codes = np.where(in_sorted(np.sort(user.unfinished), rows), _CODE["unfinished"], found.codes)
    codes = np.where(chosen.explored, _CODE["unseen"], codes)
    codes = np.where(chosen.pinned, _CODE["pinned"], codes).astype(np.uint8)
    alone = chosen.explored | chosen.pinned | (codes == _CODE["unfinished"])
    return Reasons(codes, np.where(alone, np.uint64(0), found.subject_hashes))


def _best(claims: Iterator[_Claim]) -> _Claim:
    """Of several claims for each episode the one that gave most; the first among equals."""
    every = list(claims)
    given = np.array([claim.given for claim in every])
    best = np.argmax(given, axis=0)
    at = np.arange(given.shape[1])
    codes = np.array([claim.codes for claim in every])
    subject_hashes = np.array([claim.subject_hashes for claim in every])
    return _Claim(given[best, at], codes[best, at], subject_hashes[best, at])


def _claim(
    true: BoolArray, given: FloatArray, key: str, subject_hashes: HashArray | None = None
) -> _Claim:
    return _Claim(
        np.where(true, given, -np.inf),
        np.full(len(true), _CODE[key], np.uint8),
        np.zeros(len(true), np.uint64) if subject_hashes is None else subject_hashes,
    )


def _plain(
    catalog: Catalog,
    scenario: Scenario,
    features: CatalogFeatures,
    user: UserFeatures,
    rows: IntArray,
    parts: Mapping[str, FloatArray],
    weighed: Mapping[str, FloatArray],
) -> Iterator[_Claim]:
    """What an episode is by itself."""
    every = np.ones(len(rows), np.bool_)
    yield _claim(every, np.zeros(len(rows)), "discover")
    yield _claim(features.rated[rows], weighed["quality"], "quality")
    recent = parts["recency"] >= scenario.reasons.min_recency
    yield _claim(recent, weighed["recency"], "fresh")
    if "trend" in weighed:
        trending = features.is_trending[rows]
        topics = features.topics[rows]
        theirs = in_sorted(user.category_shares.groups, topics) & (topics >= 0)
        yield _claim(trending & ~theirs, weighed["trend"], "trending")
        names = features.category_hashes[np.maximum(topics, 0)] if len(catalog.categories) else None
        yield _claim(trending & theirs, weighed["trend"], "trending_in", names)


def _personal(
    catalog: Catalog,
    scenario: Scenario,
    features: CatalogFeatures,
    user: UserFeatures,
    rows: IntArray,
    vectors: npt.NDArray[np.float32],
    parts: Mapping[str, FloatArray],
    weighed: Mapping[str, FloatArray],
) -> Iterator[_Claim]:
    """What it has to do with this user."""
    least = scenario.reasons.min_similarity
    alike, hashes = parts["similarity"] >= least, features.category_hashes
    if scenario.blend.measure == "cosine":
        yield _similar(catalog, hashes, user.vector, rows, vectors, weighed["similarity"], alike)[0]
    else:  # what is named has to be alike itself; who is in a stated interest, only not unlike it
        every = parts["similarity"] > 0
        claim, named = _similar(
            catalog, hashes, user.vector, rows, vectors, weighed["similarity"], every
        )
        likeness = features.measured(np.nan_to_num(named))
        true = np.where(np.isnan(named), alike, likeness >= least)
        true |= claim.codes == _CODE["interest"]
        yield claim._replace(given=np.where(true, claim.given, -np.inf))
    if "interest" in weighed and len(user.interests):
        cosines = vectors @ catalog.embeddings[user.interests].T
        nearest = user.interests[np.argmax(cosines, axis=1)]
        done = BECAUSE[
            user.positive_types[np.argmax(user.positives == user.interests[:, None], axis=1)]
        ]
        codes = done[np.argmax(cosines, axis=1)]
        true = parts["interest"] >= least
        given = np.where(true, weighed["interest"], -np.inf)
        yield _Claim(given, codes, catalog.id_hashes[nearest])
    if "neighbours" in weighed:
        nearest = user.neighbours.nearest(rows)
        true = parts["neighbours"] > 0
        yield _claim(true, weighed["neighbours"], "others", catalog.id_hashes[nearest])
    if "series" in weighed and len(catalog.series_ids):
        series = catalog.series[rows]
        names = features.series_hashes[np.maximum(series, 0)]
        followed = in_sorted(user.followed_series, series) & (series >= 0)
        yield _claim(followed, weighed["series"], "series_followed", names)
        often = (parts["series"] >= HABITUAL) & ~followed
        yield _claim(often, weighed["series"], "series_heard", names)


def _similar(
    catalog: Catalog,
    category_hashes: HashArray,
    vector: UserVector,
    rows: IntArray,
    vectors: npt.NDArray[np.float32],
    given: FloatArray,
    similar: BoolArray,
) -> tuple[_Claim, FloatArray]:
    """The largest summand of the similarity to the user vector, and the cosine with what it names.

    NaN where the claim needs none: nothing is named, or the episode is in the stated interest.

    The vector is a sum, so its product with an episode is one, over the engaged episodes and the
    stated interests. An interest is the reason of an episode in that category, and near the reason
    of one in none. A catalog that holds no vectors cannot tell which summand is the largest; see
    `_certain`.
    """
    if vector.unit is None:
        nowhere = _claim(np.zeros(len(rows), np.bool_), given, "discover")
        return nowhere, np.full(len(rows), np.nan)
    others = [_CODE["interest"]] * len(vector.categories) + [_CODE["recent_activity"]]
    of_part = np.append(BECAUSE[vector.member_types], np.array(others, np.uint8))
    nothing = np.zeros(1, np.uint64)
    hash_of_part = np.concatenate(
        [catalog.id_hashes[vector.members], category_hashes[vector.categories], nothing]
    )
    member = catalog.membership(rows, vector.categories)
    bare = catalog.category_starts[rows + 1] == catalog.category_starts[rows]
    cosines = np.full((len(rows), len(of_part)), np.nan)
    if catalog.embeddings.in_memory:
        group_sum = np.concatenate(
            [catalog.embeddings[vector.members], catalog.anchors[vector.categories]]
        )
        cosines[:, :-1] = vectors @ group_sum.T
        parts = _summands(vector, cosines)
    else:
        parts = _certain(vector, member)
    parts[:, len(vector.members) : -1][~member & ~bare[:, None]] = -np.inf
    largest = np.argmax(parts, axis=1)
    true = similar & np.isfinite(parts.max(axis=1))
    codes = of_part[largest]
    named = cosines[np.arange(len(rows)), largest]
    named[codes == _CODE["interest"]] = np.where(bare, named, np.nan)[codes == _CODE["interest"]]
    codes[(codes == _CODE["interest"]) & bare] = _CODE["near_interest"]
    return _Claim(np.where(true, given, -np.inf), codes, hash_of_part[largest]), named


def _summands(vector: UserVector, cosines: FloatArray) -> FloatArray:
    """(k, m + c + 1) what each engaged episode and interest gave; of the last column nothing."""
    shares = np.concatenate(
        [vector.member_weights, vector.category_weights, np.zeros(1, np.float32)]
    )
    summands: FloatArray = cosines * shares
    summands[:, -1] = -np.inf
    return summands


def _certain(vector: UserVector, member: BoolArray) -> FloatArray:
    """The same where only the sums are known: 0 for what is a reason for certain.

    That is the only summand, or else an interest of an episode in that category, or else the
    engaged episodes together: the last column.
    """
    engaged = len(vector.members)
    parts = np.full((len(member), engaged + member.shape[1] + 1), -np.inf)
    parts[:, engaged:-1][member] = 0.0
    if parts.shape[1] == 2:  # noqa: PLR2004  # one summand, and the last column
        parts[:, 0] = 0.0
    if engaged:
        parts[:, -1] = -1.0
    return parts
