"""Builds a catalog from episodes, their vectors and users' summaries."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from catalog_builder.columns import (
    category_anchors,
    category_columns,
    encode_card,
    factorize,
    score_column,
    series_columns,
    unit_rows,
)
from catalog_builder.enrichment.enrich import enrich
from catalog_builder.enrichment.prior import estimated_scores, prior_terms
from catalog_builder.episodes.category_names import unify_category_names
from catalog_builder.insights.names import episode_names
from catalog_builder.signals.aggregates import SignalParameters
from catalog_builder.signals.passes import ComputedSignals, FullPass, SignalPass
from catalog_builder.signals.popularity_prior import EpisodeContent
from catalog_builder.vectors.cosine_scale import cosine_scale
from catalog_builder.vectors.inverted_file import MIN_CLUSTERED, build_inverted_file
from catalog_builder.vectors.projection import build_projection
from feed.arrays.hash_index import HashIndex
from feed.arrays.hashing import hash_strings
from feed.arrays.strings import Strings
from feed.catalog.cards import Cards
from feed.catalog.catalog import Catalog
from feed.catalog.insights import Insights
from feed.catalog.signals import Signals
from feed.model.engagement import Summary
from feed.model.episode import Episode, primary_subtag
from feed.model.timestamps import to_us
from feed.ports.episodes import Vectors
from feed.snapshot.codec import content_version
from feed.vectors.embeddings import Embeddings
from feed.vectors.int16 import Int16Vectors

SAMPLE_CARDS = 64
"""Cards that the shared dictionary of compressed cards is trained on."""


def build_catalog(
    episodes: Sequence[Episode],
    vectors: Vectors,
    now: datetime,
    *,
    summaries: Iterable[Summary] = (),
    parameters: SignalParameters | None = None,
    keep_vectors: bool = True,
) -> Catalog:
    """Returns the catalog of these episodes as of `now`, with signals of all users.

    Signals are computed from `summaries`, those of all users, with `parameters`. The rest is as in
    `build_with_signals`.
    """
    signals = FullPass(summaries, parameters)
    return build_with_signals(episodes, vectors, now, signals, keep_vectors=keep_vectors)[0]


def build_with_signals(
    episodes: Sequence[Episode],
    vectors: Vectors,
    now: datetime,
    signals: SignalPass,
    *,
    keep_vectors: bool = True,
) -> tuple[Catalog, ComputedSignals]:
    """Returns the catalog of these episodes as of `now`, and its signals and their counts.

    Rows keep the order of `episodes`; from `MIN_CLUSTERED` episodes on they go from the newest to
    the oldest, so that fresh episodes lie together. Without `keep_vectors` the catalog knows which
    episodes have a vector and holds none: sessions then search an external store. Raises
    `CommandError` for vectors of an unsupported shape.
    """
    given = unify_category_names(episodes)
    episodes = enriched = enrich(given)
    published_us = np.array([to_us(e.published_at) for e in episodes], np.int64)
    order = np.arange(len(episodes), dtype=np.int32)
    if len(episodes) >= MIN_CLUSTERED:
        order = np.argsort(-published_us, kind="stable").astype(np.int32)
        given, episodes = ([every[row] for row in order.tolist()] for every in (given, enriched))
        published_us = published_us[order]
    ids = [e.id for e in episodes]
    id_hashes = hash_strings(ids)
    id_index = HashIndex.of_hashes(id_hashes, np.arange(len(ids)))
    content_index = HashIndex.of(
        ["" if e.content_id in (None, e.id) else e.content_id or "" for e in episodes]
    )
    series, series_ids, series_names = series_columns(episodes)
    languages, language = factorize(
        [primary_subtag(e.language) if e.language else None for e in episodes]
    )
    embeddings, embedded = unit_rows(vectors, order)
    # An anchor is the mean of the episodes that name the category, not of those that inherit it.
    names, _, starts, members = category_columns(given)
    anchors = category_anchors(embeddings, starts, members, len(names))
    categories, category_major, category_starts, category_members = category_columns(
        episodes, names
    )
    content = EpisodeContent(
        created_us=to_us(now),
        published_us=published_us,
        scores=score_column(episodes),
        embeddings=embeddings,
        embedded=embedded,
        series=series,
        series_count=len(series_ids),
        categories=categories,
        category_starts=category_starts,
        category_members=category_members,
    )
    catalog = Catalog(
        version="",
        created_us=content.created_us,
        model=vectors.model,
        ids=Strings.of(ids),
        id_index=id_index,
        id_hashes=id_hashes,
        content_index=content_index,
        cards=Cards.of(map(encode_card, episodes), [encode_card(one) for one in _sample(episodes)]),
        source_order=order,
        published_us=published_us,
        scores=content.scores,
        estimated_scores=np.zeros(0, np.float32),
        explicit=np.array([bool(e.explicit) for e in episodes], np.uint8),
        durations_s=np.array([e.duration_s or np.nan for e in episodes], np.float32),
        series=series,
        series_ids=Strings.of(series_ids),
        series_names=Strings.of(series_names),
        series_index=HashIndex.of(series_ids),
        languages=Strings.of(languages),
        language=language,
        categories=Strings.of(categories),
        category_index=HashIndex.of(categories),
        category_major=category_major,
        category_starts=category_starts,
        category_members=category_members,
        inherited_categories=np.array(
            ["categories" in (one.estimated or ()) for one in episodes], np.uint8
        ),
        embeddings=_stored_vectors(embeddings, embedded, keep=keep_vectors),
        anchors=anchors,
        cosine_scale=cosine_scale(embeddings[embedded]),
        title_hashes=hash_strings([_normalize_title(e.title) for e in episodes]),
        signals=Signals.none(len(ids), len(series_ids)),
        projection=build_projection(embeddings, embedded, anchors),
        insights=Insights.none(),
    )
    computed = signals.compute(catalog, episode_names(catalog, episodes), content)
    terms = prior_terms(given, published_us, series, computed.signals)
    catalog = replace(catalog, estimated_scores=estimated_scores(content.scores, terms))
    return with_signals(catalog, computed), computed


def with_signals(catalog: Catalog, computed: ComputedSignals) -> Catalog:
    """Returns the catalog with these signals and insights, and the version of its content."""
    catalog = replace(catalog, signals=computed.signals, insights=computed.insights)
    return replace(catalog, version=content_version(catalog))


def _stored_vectors(
    rows: npt.NDArray[np.float32], present: npt.NDArray[np.bool_], *, keep: bool
) -> Embeddings:
    """The (n, D) unit rows as the catalog holds them: as float32, as int16 of many, or not."""
    exact = Embeddings.exact(rows, present)
    none = rows[:0].copy()
    if not keep:
        return replace(exact, float32=none)
    indexed = replace(exact, inverted_file=build_inverted_file(rows, present))
    if len(indexed.inverted_file.rows) < MIN_CLUSTERED:
        return indexed
    return replace(indexed, float32=none, int16=Int16Vectors.of(rows))


def _sample(episodes: Sequence[Episode]) -> Sequence[Episode]:
    """About `SAMPLE_CARDS` episodes, evenly spread."""
    return episodes[:: max(1, len(episodes) // SAMPLE_CARDS)]


def _normalize_title(title: str) -> str:
    """The letters and digits of a title, without case; the title itself where it has none."""
    return "".join(filter(str.isalnum, title.casefold())) or title
