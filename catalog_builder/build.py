"""Build: episodes and their vectors to a catalog."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from catalog_builder.episodes.category_names import with_one_spelling
from catalog_builder.errors import Refused
from catalog_builder.signals.aggregates import Parameters, signals
from catalog_builder.signals.interactions import collect
from catalog_builder.vectors.cosine_scale import cosine_scale
from catalog_builder.vectors.inverted_file import FEWEST, lists
from catalog_builder.vectors.projection import projection
from feed.arrays.hash_index import Index
from feed.arrays.hashing import hash_strings
from feed.arrays.strings import Strings
from feed.catalog.cards import Cards
from feed.catalog.catalog import SCORES, Catalog
from feed.catalog.signals import Signals
from feed.model.engagement import Summary
from feed.model.episode import Categories, Episode, Scores, Series, primary_subtag
from feed.model.timestamps import to_us
from feed.ports.episodes import Vectors
from feed.snapshot.codec import content_version
from feed.vectors.embeddings import Embeddings
from feed.vectors.int16 import Int16Vectors

DIMENSIONS = range(8, 4097)
"""The embedding dimensions that are supported."""
SOME = 64
"""episodes whose cards are what all are packed after"""
AT_ONCE = 8192
"""embeddings in double precision at once: what bounds memory"""


def build_catalog(
    episodes: Sequence[Episode],
    vectors: Vectors,
    now: datetime,
    *,
    summaries: Iterable[Summary] = (),
    parameters: Parameters | None = None,
    keep_vectors: bool = True,
) -> Catalog:
    """The catalog of these episodes. Raises `Refused` for unusable vectors.

    Rows are in their order; in that of their dates, the newest first, from `FEWEST` episodes on:
    then who is fresh lies together.

    `summaries` are those of all users, of which its signals are made. Without `keep_vectors` it
    knows which episodes have a vector and holds none: for a store that is searched.
    """
    episodes = with_one_spelling(episodes)
    order = np.arange(len(episodes), dtype=np.int32)
    if len(episodes) >= FEWEST:
        published_us = np.array([to_us(e.published_at) for e in episodes], np.int64)
        order = np.argsort(-published_us, kind="stable").astype(np.int32)
        episodes = [episodes[row] for row in order.tolist()]
    embeddings, embedded = _unit_rows(vectors, order)
    ids = [e.id for e in episodes]
    id_hashes = hash_strings(ids)
    series, series_ids, series_names = _series(episodes)
    languages, language = _coded(
        [primary_subtag(e.language) if e.language else None for e in episodes]
    )
    categories, major, starts, members = _categories(episodes)
    anchors = _anchors(embeddings, starts, members, len(categories))
    content = ["" if e.content_id in (None, e.id) else e.content_id or "" for e in episodes]
    catalog = Catalog(
        version="",
        created_us=to_us(now),
        model=vectors.model,
        ids=Strings.of(ids),
        id_index=Index.of_hashes(id_hashes, np.arange(len(ids))),
        id_hashes=id_hashes,
        content_index=Index.of(content),
        cards=Cards.of(map(_card, episodes), [_card(one) for one in _some(episodes)]),
        source_order=order,
        published_us=np.array([to_us(e.published_at) for e in episodes], np.int64),
        scores=_scores(episodes),
        explicit=np.array([bool(e.explicit) for e in episodes], np.uint8),
        series=series,
        series_ids=Strings.of(series_ids),
        series_names=Strings.of(series_names),
        series_index=Index.of(series_ids),
        languages=Strings.of(languages),
        language=language,
        categories=Strings.of(categories),
        category_index=Index.of(categories),
        category_major=major,
        category_starts=starts,
        category_members=members,
        embeddings=Embeddings.exact(embeddings, embedded),
        anchors=anchors,
        cosine_scale=cosine_scale(embeddings[embedded]),
        title_hashes=hash_strings([_spoken(e.title) for e in episodes]),
        signals=Signals.none(len(episodes), len(series_ids)),
        projection=projection(embeddings, embedded, anchors),
    )
    made = signals(collect(summaries, catalog), catalog, parameters)
    catalog = replace(catalog, signals=made)
    held = catalog.embeddings
    none = embeddings[:0].copy()
    if keep_vectors:
        held = replace(held, inverted_file=lists(embeddings, embedded))
        if len(held.inverted_file.rows) >= FEWEST:
            held = replace(held, float32=none, int16=Int16Vectors.of(embeddings))
    else:
        held = replace(held, float32=none)
    catalog = replace(catalog, embeddings=held)
    return replace(catalog, version=content_version(catalog))


def _some(episodes: Sequence[Episode]) -> Sequence[Episode]:
    """A few, from all over."""
    return episodes[:: max(1, len(episodes) // SOME)]


def _spoken(title: str) -> str:
    """A title as it is said: without case, punctuation and space."""
    return "".join(filter(str.isalnum, title.casefold())) or title


def _unit_rows(
    vectors: Vectors, order: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """The vectors in this order, and which of them are embeddings."""
    matrix, count = vectors.matrix, len(order)
    if matrix.shape[0] != count or matrix.shape[1] not in DIMENSIONS:
        raise Refused(
            f"vectors: expected {count} rows of {DIMENSIONS.start} to {DIMENSIONS.stop - 1} "
            f"numbers, got {matrix.shape}"
        )
    embedded = vectors.present[order]
    rows = np.zeros(matrix.shape, np.float32)
    for start in range(0, count, AT_ONCE):
        some = slice(start, start + AT_ONCE)
        given = matrix[order[some]]
        norms = np.linalg.norm(given.astype(np.float64), axis=1)
        embedded[some] &= (norms > 0) & np.isfinite(norms)
        known = embedded[some]
        rows[some][known] = given[known] / norms[known, None]
    return rows, embedded


def _card(episode: Episode) -> bytes:
    """What an app shows of an episode. `content_id` and series always agree with the columns."""
    series = _named(episode.series)
    card: dict[str, Any] = {
        "id": episode.id,
        "content_id": episode.content_id or episode.id,
        "title": episode.title,
        "series": None if series is None else {"id": series[0], "name": series[1]},
        "published_at": episode.published_at,
        "scores": episode.scores or Scores(),
    }
    fields = msgspec.structs.asdict(episode)
    card |= {k: v for k, v in fields.items() if k not in card and v is not None}
    return msgspec.json.encode(card)


def _named(series: Series | None) -> tuple[str, str] | None:
    """Id and name of a series; either stands in for the other."""
    if series is None or not (series.id or series.name):
        return None
    return series.id or series.name or "", series.name or series.id or ""


def _series(episodes: Sequence[Episode]) -> tuple[npt.NDArray[np.int32], list[str], list[str]]:
    named = [_named(e.series) for e in episodes]
    names: dict[str, str] = {}
    for one in named:
        if one:
            names.setdefault(*one)
    ids, column = _coded([one[0] if one else None for one in named])
    return column, ids, [names[i] for i in ids]


def _coded(values: Iterable[str | None]) -> tuple[list[str], npt.NDArray[np.int32]]:
    """The distinct values in the order of their first appearance, and each one's place or -1."""
    places: dict[str, int] = {}
    column = [-1 if v is None else places.setdefault(v, len(places)) for v in values]
    return list(places), np.array(column, np.int32)


