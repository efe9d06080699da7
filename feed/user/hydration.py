"""Query hydration: the ids, names and languages of a query as rows and indices of one catalog."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import FloatArray, IntArray, lookup_sorted
from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.model.engagement import ENGAGEMENT_TYPES
from feed.model.episode import primary_subtag
from feed.model.feed_seed import FeedSeed
from feed.model.impressions import VISIT_GAP_S, unpack
from feed.user.query import Query

_TYPE_CODES = {kind: code for code, kind in enumerate(ENGAGEMENT_TYPES)}
_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True)
class HydratedSeed:
    """A feed seed with all its names resolved against one catalog."""

    is_text: bool
    rows: IntArray
    """episodes whose mean embedding is the seed's, unless `vector` is; sorted, each once"""
    vector: npt.NDArray[np.float32] | None
    """(D,) the seed's embedding, of length 1"""
    match_rows: IntArray
    """(m,) episodes that the words find, sorted, each once"""
    match_scores: FloatArray
    """(m,) how well each matches, as a share of the best"""
    barred_rows: IntArray
    """every row of the episodes that a seed was made of: a feed of their like leaves them out"""
    is_unmatched: bool
    """whether the catalog lacks an episode of the seed, or all of its words"""


@dataclass(frozen=True)
class HydratedQuery:
    """A query with all its names resolved against one catalog; no later stage reads a name.

    Holds k engagements, newest first. Names that the catalog does not know are left out, except
    in `rows`.
    """

    now_us: int
    """time of the request, microseconds since 1970, UTC"""
    seed: int
    """determines every random choice of the session"""
    rows: IntArray
    """(k,) catalog row of each engaged episode, -1 where the catalog does not have it"""
    types: npt.NDArray[np.uint8]
    """(k,) index of each engagement's type in `ENGAGEMENT_TYPES`"""
    progress: FloatArray
    """(k,) share of the episode that was played, 0 to 1; NaN where unknown"""
    engaged_rows: IntArray
    """every row whose id or content id was engaged with, in no order, possibly repeated"""
    excluded_rows: IntArray
    """every row whose id or content id the request excludes, in no order, possibly repeated"""
    served_rows: IntArray
    """rows that an earlier session served, sorted, possibly repeated"""
    seen_rows: IntArray
    """(s,) row of each episode in each earlier visit that had it on the screen, without a reaction
    since; by row, then the newest visit first"""
    seen_s: IntArray
    """(s,) when the visit saw it last, in seconds since 1970, UTC"""
    muted_series: IntArray
    muted_categories: IntArray
    followed_series: IntArray
    """series, sorted, each once"""
    declared_interests: IntArray
    """categories that the user asked for and did not mute, and that have an anchor vector, sorted,
    each once"""
    languages: IntArray | None
    """languages that the user understands; None where the user named none"""
    fill_s: int | None = None
    """seconds that the queue is to take"""
    feed_seed: HydratedSeed | None = None
    """what the session is to be about"""


def hydrate(query: Query, catalog: Catalog) -> HydratedQuery:
    """Resolve every id, name and language of a query against a catalog, once per request."""
    engagements, profile = query.engagements, query.profile
    muted = _categories(catalog, profile.muted_categories)
    declared = _with_anchor(catalog, profile.category_interests)
    ids = [one.episode_id for one in engagements]
    # Hashed in one pass, since a pass over a few ids takes as long as one over many.
    hashes = hash_strings([*ids, *query.excluded_ids, *query.served_ids])
    first, last = len(ids), len(ids) + len(query.excluded_ids)
    engaged, excluded, served = hashes[:first], hashes[first:last], hashes[last:]
    rows = catalog.rows_by_hash(engaged)
    seen_rows, seen_s = _ignored(query, rows, catalog) if query.seen else (_NONE, _NONE)
    progress = [np.nan if one.progress is None else one.progress for one in engagements]
    return HydratedQuery(
        now_us=query.now_us,
        seed=query.seed,
        rows=rows,
        types=np.frombuffer(bytes([_TYPE_CODES[one.type] for one in engagements]), np.uint8),
        progress=np.array(progress, np.float64),
        engaged_rows=catalog.all_rows_by_hash(engaged),
        excluded_rows=catalog.all_rows_by_hash(excluded),
        served_rows=np.sort(catalog.all_rows_by_hash(served)),
        seen_rows=seen_rows,
        seen_s=seen_s,
        muted_series=series_indices(catalog, profile.muted_series),
        muted_categories=muted,
        followed_series=series_indices(catalog, profile.followed_series),
        declared_interests=np.setdiff1d(declared, muted, assume_unique=True),
        languages=language_indices(catalog, profile.languages) if profile.languages else None,
        fill_s=query.fill_s,
        feed_seed=hydrate_seed(query.feed_seed, catalog) if query.feed_seed else None,
    )


