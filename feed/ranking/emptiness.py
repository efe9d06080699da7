"""Emptiness: which filters left nothing to show."""

from collections.abc import Iterable

import numpy as np

from feed.arrays.arrays import BoolArray
from feed.model.degradation import Degradation
from feed.ranking import filters
from feed.ranking.eligibility import Eligibility


def causes(found: Eligibility) -> tuple[Degradation, ...]:
    """Why nothing is eligible: every cause that would leave nothing alone, or else the last one.

    The user's own choices are looked at last, so that they are named where the rest leaves
    something. Empty where something is eligible.
    """
    count = len(found.catalog)
    if not count:
        return (Degradation.CATALOG_EMPTY,)
    if found.allowed.any():
        return ()
    alone, last, left = [], Degradation.CATALOG_EMPTY, np.ones(count, np.bool_)
    for cause, mask in _masks(found).items():
        if not mask.any():
            alone.append(cause)
        elif left.any() and not (left & mask).any():
            last = cause
        left &= mask
    return tuple(alone) or (last,)


def _masks(found: Eligibility) -> dict[Degradation, BoolArray]:
    """By cause, in the order in which they are looked at: (n,) what it lets pass."""
    free = np.ones(len(found.catalog), np.bool_)
    free[found.excluded] = False
    rules = dict(found.masks)
    unpublished, language = rules.pop("unpublished", None), rules.pop("language", None)
    muted = [rules.pop("muted_series", None), rules.pop("muted_category", None)]
    fresh = filters.fresh(found.catalog, found.now_us, found.window_days)
    return {
        Degradation.ALL_BELOW_QUALITY: _together(free, [found.floors]),
        Degradation.NONE_PUBLISHED: _together(free, [unpublished]),
        Degradation.NONE_FRESH: _together(free, [fresh]),
        Degradation.ALL_RULED_OUT: _together(free, rules.values()),
        Degradation.ALL_EXCLUDED: free,
        Degradation.ALL_MUTED: _together(free, muted),
        Degradation.NO_LANGUAGE_MATCH: _together(free, [language]),
    }


def _together(like: BoolArray, masks: Iterable[BoolArray | None]) -> BoolArray:
    """What all of these let pass; None lets everything pass."""
    passing = np.ones_like(like)
    for mask in masks:
        if mask is not None:
            passing &= mask
    return passing
