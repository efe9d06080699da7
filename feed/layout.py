"""Layout: the sections of a snapshot, and what must hold between and within them.

A checksum tells that a file is as it was written, not that a sane builder wrote it. These checks
do, once at load, so that nothing behind them meets an index that points outside.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from feed.cards import WINDOW, Cards
from feed.catalog import SCORES, Catalog
from feed.clock import FIRST_US, LAST_US
from feed.fixed import LEVELS, Fixed
from feed.index import Index
from feed.lists import DEPTHS, MOST_SPARE, Lists
from feed.projection import NOWHERE, Projection
from feed.signals import HALF_LIVES_DAYS, Signals

SOME = 16
"""cards that are unpacked to see whether they can be"""

# The dtype and shape of each section. n episodes, S series, M categories, L languages, D dimension;
# held, fixed: n, or 0 where the embeddings are kept otherwise, or elsewhere. mapped: n or 0. None:
# as long as it is.
SECTIONS: dict[str, tuple[str, tuple[str | int | None, ...]]] = {
    "ids.offsets": ("<i8", ("n+1",)),
    "ids.data": ("|u1", (None,)),
    "id_index.hashes": ("<u8", ("n",)),
    "id_index.rows": ("<i4", ("n",)),
    "id_hashes": ("<u8", ("n",)),
    "content_index.hashes": ("<u8", ("content",)),
    "content_index.rows": ("<i4", ("content",)),
    "cards.offsets": ("<i8", ("n+1",)),
    "cards.data": ("|u1", (None,)),
    "cards.common": ("|u1", (None,)),
    "source_order": ("<i4", ("n",)),
    "published_us": ("<i8", ("n",)),
    "scores": ("<f8", ("n", len(SCORES))),
    "explicit": ("|u1", ("n",)),
    "series": ("<i4", ("n",)),
    "series_ids.offsets": ("<i8", ("S+1",)),
    "series_ids.data": ("|u1", (None,)),
    "series_names.offsets": ("<i8", ("S+1",)),
    "series_names.data": ("|u1", (None,)),
    "series_index.hashes": ("<u8", ("S",)),
    "series_index.rows": ("<i4", ("S",)),
    "languages.offsets": ("<i8", ("L+1",)),
    "languages.data": ("|u1", (None,)),
    "language": ("<i4", ("n",)),
    "categories.offsets": ("<i8", ("M+1",)),
    "categories.data": ("|u1", (None,)),
    "category_index.hashes": ("<u8", ("M",)),
    "category_index.rows": ("<i4", ("M",)),
    "category_major": ("|u1", ("M",)),
    "category_starts": ("<i8", ("n+1",)),
    "category_members": ("<i4", (None,)),
    "embeddings": ("<f4", ("held", "D")),
    "fixed.codes": ("<i2", ("fixed", "D")),
    "fixed.step": ("<f4", (None,)),
    "embedded": ("|u1", ("n",)),
    "anchors": ("<f4", ("M", "D")),
    "cosine_scale": ("<f8", (2,)),
    "title_hashes": ("<u8", ("n",)),
    "signals.people": ("<i4", ("n",)),
    "signals.popularity": ("<f4", ("n", len(HALF_LIVES_DAYS))),
    "signals.completion": ("<f4", ("n",)),
    "signals.neighbour_starts": ("<i8", ("n+1",)),
    "signals.neighbour_rows": ("<i4", ("neighbours",)),
    "signals.neighbour_weights": ("<f4", ("neighbours",)),
    "signals.promise": ("<f4", ("n",)),
    "signals.series_return": ("<f4", ("S",)),
    "lists.axes": ("<f4", ("turned", "C")),
    "lists.centroids": ("<f4", ("lists", "C")),
    "lists.starts": ("<i8", ("lists+1",)),
    "lists.rows": ("<i4", ("listed",)),
    "lists.codes": ("|i1", ("listed", "C")),
    "lists.centre": ("<f4", ("coded",)),
    "lists.scale": ("<f4", ("coded",)),
    "lists.spare": ("<f4", (None,)),
    "lists.reach": ("<f4", (None,)),
    "lists.probes": ("<i4", (None,)),
    "projection.points": ("<i2", ("mapped", 2)),
    "projection.axes": ("<f4", (2, "D")),
    "projection.shift": ("<f4", (2,)),
}

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


def optional(dimension: int) -> dict[str, np.ndarray[Any, Any]]:
    """The sections that a file may lack, as they are then."""
    nothing: dict[str, Fixed | Lists | Projection] = {
        "fixed": Fixed.none(dimension),
        "lists": Lists.none(dimension),
        "projection": Projection.none(dimension),
    }
    return {
        f"{group}.{field.name}": getattr(none, field.name)
        for group, none in nothing.items()
        for field in fields(none)
    }


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
    for name, (_, shape) in SECTIONS.items():
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
        "embeddings": _near_unit(catalog.embeddings),
        "fixed": _is_fixed(catalog),
        "signals": _are_sane(catalog.signals),
        "lists": not len(catalog.lists) or _are_whole(catalog),
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
    step = catalog.fixed.step
    if not len(catalog.fixed):
        return not len(step)
    alone = not len(catalog.embeddings)
    return alone and step.shape == (1,) and bool(0 < step[0] * LEVELS < 1.01)  # noqa: PLR2004


def _is_scale(scale: npt.NDArray[np.float64]) -> bool:
    """Whether these are two cosines, the first below the second."""
    low, high = scale.tolist()
    return bool(-1.01 < low < high < 1.01)  # noqa: PLR2004


def _are_sane(signals: Signals) -> bool:
    """Whether what is a count, a share or a weight can be one."""
    positive = (signals.popularity, signals.neighbour_weights, signals.promise, signals.people)
    finite = all(bool((np.isfinite(column) & (column >= 0)).all()) for column in positive)
    heard = signals.completion[~np.isnan(signals.completion)]
    shares = all(bool(((s >= 0) & (s <= 1)).all()) for s in (heard, signals.series_return))
    return finite and shares


def _are_whole(catalog: Catalog) -> bool:
    """Whether each embedding is in one list, and every number is one."""
    lists = catalog.lists
    listed = np.zeros(len(catalog), np.bool_)
    listed[lists.rows] = True
    return (
        catalog.holds_vectors
        and len(lists.rows) == np.count_nonzero(listed)
        and np.array_equal(listed, catalog.is_embedded)
        and lists.spare.shape == lists.reach.shape == (1,)
        and bool(1 <= lists.spare[0] <= MOST_SPARE)
        and bool(np.isfinite(lists.reach[0]))
        and 1 <= len(lists.probes) <= len(DEPTHS)
        and bool(((lists.probes >= 1) & (lists.probes <= len(lists))).all())
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
    return finite and (not len(made) or bool((somewhere == catalog.is_embedded[:, None]).all()))


def _are_directions(axes: npt.NDArray[np.float32]) -> bool:
    """Whether these are orthonormal columns, or none."""
    return not len(axes) or bool(np.abs(axes.T @ axes - np.eye(axes.shape[1])).max() < 1e-3)  # noqa: PLR2004


def counts(catalog: Catalog) -> dict[str, int]:
    """How many there are of everything, as the header states it."""
    return {
        "episodes": len(catalog),
        "series": len(catalog.series_ids),
        "categories": len(catalog.categories),
        "languages": len(catalog.languages),
        "embedded": int(catalog.embedded.sum()),
    }
