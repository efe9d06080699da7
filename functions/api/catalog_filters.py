"""Filters of a catalog outside sessions: what a query asks for, and what a profile rules out."""

from typing import Annotated

import msgspec
import numpy as np

from feed.arrays.arrays import BoolArray
from feed.catalog.catalog import Catalog
from feed.model.engagement import Profile
from feed.ranking import filters
from feed.user.hydration import language_indices, series_indices

_Text = Annotated[str, msgspec.Meta(max_length=500)]


class CatalogFilters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the queries of charts and searches narrow the catalog to."""

    category: _Text = ""
    """only episodes of this category"""
    series: _Text = ""
    """only episodes of the series with this id"""
    language: _Text = ""
    """only episodes in this language (BCP 47), or in an unknown one"""

    def mask(self, catalog: Catalog) -> BoolArray:
        """Return (n,) which episodes pass: of an unknown category or series none does."""
        mask = np.ones(len(catalog), np.bool_)
        if self.category:
            mask[:] = False
            mask[catalog.rows_in_categories(catalog.find_categories([self.category]))] = True
        if self.series:
            mask &= np.isin(catalog.series, series_indices(catalog, [self.series]))
        spoken = language_indices(catalog, [self.language]) if self.language else None
        in_language = filters.in_languages(catalog, spoken)
        return mask if in_language is None else mask & in_language


def profile_mask(catalog: Catalog, profile: Profile) -> BoolArray:
    """Return (n,) which episodes are not muted, and in a language of the profile or unknown."""
    languages = profile.languages
    allowed = np.ones(len(catalog), np.bool_)
    for mask in (
        filters.not_in_series(catalog, series_indices(catalog, profile.muted_series)),
        filters.not_in_categories(catalog, catalog.find_categories(profile.muted_categories)),
        filters.in_languages(catalog, language_indices(catalog, languages) if languages else None),
    ):
        if mask is not None:
            allowed &= mask
    return allowed
