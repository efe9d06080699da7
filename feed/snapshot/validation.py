"""The checks of a snapshot at load: what must hold within its sections and between them.

A checksum shows that a file is as it was written, not that a correct builder wrote it. These checks
do, once, so that no code behind them meets an index that points outside its column.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from feed.arrays.hash_index import HashIndex
from feed.catalog.cards import WINDOW, Cards
from feed.catalog.catalog import Catalog
from feed.catalog.insights import KINDS, LISTENERS, PUBLICATIONS, Insights
from feed.catalog.projection import NOWHERE
from feed.catalog.signals import Signals
from feed.model.timestamps import FIRST_US, LAST_US
from feed.snapshot.schema import SECTIONS, counts
from feed.vectors.embeddings import Embeddings
from feed.vectors.int16 import LEVELS
from feed.vectors.inverted_file import MAX_OVERSAMPLING, RECALL_DEPTHS

CHECKED_CARDS = 16
"""cards that are unpacked, evenly spread over the catalog"""
MAX_NORM = 1.01
"""of a unit vector, or its square, with rounding"""

# Indexes into other columns: (section, lowest allowed, size of what they point into).
_INDEXES = [
    ("series", -1, "S"),
    ("language", -1, "L"),
    ("category_members", 0, "M"),
    ("id_index.rows", 0, "n"),
    ("content_index.rows", 0, "n"),
    ("series_index.rows", 0, "S"),
    ("category_index.rows", 0, "M"),
    ("signals.neighbour_rows", 0, "n"),
    ("lists.rows", 0, "n"),
    ("insights.rows", 0, "n"),
]

_STARTS = {
    "category_starts": "category_members",
    "signals.neighbour_starts": "signals.neighbour_rows",
    "lists.starts": "lists.rows",
    "insights.starts": "insights.rows",
} | {name: f"{name[:-8]}.data" for name in SECTIONS if name.endswith(".offsets")}
"""Sections that hold where each row begins in another section."""


def check_structure(arrays: Mapping[str, np.ndarray[Any, Any]], dimension: int) -> None:
    """Raise ValueError unless all sections are there and agree in their sizes and indexes.

    The first section with a named size defines it for the others.
    """
    if missing := SECTIONS.keys() - arrays.keys():
        raise ValueError(f"no section {min(missing)}")
    sizes = {"D": dimension, "n": len(arrays["published_us"])}
    for name, section in SECTIONS.items():
        for size, wanted in zip(arrays[name].shape, section.shape, strict=True):
            if isinstance(wanted, str):
                more = wanted.endswith("+1")
                expected = sizes.setdefault(wanted.rstrip("+1?"), size - more) + more
                is_right = size == expected or (wanted.endswith("?") and not size)
            else:
                is_right = wanted in (None, size)
            if not is_right:
                raise ValueError(
                    f"section {name} is {arrays[name].shape}; expected {section.shape} of {sizes}"
                )
    for name, lowest, target in _INDEXES:
        column = arrays[name]
        if len(column) and (column.min() < lowest or column.max() >= sizes[target]):
            raise ValueError(
                f"section {name} points outside: expected {lowest} to {sizes[target] - 1}"
            )
    for name, target in _STARTS.items():
        starts = arrays[name]
        if (
            not len(starts)
            or starts[0] != 0
            or starts[-1] != len(arrays[target])
            or (np.diff(starts) < 0).any()
        ):
            raise ValueError(f"section {name}: expected ascending starts of rows of {target}")


def check_values(catalog: Catalog, stated: Mapping[str, int]) -> None:
    """Raise ValueError where a column holds a value that the builder never writes.

    `stated` are the counts of the snapshot's header.
    """
    index, embeddings = catalog.id_index, catalog.embeddings
    checks = {
        "embedded: expected 0 or 1": (embeddings.present.view(np.uint8) <= 1).all(),
        f"counts: expected {counts(catalog)}": stated == counts(catalog),
        "id_index: expected every id_hashes once, sorted": (
            np.array_equal(index.hashes, catalog.id_hashes[index.rows])
            and len(np.unique(index.hashes)) == len(catalog)
        ),
        "content_index: expected sorted hashes": _is_sorted(catalog.content_index),
        "series_index: expected sorted hashes": _is_sorted(catalog.series_index),
        "category_index: expected sorted hashes": _is_sorted(catalog.category_index),
        "cards: expected JSON objects": _hold_objects(catalog.cards),
        "published_us: expected the years 1 to 9999": np.array_equal(
            np.clip(catalog.published_us, FIRST_US, LAST_US), catalog.published_us
        ),
        "scores: expected 0 to 5, or NaN": not (
            (catalog.scores < 0) | (catalog.scores > 5)  # noqa: PLR2004
        ).any(),
        "estimated_scores: expected 0 to 5, or NaN": not (
            (catalog.estimated_scores < 0) | (catalog.estimated_scores > 5)  # noqa: PLR2004
        ).any(),
        "durations_s: expected more than 0, or NaN": not (catalog.durations_s <= 0).any(),
        "inherited_categories: expected 0 or 1": (catalog.inherited_categories <= 1).all(),
        "embeddings: expected unit vectors": _are_units(embeddings.float32),
        "fixed: expected one step, and no float32 embeddings": _is_valid_int16(embeddings),
        "signals: expected counts, weights and shares": _are_valid_signals(catalog.signals),
        "lists: expected each embedding in one list": _is_valid_inverted_file(embeddings),
        "anchors: expected unit vectors": _are_units(catalog.anchors),
        "cosine_scale: expected two ascending cosines": _is_valid_scale(catalog.cosine_scale),
        "insights: expected kinds, counts and one day": _are_valid_insights(catalog.insights),
        "projection: expected a point for each embedding": _is_valid_projection(catalog),
    }
    for expectation, holds in checks.items():
        if not holds:
            raise ValueError(f"section {expectation}")


def _is_sorted(index: HashIndex) -> bool:
    return bool((index.hashes[1:] >= index.hashes[:-1]).all())


def _hold_objects(cards: Cards) -> bool:
    """Whether some of the cards, from the first to the last, unpack to JSON objects."""
    if len(cards.common) > WINDOW:
        return False
    if not len(cards):
        return True
    rows = np.linspace(0, len(cards) - 1, CHECKED_CARDS).astype(np.int64).tolist()
    return all(card.startswith(b"{") and card.endswith(b"}") for card in map(cards.raw, rows))


def _are_units(rows: npt.NDArray[np.float32]) -> bool:
    """Whether each row is finite and no longer than a unit vector; may be zero."""
    return bool((np.einsum("ij,ij->i", rows, rows) < MAX_NORM).all())  # false for NaN


def _is_valid_int16(embeddings: Embeddings) -> bool:
    step = embeddings.int16.step
    if not len(embeddings.int16):
        return not len(step)
    alone = not len(embeddings.float32)
    return alone and step.shape == (1,) and bool(0 < step[0] * LEVELS < MAX_NORM)


def _is_valid_scale(scale: npt.NDArray[np.float64]) -> bool:
    low, high = scale.tolist()
    return bool(-MAX_NORM < low < high < MAX_NORM)


def _are_valid_signals(signals: Signals) -> bool:
    positive = (
        *(signals.popularity, signals.neighbour_weights),
        *(signals.predicted_popularity, signals.listeners),
    )
    known = signals.completion[~np.isnan(signals.completion)]
    return all(bool((np.isfinite(column) & (column >= 0)).all()) for column in positive) and all(
        bool(((share >= 0) & (share <= 1)).all()) for share in (known, signals.series_return)
    )


def _is_valid_inverted_file(embeddings: Embeddings) -> bool:
    lists = embeddings.inverted_file
    if not len(lists):
        return not len(lists.centre) and not len(lists.scale)
    listed = np.zeros(len(embeddings), np.bool_)
    listed[lists.rows] = True
    return (
        embeddings.in_memory
        and len(lists.rows) == np.count_nonzero(listed)
        and np.array_equal(listed, embeddings.present)
        and lists.oversampling.shape == lists.probe_threshold.shape == (1,)
        and bool(1 <= lists.oversampling[0] <= MAX_OVERSAMPLING)
        and bool(np.isfinite(lists.probe_threshold[0]))
        and 1 <= len(lists.n_probe) <= len(RECALL_DEPTHS)
        and bool(((lists.n_probe >= 1) & (lists.n_probe <= len(lists))).all())
        and _are_units(lists.centroids)
        and bool(np.isfinite(lists.centre).all() and np.isfinite(lists.scale).all())
        and bool((lists.scale > 0).all())
        and lists.centre.shape == lists.scale.shape == lists.axes.shape[1:]
        and _are_orthonormal(lists.axes)
    )


def _is_valid_projection(catalog: Catalog) -> bool:
    """Whether exactly the episodes with an embedding have a point on the map, if there is one."""
    projection = catalog.projection
    finite = bool(np.isfinite(projection.axes).all() and np.isfinite(projection.shift).all())
    placed = projection.points != NOWHERE
    return finite and (
        not len(projection) or bool((placed == catalog.embeddings.present[:, None]).all())
    )


def _are_valid_insights(insights: Insights) -> bool:
    positive = (
        *(insights.strength, insights.listeners, insights.series, insights.momentum),
        *(insights.listeners_by_day, insights.series_by_day),
    )
    return (len(insights.day) == 1 if len(insights) else len(insights.day) <= 1) and bool(
        (insights.kinds < len(KINDS)).all()
        and (insights.rising <= LISTENERS + PUBLICATIONS).all()
        and all((np.isfinite(column) & (column >= 0)).all() for column in positive)
    )


def _are_orthonormal(axes: npt.NDArray[np.float32]) -> bool:
    """Whether the columns are orthonormal, or there are no rows."""
    return not len(axes) or bool(np.abs(axes.T @ axes - np.eye(axes.shape[1])).max() < 1e-3)  # noqa: PLR2004
