"""Derives the columns of a catalog from validated episodes and their vectors."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt

from catalog_builder.errors import CommandError
from feed.catalog.catalog import SCORES
from feed.model.card import card_of
from feed.model.episode import Categories, Episode, Series
from feed.ports.episodes import Vectors

DIMENSIONS = range(8, 4097)
"""Embedding dimensions that are supported."""
BATCH = 8192
"""Embeddings that are held in double precision at once; bounds memory."""
MIN_NORM = np.float32(1e-6)
"""A sum of unit rows shorter than this is rounding and has no direction."""


def unit_rows(
    vectors: Vectors, order: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Returns (n, D) unit rows of the vectors in this order, and (n,) whether there is one.

    A row is zero where its vector is missing, zero or not finite. Raises `CommandError` where the
    shape of the matrix does not fit.
    """
    matrix, count = vectors.matrix, len(order)
    if matrix.shape[0] != count or matrix.shape[1] not in DIMENSIONS:
        raise CommandError(
            f"vectors: expected {count} rows of {DIMENSIONS.start} to {DIMENSIONS.stop - 1} "
            f"numbers, got {matrix.shape}"
        )
    embedded = vectors.present[order]
    rows = np.zeros(matrix.shape, np.float32)
    for start in range(0, count, BATCH):
        batch = slice(start, start + BATCH)
        given = matrix[order[batch]]
        norms = np.linalg.norm(given.astype(np.float64), axis=1)
        embedded[batch] &= (norms > 0) & np.isfinite(norms)
        known = embedded[batch]
        rows[batch][known] = given[known] / norms[known, None]
    return rows, embedded


def encode_card(episode: Episode) -> bytes:
    """Returns the card of an episode, the JSON that an app shows.

    Its `content_id` and `series` are those of the catalog's columns, filled in where missing.
    """
    return msgspec.json.encode(card_of(episode, _id_and_name(episode.series)))


def series_columns(
    episodes: Sequence[Episode],
) -> tuple[npt.NDArray[np.int32], list[str], list[str]]:
    """Returns (n,) the series of each episode or -1, and the ids and names of all series."""
    pairs = [_id_and_name(e.series) for e in episodes]
    names: dict[str, str] = {}
    for pair in pairs:
        if pair:
            names.setdefault(*pair)
    ids, column = factorize([pair[0] if pair else None for pair in pairs])
    return column, ids, [names[i] for i in ids]


def _id_and_name(series: Series | None) -> tuple[str, str] | None:
    """Id and name of a series, either of which stands in for the other; None without both."""
    if series is None or not (series.id or series.name):
        return None
    return series.id or series.name or "", series.name or series.id or ""


def factorize(values: Iterable[str | None]) -> tuple[list[str], npt.NDArray[np.int32]]:
    """Returns the distinct values in order of first appearance, and each one's index or -1."""
    indices: dict[str, int] = {}
    column = [-1 if v is None else indices.setdefault(v, len(indices)) for v in values]
    return list(indices), np.array(column, np.int32)


def score_column(episodes: Sequence[Episode]) -> npt.NDArray[np.float64]:
    """Returns (n, 4) editorial scores in the order of `SCORES`, NaN where one is missing."""
    rows = np.full((len(episodes), len(SCORES)), np.nan)
    for row, episode in zip(rows, episodes, strict=True):
        if episode.scores:
            values = [getattr(episode.scores, name) for name in SCORES]
            row[:] = [np.nan if value is None else value for value in values]
    return rows


def category_columns(
    episodes: Sequence[Episode], names: Sequence[str] = ()
) -> tuple[list[str], npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Returns the names of M categories, (M,) 1 for a major one, and starts (n + 1,) and members.

    Episode i is in the categories `members[starts[i]:starts[i + 1]]`. `names` come first.
    """
    indices = {name: index for index, name in enumerate(names)}
    majors: set[str] = set()
    members: list[int] = []
    starts = [0]
    for episode in episodes:
        categories = episode.categories or Categories()
        majors.update(categories.major or ())
        own = dict.fromkeys([*(categories.major or ()), *(categories.subcategories or ())])
        members += [indices.setdefault(name, len(indices)) for name in own if name]
        starts.append(len(members))
    is_major = np.array([name in majors for name in indices], np.uint8)
    return list(indices), is_major, np.array(starts, np.int64), np.array(members, np.int32)


def category_anchors(
    embeddings: npt.NDArray[np.float32],
    starts: npt.NDArray[np.int64],
    members: npt.NDArray[np.int32],
    count: int,
) -> npt.NDArray[np.float32]:
    """Returns (count, D) the normalised mean embedding of each category; zero where it has none.

    Episode i is in the categories `members[starts[i]:starts[i + 1]]`.
    """
    rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    by_category = np.argsort(members, kind="stable")
    bounds = np.searchsorted(members[by_category], np.arange(count + 1))
    anchors = np.zeros((count, embeddings.shape[1]), np.float32)
    for category, (start, end) in enumerate(pairwise(bounds)):
        anchors[category] = embeddings[rows[by_category[start:end]]].sum(axis=0, dtype=np.float64)
    norms = np.linalg.norm(anchors, axis=1)
    known = norms > MIN_NORM
    anchors[known] /= norms[known, None]
    anchors[~known] = 0
    return anchors
