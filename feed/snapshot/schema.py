"""The sections of a snapshot: each array of a catalog by name, dtype and shape.

`docs/snapshot-format.md` describes each; a test holds it against `SECTIONS`.
"""

from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from feed.catalog.catalog import SCORES, Catalog
from feed.catalog.insights import DAYS, Insights
from feed.catalog.projection import Projection
from feed.catalog.signals import HALF_LIVES_DAYS
from feed.vectors.int16 import Int16Vectors
from feed.vectors.inverted_file import InvertedFile


class Section(NamedTuple):
    """Which attribute of a `Catalog` a section stores, and the array's dtype and shape."""

    attribute: str
    """dotted path from the catalog; may be renamed, while section names are part of the format"""
    dtype: str
    """numpy's notation, little-endian"""
    shape: tuple[str | int | None, ...]
    """Each dimension: a number, a size that sections share by name, or None for any. `n+1` is one
    more than n, `n?` is n or 0."""


SECTIONS = {
    "ids.offsets": Section("ids.offsets", "<i8", ("n+1",)),
    "ids.data": Section("ids.data", "|u1", (None,)),
    "id_index.hashes": Section("id_index.hashes", "<u8", ("n",)),
    "id_index.rows": Section("id_index.rows", "<i4", ("n",)),
    "id_hashes": Section("id_hashes", "<u8", ("n",)),
    "content_index.hashes": Section("content_index.hashes", "<u8", ("content",)),
    "content_index.rows": Section("content_index.rows", "<i4", ("content",)),
    "cards.offsets": Section("cards.offsets", "<i8", ("n+1",)),
    "cards.data": Section("cards.data", "|u1", (None,)),
    "cards.common": Section("cards.common", "|u1", (None,)),
    "source_order": Section("source_order", "<i4", ("n",)),
    "published_us": Section("published_us", "<i8", ("n",)),
    "scores": Section("scores", "<f8", ("n", len(SCORES))),
    "estimated_scores": Section("estimated_scores", "<f4", ("n?",)),
    "explicit": Section("explicit", "|u1", ("n",)),
    "durations_s": Section("durations_s", "<f4", ("n?",)),
    "series": Section("series", "<i4", ("n",)),
    "series_ids.offsets": Section("series_ids.offsets", "<i8", ("S+1",)),
    "series_ids.data": Section("series_ids.data", "|u1", (None,)),
    "series_names.offsets": Section("series_names.offsets", "<i8", ("S+1",)),
    "series_names.data": Section("series_names.data", "|u1", (None,)),
    "series_index.hashes": Section("series_index.hashes", "<u8", ("S",)),
    "series_index.rows": Section("series_index.rows", "<i4", ("S",)),
    "languages.offsets": Section("languages.offsets", "<i8", ("L+1",)),
    "languages.data": Section("languages.data", "|u1", (None,)),
    "language": Section("language", "<i4", ("n",)),
    "categories.offsets": Section("categories.offsets", "<i8", ("M+1",)),
    "categories.data": Section("categories.data", "|u1", (None,)),
    "category_index.hashes": Section("category_index.hashes", "<u8", ("M",)),
    "category_index.rows": Section("category_index.rows", "<i4", ("M",)),
    "category_major": Section("category_major", "|u1", ("M",)),
    "category_starts": Section("category_starts", "<i8", ("n+1",)),
    "category_members": Section("category_members", "<i4", (None,)),
    "inherited_categories": Section("inherited_categories", "|u1", ("n?",)),
    "embeddings": Section("embeddings.float32", "<f4", ("n?", "D")),
    "fixed.codes": Section("embeddings.int16.codes", "<i2", ("n?", "D")),
    "fixed.step": Section("embeddings.int16.step", "<f4", (None,)),
    "embedded": Section("embeddings.present", "|u1", ("n",)),
    "anchors": Section("anchors", "<f4", ("M", "D")),
    "cosine_scale": Section("cosine_scale", "<f8", (2,)),
    "title_hashes": Section("title_hashes", "<u8", ("n",)),
    "signals.people": Section("signals.listeners", "<i4", ("n",)),
    "signals.popularity": Section("signals.popularity", "<f4", ("n", len(HALF_LIVES_DAYS))),
    "signals.completion": Section("signals.completion", "<f4", ("n",)),
    "signals.neighbour_starts": Section("signals.neighbour_starts", "<i8", ("n+1",)),
    "signals.neighbour_rows": Section("signals.neighbour_rows", "<i4", ("neighbours",)),
    "signals.neighbour_weights": Section("signals.neighbour_weights", "<f4", ("neighbours",)),
    "signals.promise": Section("signals.predicted_popularity", "<f4", ("n",)),
    "signals.series_return": Section("signals.series_return", "<f4", ("S",)),
    "lists.axes": Section("embeddings.inverted_file.axes", "<f4", ("D?", "C")),
    "lists.centroids": Section("embeddings.inverted_file.centroids", "<f4", ("lists", "C")),
    "lists.starts": Section("embeddings.inverted_file.starts", "<i8", ("lists+1",)),
    "lists.rows": Section("embeddings.inverted_file.rows", "<i4", ("listed",)),
    "lists.codes": Section("embeddings.inverted_file.codes", "|i1", ("listed", "C")),
    "lists.centre": Section("embeddings.inverted_file.centre", "<f4", ("C?",)),
    "lists.scale": Section("embeddings.inverted_file.scale", "<f4", ("C?",)),
    "lists.spare": Section("embeddings.inverted_file.oversampling", "<f4", (None,)),
    "lists.reach": Section("embeddings.inverted_file.probe_threshold", "<f4", (None,)),
    "lists.probes": Section("embeddings.inverted_file.n_probe", "<i4", (None,)),
    "projection.points": Section("projection.points", "<i2", ("n?", 2)),
    "projection.axes": Section("projection.axes", "<f4", (2, "D")),
    "projection.shift": Section("projection.shift", "<f4", (2,)),
    "insights.day": Section("insights.day", "<i4", (None,)),
    "insights.kinds": Section("insights.kinds", "|u1", ("insights",)),
    "insights.names.offsets": Section("insights.names.offsets", "<i8", ("insights+1",)),
    "insights.names.data": Section("insights.names.data", "|u1", (None,)),
    "insights.rising": Section("insights.rising", "|u1", ("insights",)),
    "insights.strength": Section("insights.strength", "<f4", ("insights",)),
    "insights.listeners": Section("insights.listeners", "<i4", ("insights",)),
    "insights.series": Section("insights.series", "<i4", ("insights",)),
    "insights.momentum": Section("insights.momentum", "<f4", ("insights", 2)),
    "insights.listeners_by_day": Section("insights.listeners_by_day", "<i4", ("insights", DAYS)),
    "insights.series_by_day": Section("insights.series_by_day", "<i4", ("insights", DAYS)),
    "insights.starts": Section("insights.starts", "<i8", ("insights+1",)),
    "insights.rows": Section("insights.rows", "<i4", (None,)),
}
"""Sections by name, in the order in which a file stores them.

Sizes: n episodes, S series, M categories, L languages, D the dimension of the embeddings, C that of
the inverted file's codes; the others count the rows of a group.
"""


