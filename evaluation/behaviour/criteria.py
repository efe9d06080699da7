"""Selection of a case's episodes by id, series and category."""

from collections.abc import Sequence

import msgspec
import numpy as np

from catalog_builder.errors import CommandError
from feed.arrays.arrays import BoolArray
from feed.arrays.hash_index import HashIndex
from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog

Names = str | tuple[str, ...]


class EpisodeCriteria(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Selects episodes whose id, series and category are each among the given ones.

    A criterion that is left out selects every episode.
    """

    id: Names = ()
    series: Names = ()
    category: Names = ()

    def mask(self, catalog: Catalog) -> BoolArray:
        """(n,) true for the selected episodes.

        Raises:
            CommandError: the catalog lacks a name.
        """
        mask = np.ones(len(catalog), np.bool_)
        if self.id:
            rows = [_existing(catalog.rows((name,))[0], "id", name) for name in as_tuple(self.id)]
            mask &= _mask_of(len(catalog), rows)
        if self.series:
            mask &= np.isin(
                catalog.series, _rows_by_name(catalog.series_index, "series", self.series)
            )
        if self.category:
            categories = _rows_by_name(catalog.category_index, "category", self.category)
            mask &= _mask_of(
                len(catalog), catalog.rows_in_categories(np.array(categories)).tolist()
            )
        return mask

    def __str__(self) -> str:
        return (
            " or ".join([*as_tuple(self.id), *as_tuple(self.series), *as_tuple(self.category)])
            or "any"
        )


def as_tuple(names: Names) -> Sequence[str]:
    """A single name as a tuple of one; several names unchanged."""
    return (names,) if isinstance(names, str) else names


def _rows_by_name(index: HashIndex, what: str, names: Names) -> list[int]:
    return [_existing(index.first(hash_strings([name]))[0], what, name) for name in as_tuple(names)]


def _existing(row: np.integer, what: str, name: str) -> int:
    if row < 0:
        raise CommandError(f"{what} {name!r}: the case's catalog has no such name")
    return int(row)


def _mask_of(count: int, rows: Sequence[int]) -> BoolArray:
    mask = np.zeros(count, np.bool_)
    mask[list(rows)] = True
    return mask
