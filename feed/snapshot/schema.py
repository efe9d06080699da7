"""Layout: the sections of a snapshot, and what must hold between and within them.

A checksum tells that a file is as it was written, not that a sane builder wrote it. These checks
do, once at load, so that nothing behind them meets an index that points outside.
"""

from dataclasses import fields
from typing import Any

import numpy as np

from feed.catalog.catalog import SCORES, Catalog
from feed.catalog.projection import Projection
from feed.catalog.signals import HALF_LIVES_DAYS
from feed.vectors.int16 import Fixed
from feed.vectors.inverted_file import Lists

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


def counts(catalog: Catalog) -> dict[str, int]:
    """How many there are of everything, as the header states it."""
    return {
        "episodes": len(catalog),
        "series": len(catalog.series_ids),
        "categories": len(catalog.categories),
        "languages": len(catalog.languages),
        "embedded": int(catalog.embedded.sum()),
    }