def optional_sections(dimension: int) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays that stand in for sections that a file may lack: all of them empty."""
    empty: dict[str, tuple[str, Int16Vectors | InvertedFile | Projection | Insights]] = {
        "fixed": ("embeddings.int16", Int16Vectors.none(dimension)),
        "lists": ("embeddings.inverted_file", InvertedFile.none(dimension)),
        "projection": ("projection", Projection.none(dimension)),
        "insights": ("insights", Insights.none()),
    }
    nothing = np.zeros(0, np.float32)
    found: dict[str, np.ndarray[Any, Any]] = {
        "estimated_scores": nothing,
        "durations_s": nothing,
        "inherited_categories": nothing.astype(np.uint8),
    }
    for name, section in SECTIONS.items():
        if (group := name.partition(".")[0]) in empty:
            path, none = empty[group]
            found[name] = attrgetter(section.attribute.removeprefix(f"{path}."))(none)
    return found


def counts(catalog: Catalog) -> dict[str, int]:
    """Numbers of episodes, series and so on, as a snapshot's header states them."""
    return {
        "episodes": len(catalog),
        "series": len(catalog.series_ids),
        "categories": len(catalog.categories),
        "languages": len(catalog.languages),
        "embedded": int(catalog.embeddings.present.sum()),
    }
