"""Where: episodes picked by id, series or category."""

from collections.abc import Sequence

import msgspec
import numpy as np

from catalog_builder.errors import CommandError
from feed.arrays.arrays import BoolArray
from feed.arrays.hash_index import Index
from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog

Names = str | tuple[str, ...]


class Where(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Episodes of one of the ids, one of the series and one of the categories, where given."""

    id: Names = ()
    series: Names = ()
    category: Names = ()

    def mask(self, catalog: Catalog) -> BoolArray:
        """(n,) which episodes these are.

        Raises `CommandError` for a name that the catalog has not.
        """
        mask = np.ones(len(catalog), np.bool_)
        if self.id:
            found = [_only(catalog.rows((name,))[0], "id", name) for name in each(self.id)]
            mask &= _among(len(catalog), found)
        if self.series:
            mask &= np.isin(catalog.series, _named(catalog.series_index, "series", self.series))
        if self.category:
            categories = _named(catalog.category_index, "category", self.category)
            mask &= _among(len(catalog), catalog.rows_in(np.array(categories)).tolist())
        return mask

    def __str__(self) -> str:
        return " or ".join([*each(self.id), *each(self.series), *each(self.category)]) or "any"


def each(names: Names) -> Sequence[str]:
    """One name or several, as several."""
    return (names,) if isinstance(names, str) else names


def _named(index: Index, what: str, names: Names) -> list[int]:
    return [_only(index.first(hash_strings([name]))[0], what, name) for name in each(names)]


def _only(row: np.integer, what: str, name: str) -> int:
    if row < 0:
        raise CommandError(f"{what} {name!r}: the case's catalog has none of that name")
    return int(row)


def _among(count: int, rows: Sequence[int]) -> BoolArray:
    mask = np.zeros(count, np.bool_)
    mask[list(rows)] = True
    return mask
