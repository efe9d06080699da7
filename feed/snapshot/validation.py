"""The checks of a snapshot at load: what must hold between its sections and within them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from feed.arrays.hash_index import Index
from feed.catalog.cards import WINDOW, Cards
from feed.catalog.catalog import Catalog
from feed.catalog.projection import NOWHERE
from feed.catalog.signals import Signals
from feed.model.timestamps import FIRST_US, LAST_US
from feed.snapshot.schema import SECTIONS, counts
from feed.vectors.int16 import LEVELS
from feed.vectors.inverted_file import MAX_OVERSAMPLING, RECALL_DEPTHS

SOME = 16
"""cards that are unpacked to see whether they can be"""


# Indexes into other columns: (section, lowest allowed, what they count).
_POINTS = [
    ("series", -1, "S"),
    ("language", -1, "L"),
    ("category_members", 0, "M"),
    ("id_index.rows", 0, "n"),
    ("content_index.rows", 0, "n"),
    ("series_index.rows", 0, "S"),
    ("category_index.rows", 0, "M"),
    ("signals.neighbour_rows", 0, "n"),
    ("lists.rows", 0, "n"),
]


_STARTS = {
    "category_starts": "category_members",
    "signals.neighbour_starts": "signals.neighbour_rows",
    "lists.starts": "lists.rows",
}
"""Starts of rows, and what they are the starts of, beside the offsets of strings."""


def check_structure(arrays: Mapping[str, np.ndarray[Any, Any]], dimension: int) -> None:
    """Raise ValueError unless the sections are all there and agree with each other."""
    if missing := SECTIONS.keys() - arrays.keys():
        raise ValueError(f"no section {min(missing)}")
    extents = {
        "n": len(arrays["published_us"]),
        "S": len(arrays["series_index.rows"]),
        "M": len(arrays["category_major"]),
        "L": len(arrays["languages.offsets"]) - 1,
        "D": dimension,
        "content": len(arrays["content_index.rows"]),
        "neighbours": len(arrays["signals.neighbour_rows"]),
        "lists": len(arrays["lists.centroids"]),
        "listed": len(arrays["lists.rows"]),
        "C": arrays["lists.axes"].shape[1],
        "turned": len(arrays["lists.axes"]) and dimension,
        "coded": arrays["lists.axes"].shape[1] if len(arrays["lists.centroids"]) else 0,
        "fixed": len(arrays["fixed.codes"]) and len(arrays["published_us"]),
        "held": len(arrays["embeddings"]) and len(arrays["published_us"]),
        "mapped": len(arrays["projection.points"]) and len(arrays["published_us"]),
    }
    for name, (_, _, shape) in SECTIONS.items():
        for extent, wanted in zip(arrays[name].shape, shape, strict=True):
            if isinstance(wanted, str):
                base, plus, _ = wanted.partition("+")
                wanted = extents[base] + bool(plus)  # noqa: PLW2901
            if wanted is not None and extent != wanted:
                raise ValueError(f"{name} is {arrays[name].shape}, not {shape} of {extents}")
    for name, lowest, counted in _POINTS:
        column = arrays[name]
        if len(column) and (column.min() < lowest or column.max() >= extents[counted]):
            raise ValueError(f"{name} points outside")
    ends = {name: f"{name[:-8]}.data" for name in SECTIONS if name.endswith(".offsets")}
    for name, target in (ends | _STARTS).items():
        offsets = arrays[name]
        if offsets[0] != 0 or offsets[-1] != len(arrays[target]) or (np.diff(offsets) < 0).any():
            raise ValueError(f"{name} are not the starts of rows")


def check_values(catalog: Catalog, stated: Mapping[str, int]) -> None:
    """Raise ValueError where a value is none that the builder writes."""
    index = catalog.id_index
    right = {
        "counts": stated == counts(catalog),
        "id_index": np.array_equal(index.hashes, catalog.id_hashes[index.rows])
        and len(np.unique(index.hashes)) == len(catalog),
        "content_index": _ascends(catalog.content_index),
        "series_index": _ascends(catalog.series_index),
        "category_index": _ascends(catalog.category_index),
        "cards": _are_objects(catalog.cards),
        "published_us": np.array_equal(
            np.clip(catalog.published_us, FIRST_US, LAST_US), catalog.published_us
        ),
        "scores": not ((catalog.scores < 0) | (catalog.scores > 5)).any(),  # noqa: PLR2004
        # A product with NaN or infinity in it is neither finite nor small.
        "embeddings": _near_unit(catalog.embeddings.float32),
        "fixed": _is_fixed(catalog),
        "embedded": (catalog.embeddings.present.view(np.uint8) <= 1).all(),
        "signals": _are_sane(catalog.signals),
        "lists": not len(catalog.embeddings.inverted_file) or _are_whole(catalog),
        "anchors": _near_unit(catalog.anchors),
        "cosine_scale": _is_scale(catalog.cosine_scale),
        "projection": _is_plane(catalog),
    }
    if wrong := [name for name, is_right in right.items() if not is_right]:
        raise ValueError(f"{wrong[0]} makes no sense")


def _ascends(index: Index) -> bool:
    return bool((index.hashes[1:] >= index.hashes[:-1]).all())


def _are_objects(cards: Cards) -> bool:
    """Whether some, from first to last, are unpacked to objects."""
    if len(cards.common) > WINDOW:
        return False
    if not len(cards):
        return True
    some = map(cards.raw, np.linspace(0, len(cards) - 1, SOME).astype(np.int64).tolist())
    return all(card.startswith(b"{") and card.endswith(b"}") for card in some)


def _near_unit(rows: npt.NDArray[np.float32]) -> bool:
    """Whether no row is longer than a unit, or has a number that is none."""
    return bool((np.einsum("ij,ij->i", rows, rows) < 1.01).all())  # noqa: PLR2004


def _is_fixed(catalog: Catalog) -> bool:
    """Whether there are no embeddings in fixed point, or no others, and none can be a number."""
    step = catalog.embeddings.int16.step
    if not len(catalog.embeddings.int16):
        return not len(step)
    alone = not len(catalog.embeddings.float32)
    return alone and step.shape == (1,) and bool(0 < step[0] * LEVELS < 1.01)  # noqa: PLR2004


def _is_scale(scale: npt.NDArray[np.float64]) -> bool:
    """Whether these are two cosines, the first below the second."""
    low, high = scale.tolist()
    return bool(-1.01 < low < high < 1.01)  # noqa: PLR2004


def _are_sane(signals: Signals) -> bool:
    """Whether what is a count, a share or a weight can be one."""
    positive = (
        signals.popularity,
        signals.neighbour_weights,
        signals.predicted_popularity,
        signals.listeners,
    )
    finite = all(bool((np.isfinite(column) & (column >= 0)).all()) for column in positive)
    heard = signals.completion[~np.isnan(signals.completion)]
    shares = all(bool(((s >= 0) & (s <= 1)).all()) for s in (heard, signals.series_return))
    return finite and shares


def _are_whole(catalog: Catalog) -> bool:
    """Whether each embedding is in one list, and every number is one."""
    lists = catalog.embeddings.inverted_file
    listed = np.zeros(len(catalog), np.bool_)
    listed[lists.rows] = True
    return (
        catalog.embeddings.in_memory
        and len(lists.rows) == np.count_nonzero(listed)
        and np.array_equal(listed, catalog.embeddings.present)
        and lists.oversampling.shape == lists.probe_threshold.shape == (1,)
        and bool(1 <= lists.oversampling[0] <= MAX_OVERSAMPLING)
        and bool(np.isfinite(lists.probe_threshold[0]))
        and 1 <= len(lists.n_probe) <= len(RECALL_DEPTHS)
        and bool(((lists.n_probe >= 1) & (lists.n_probe <= len(lists))).all())
        and _near_unit(lists.centroids)
        and bool(np.isfinite(lists.centre).all() and np.isfinite(lists.scale).all())
        and bool((lists.scale > 0).all())
        and _are_directions(lists.axes)
    )


def _is_plane(catalog: Catalog) -> bool:
    """Whether who has an embedding is somewhere, and nobody else."""
    made = catalog.projection
    finite = bool(np.isfinite(made.axes).all() and np.isfinite(made.shift).all())
    somewhere = made.points != NOWHERE
    return finite and (
        not len(made) or bool((somewhere == catalog.embeddings.present[:, None]).all())
    )


def _are_directions(axes: npt.NDArray[np.float32]) -> bool:
    """Whether these are orthonormal columns, or none."""
    return not len(axes) or bool(np.abs(axes.T @ axes - np.eye(axes.shape[1])).max() < 1e-3)  # noqa: PLR2004