def _scores(episodes: Sequence[Episode]) -> npt.NDArray[np.float64]:
    rows = np.full((len(episodes), len(SCORES)), np.nan)
    for row, episode in zip(rows, episodes, strict=True):
        if episode.scores:
            values = [getattr(episode.scores, name) for name in SCORES]
            row[:] = [np.nan if value is None else value for value in values]
    return rows


def _categories(
    episodes: Sequence[Episode],
) -> tuple[list[str], npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    places: dict[str, int] = {}
    major: set[str] = set()
    members: list[int] = []
    starts = [0]
    for episode in episodes:
        both = episode.categories or Categories()
        major.update(both.major or ())
        named = dict.fromkeys([*(both.major or ()), *(both.subcategories or ())])
        members += [places.setdefault(name, len(places)) for name in named if name]
        starts.append(len(members))
    flags = np.array([name in major for name in places], np.uint8)
    return list(places), flags, np.array(starts, np.int64), np.array(members, np.int32)


def _anchors(
    embeddings: npt.NDArray[np.float32],
    starts: npt.NDArray[np.int64],
    members: npt.NDArray[np.int32],
    count: int,
) -> npt.NDArray[np.float32]:
    """(M, D) for each category the normalised mean of its episodes' embeddings."""
    rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    by_category = np.argsort(members, kind="stable")
    bounds = np.searchsorted(members[by_category], np.arange(count + 1))
    anchors = np.zeros((count, embeddings.shape[1]), np.float32)
    for category, (start, end) in enumerate(pairwise(bounds)):
        anchors[category] = embeddings[rows[by_category[start:end]]].sum(axis=0, dtype=np.float64)
    norms = np.linalg.norm(anchors, axis=1)
    known = norms > np.float32(1e-6)
    anchors[known] /= norms[known, None]
    anchors[~known] = 0
    return anchors