def _ignored(query: Query, engaged: IntArray, catalog: Catalog) -> tuple[IntArray, IntArray]:
    """(s,) `seen_rows` and `seen_s` of a query whose engagements are with the (k,) rows `engaged`.

    An impression led to the engagements with its episode that came later or in the 20 minutes
    before it, since a card may be opened before a second has passed.
    """
    impressions = unpack(query.seen)
    order = np.argsort(-impressions.at_s, kind="stable")
    rows, at_s = catalog.rows_by_hash(impressions.episodes[order]), impressions.at_s[order]
    pauses_s = -np.diff(at_s, prepend=query.now_us // 1_000_000)
    visits = np.cumsum(pauses_s >= VISIT_GAP_S)  # 0: the present one
    times_s = np.array([one.timestamp_us // 1_000_000 for one in query.engagements], np.int64)
    found, newest = np.unique(engaged, return_index=True)
    reacted_s = lookup_sorted(found, times_s[newest], rows)
    ignored = np.flatnonzero((rows >= 0) & (visits > 0) & (at_s > reacted_s + VISIT_GAP_S))
    by_row = rows[ignored] * (len(rows) + 1) + visits[ignored]
    ignored = ignored[np.unique(by_row, return_index=True)[1]]
    return rows[ignored], at_s[ignored]


def hydrate_seed(seed: FeedSeed, catalog: Catalog) -> HydratedSeed:
    """Resolve every id of a feed seed against a catalog."""
    hashes, is_text = hash_strings(seed.episode_ids), bool(seed.text)
    rows = catalog.rows_by_hash(hashes)
    matched = catalog.id_index.first(hash_strings(seed.match_ids))
    found, first = np.unique(matched, return_index=True)
    is_known = found >= 0
    usable = len(seed.vector) == catalog.dimension > 0
    return HydratedSeed(
        is_text=is_text,
        rows=np.unique(rows[rows >= 0]),
        vector=np.array(seed.vector, np.float32) if usable else None,
        match_rows=found[is_known],
        match_scores=np.array(seed.match_scores, np.float64)[first[is_known]],
        barred_rows=_NONE if is_text else catalog.all_rows_by_hash(hashes),
        is_unmatched=not is_known.any() if is_text else bool((rows < 0).any()),
    )


def series_indices(catalog: Catalog, ids: Sequence[str]) -> IntArray:
    """Series of a catalog with one of these ids, sorted, each once."""
    return np.unique(catalog.series_index.all(hash_strings(ids))) if ids else _NONE


def language_indices(catalog: Catalog, tags: Sequence[str]) -> IntArray:
    """Languages of a catalog with the primary subtag of one of these language tags."""
    wanted = {primary_subtag(tag) for tag in tags}
    known = [index for index, tag in enumerate(catalog.languages) if tag in wanted]
    return np.array(known, np.int64)


def _categories(catalog: Catalog, names: tuple[str, ...]) -> IntArray:
    return catalog.find_categories(names) if names else _NONE


def _with_anchor(catalog: Catalog, names: tuple[str, ...]) -> IntArray:
    """Categories of these names that have an anchor vector, sorted, each once."""
    categories = _categories(catalog, names)
    return categories[np.any(catalog.anchors[categories], axis=1)] if names else categories
