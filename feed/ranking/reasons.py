"""Reasons: why each episode is in the queue, derived from the numbers that ranked it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, HashArray, in_sorted
from feed.model.engagement import ENGAGEMENT_TYPES
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.score_parts import ScoredCandidates
from feed.ranking.scorers import NEIGHBOURS, TRENDS
from feed.selection.greedy import Selection
from feed.user.features import HABITUAL, UserFeatures
from feed.user.user_vector import UserVector

DISCOVER, QUALITY, FRESH, INTEREST, NEAR_INTEREST = range(5)
KEYS = (
    *("discover", "quality", "fresh", "interest", "near_interest"),
    *("because_click", "because_listen", "because_complete", "because_bookmark", "because_like"),
    *("because_share", "because_not_interested", "recent_activity", "others"),
    *("series_followed", "series_heard", "unfinished", "trending", "trending_in", "unseen"),
    *("pinned", "seed", "seed_episode", "series_similar", "series_others"),
)
"""Reason keys by code. Cursors carry the codes: append, never reorder."""

BECAUSE = np.array([KEYS.index(f"because_{kind}") for kind in ENGAGEMENT_TYPES], np.uint8)
"""Code of the reason for each type of engagement, by index in `ENGAGEMENT_TYPES`."""
SERIES_FOLLOWED = KEYS.index("series_followed")
MIN_MATCH = 0.25
"""Score in the search for the words of a feed seed, as a share of the best one, from which on an
episode is said to match them."""
CODES = {key: code for code, key in enumerate(KEYS)}


@dataclass(frozen=True)
class Reasons:
    """The reason of each of k episodes."""

    codes: npt.NDArray[np.uint8]
    """(k,) indices in `KEYS`"""
    subject_hashes: npt.NDArray[np.uint64]
    """(k,) hash of the engaged episode's id, the series' id or the category's name that the reason
    refers to, or 0"""


class Claim(NamedTuple):
    """One possible reason for each of k episodes or series."""

    contribution: FloatArray
    """(k,) what it added to the score; -inf where the reason would not be true"""
    codes: npt.NDArray[np.uint8]
    subject_hashes: HashArray


def explain(
    features: CatalogFeatures, user: UserFeatures, chosen: ScoredCandidates, selection: Selection
) -> Reasons:
    """Give each chosen candidate the reason that is true of it and added most to its score.

    What a curve gives a typical candidate adds nothing. Personal reasons come first: the similarity
    to what the user engaged with or asked for, if at least `min_similarity`; a match of the feed
    seed; co-engagement; a series that the user follows or often listens to. Then what holds for
    every user: a trend, a quality in the catalog's better half, a recency of at least
    `min_recency`. Explored, pinned and unfinished episodes have a reason of their own.
    """
    chosen = replace(chosen, contributions=_effects(features, chosen))
    claim = strongest(_general_claims(features, user, chosen))
    if len(chosen.rows) and (user.seed is not None or not user.is_unknown):
        personal = strongest(_personal_claims(features, user, chosen))
        is_true = personal.contribution > 0.0
        pairs: Any = zip(personal, claim, strict=True)  # arrays of three types
        claim = Claim(*(np.where(is_true, mine, general) for mine, general in pairs))
    unfinished = in_sorted(np.sort(user.unfinished), chosen.rows)
    codes = np.where(unfinished, CODES["unfinished"], claim.codes)
    codes = np.where(selection.explored, CODES["unseen"], codes)
    codes = np.where(selection.pinned, CODES["pinned"], codes).astype(np.uint8)
    alone = selection.explored | selection.pinned | unfinished
    return Reasons(codes, np.where(alone, np.uint64(0), claim.subject_hashes))


def strongest(claims: Iterable[Claim]) -> Claim:
    """For each episode or series the claim with the highest contribution; of equals the first."""
    every = list(claims)
    contributions = np.array([claim.contribution for claim in every])
    best = np.argmax(contributions, axis=0)
    index = np.arange(contributions.shape[1])
    codes = np.array([claim.codes for claim in every])
    subject_hashes = np.array([claim.subject_hashes for claim in every])
    return Claim(contributions[best, index], codes[best, index], subject_hashes[best, index])


def _claim(
    is_true: BoolArray, contribution: FloatArray, key: str, subject_hashes: HashArray | None = None
) -> Claim:
    return Claim(
        np.where(is_true, contribution, -np.inf),
        np.full(len(is_true), CODES[key], np.uint8),
        np.zeros(len(is_true), np.uint64) if subject_hashes is None else subject_hashes,
    )


def _general_claims(
    features: CatalogFeatures, user: UserFeatures, chosen: ScoredCandidates
) -> Iterator[Claim]:
    """Reasons that depend on the episode alone; a trend names a category that the user likes."""
    rows, contributions = chosen.rows, chosen.contributions
    yield _claim(np.ones(len(rows), np.bool_), np.zeros(len(rows)), "discover")
    yield _claim(features.is_highly_rated[rows], contributions["quality"], "quality")
    recent = chosen.parts["recency"] >= features.scenario.reasons.min_recency
    yield _claim(recent, contributions["recency"], "fresh")
    if trends := [contributions[name] for name in TRENDS if name in contributions]:
        trend, is_trending = np.sum(trends, axis=0), features.is_trending[rows]
        main = features.main_category[rows]
        liked = in_sorted(user.category_shares.groups, main) & (main >= 0)
        yield _claim(is_trending & ~liked, trend, "trending")
        hashes = features.category_hashes
        names = hashes[np.maximum(main, 0)] if len(hashes) else None
        yield _claim(is_trending & liked, trend, "trending_in", names)


def _personal_claims(
    features: CatalogFeatures, user: UserFeatures, chosen: ScoredCandidates
) -> Iterator[Claim]:
    """Reasons that depend on what the user did and asked for."""
    catalog, rows = features.catalog, chosen.rows
    parts, contributions = chosen.parts, chosen.contributions
    yield _similarity_claim(features, user, chosen)
    if user.seed is not None and "seed" in contributions:
        key, episodes = _seed_names(features, user, chosen)
        minimum = min(features.scenario.reasons.min_similarity, 1.0)
        is_match = parts["seed"] >= (MIN_MATCH if user.seed.is_text else minimum)
        yield _claim(is_match, contributions["seed"], key, episodes)
    if "interest" in contributions and len(user.interests) and chosen.vectors is not None:
        medoids = user.interests
        nearest = np.argmax(chosen.vectors @ catalog.embeddings[medoids].T, axis=1)
        types = user.positive_types[np.argmax(user.positives == medoids[:, None], axis=1)]
        similar = parts["interest"] >= features.scenario.reasons.min_similarity
        contribution = np.where(similar, contributions["interest"], -np.inf)
        yield Claim(contribution, BECAUSE[types][nearest], catalog.id_hashes[medoids[nearest]])
    if nearness := [contributions[name] for name in NEIGHBOURS if name in contributions]:
        hashes = catalog.id_hashes[user.neighbours.nearest(rows)]
        is_neighbour = in_sorted(user.neighbours.rows, rows)
        yield _claim(is_neighbour, np.sum(nearness, axis=0), "others", hashes)
    if "series" in contributions and len(catalog.series_ids):
        series = catalog.series[rows]
        names = features.series_hashes[np.maximum(series, 0)]
        followed = in_sorted(user.followed_series, series) & (series >= 0)
        yield _claim(followed, contributions["series"], "series_followed", names)
        habitual = (parts["series"] >= HABITUAL) & ~followed
        yield _claim(habitual, contributions["series"], "series_heard", names)


def _effects(features: CatalogFeatures, chosen: ScoredCandidates) -> dict[str, FloatArray]:
    """By part: (k,) what it adds to each score, less what its curve gives a typical candidate."""
    curves = features.scenario.blend.curves
    return {
        name: one - curves[name].typical if name in curves else one
        for name, one in chosen.contributions.items()
    }


def _similarity_claim(
    features: CatalogFeatures, user: UserFeatures, chosen: ScoredCandidates
) -> Claim:
    """The similarity to the user vector, as a reason that names the largest of its summands.

    With the measure `cosine`, the similarity has to be at least `min_similarity`. With `catalog`,
    the similarity to the named episode alone has to be; for a declared interest that the episode is
    in, a similarity above 0 is enough.
    """
    minimum, similarity = features.scenario.reasons.min_similarity, chosen.parts["similarity"]
    claim, cosines = _largest_summand(features, user, chosen)
    is_similar = similarity >= minimum
    if features.scenario.blend.measure == "catalog":
        named = features.rescale(np.nan_to_num(cosines)) >= minimum
        is_similar = np.where(np.isnan(cosines), is_similar, named)
        is_similar |= claim.codes == CODES["interest"]
        is_similar &= similarity > 0
    return claim._replace(contribution=np.where(is_similar, claim.contribution, -np.inf))


def _seed_names(
    features: CatalogFeatures, user: UserFeatures, chosen: ScoredCandidates
) -> tuple[str, HashArray]:
    """The key of the feed seed's reason, and (k,) the seed's episode nearest to each, by hash.

    The hash is 0 for a seed of words, and where it is not known which episode is the nearest.
    """
    catalog, seed, none = features.catalog, user.seed, np.zeros(len(chosen.rows), np.uint64)
    if seed is None or seed.is_text:
        return "seed", none
    if len(seed.rows) == 1:
        return "seed_episode", none + catalog.id_hashes[seed.rows[0]]
    if chosen.vectors is None or not len(seed.rows):
        return "seed_episode", none
    nearest = np.argmax(chosen.vectors @ catalog.embeddings[seed.rows].T, axis=1)
    return "seed_episode", catalog.id_hashes[seed.rows[nearest]]


def _largest_summand(
    features: CatalogFeatures, user: UserFeatures, chosen: ScoredCandidates
) -> tuple[Claim, FloatArray]:
    """Attribute each episode's similarity to the summand of the user vector that gives most of it.

    Also returns (k,) the cosine with what the claim names; NaN where it names nothing, or a
    category that the episode is in. The user vector is a sum over engaged episodes, declared
    interests and a feed seed, so its dot product with an episode is a sum over the same. An
    interest is the reason of an episode in that category, and a near interest of an episode in no
    category. Where the vectors are not in memory, the summands are not known: see
    `_known_summands`.
    """
    catalog, rows, contribution = features.catalog, chosen.rows, chosen.contributions["similarity"]
    vector = user.vector
    if vector.unit is None:
        return _claim(np.zeros(len(rows), np.bool_), contribution, "discover"), np.full(
            len(rows), np.nan
        )
    interest = CODES["interest"]
    others = [interest] * len(vector.categories) + [CODES["recent_activity"]]
    codes_of = np.append(BECAUSE[vector.member_types], np.array(others, np.uint8))
    names = features.category_hashes[vector.categories]
    hashes_of = np.concatenate([catalog.id_hashes[vector.members], names, np.zeros(1, np.uint64)])
    inherits = catalog.inherits_categories[rows]  # near an interest, as if it had no category
    member = catalog.membership(rows, vector.categories) & ~inherits[:, None]
    uncategorized = inherits | (catalog.category_starts[rows + 1] == catalog.category_starts[rows])
    cosines = np.full((len(rows), len(codes_of)), np.nan)
    if chosen.vectors is not None:
        embeddings, anchors = catalog.embeddings[vector.members], catalog.anchors[vector.categories]
        cosines[:, :-1] = chosen.vectors @ np.concatenate([embeddings, anchors]).T
        summands = _summands(vector, cosines)
    else:
        summands = _known_summands(vector, member)
    summands[:, len(vector.members) : -1][~member & ~uncategorized[:, None]] = -np.inf
    largest = np.argmax(summands, axis=1)
    codes, named = codes_of[largest], cosines[np.arange(len(rows)), largest]
    is_interest = codes == interest
    named[is_interest & ~uncategorized] = np.nan
    codes[is_interest & uncategorized] = CODES["near_interest"]
    highest, hashes = summands.max(axis=1), hashes_of[largest]
    if (seed := vector.seed) is not None:
        key, episodes = _seed_names(features, user, chosen)
        mine = _seed_summand(vector, seed, chosen)
        wins = mine > highest
        codes[wins], named[wins], highest[wins] = CODES[key], np.nan, mine[wins]
        hashes = np.where(wins, episodes, hashes)
    contribution = np.where(np.isfinite(highest), contribution, -np.inf)
    return Claim(contribution, codes, hashes), named


def _summands(vector: UserVector, cosines: FloatArray) -> FloatArray:
    """(k, m + c + 1) contribution of each member and category; -inf in the last column."""
    weights = np.concatenate([vector.member_weights, vector.category_weights])
    summands: FloatArray = cosines * np.append(weights, np.float32(0))
    summands[:, -1] = -np.inf
    return summands


def _seed_summand(
    vector: UserVector, seed: npt.NDArray[np.float32], chosen: ScoredCandidates
) -> FloatArray:
    """(k,) contribution of the feed seed; where only sums are known 0 if it is certain, or -inf."""
    if chosen.vectors is not None:
        known: FloatArray = vector.seed_weight * (chosen.vectors @ seed).astype(np.float64)
        return known
    is_alone = not len(vector.members) + len(vector.categories)
    return np.full(len(chosen.rows), 0.0 if is_alone else -np.inf)


def _known_summands(vector: UserVector, member: BoolArray) -> FloatArray:
    """(k, m + c + 1) as `_summands` where only sums are known: 0 for a summand that is certain.

    Certain is the only summand, or a declared interest (of `member`, (k, c)) that the episode is
    in. Otherwise the engaged episodes together, in the last column, are the reason.
    """
    engaged = len(vector.members)
    summands = np.full((len(member), engaged + member.shape[1] + 1), -np.inf)
    summands[:, engaged:-1][member] = 0.0
    if summands.shape[1] == 2 and vector.seed is None:  # noqa: PLR2004  # with the last column
        summands[:, 0] = 0.0
    if engaged:
        summands[:, -1] = -1.0
    return summands
