"""Explains an empty feed: which filters left no episode to show."""

from collections.abc import Iterable

import numpy as np

from feed.arrays.arrays import BoolArray
from feed.model.degradation import Degradation
from feed.ranking.eligibility import Eligibility


def causes(eligible: Eligibility) -> tuple[Degradation, ...]:
    """Every cause that removes all episodes by itself, or else the last that removes all the rest.

    The user's own choices come last in this order, so that one is named only where everything
    before it leaves something. Empty where an episode is eligible.
    """
    count = len(eligible.catalog)
    if not count:
        return (Degradation.CATALOG_EMPTY,)
    if eligible.allowed.any():
        return ()
    alone, last, left = [], Degradation.CATALOG_EMPTY, np.ones(count, np.bool_)
    for cause, mask in _masks(eligible).items():
        if not mask.any():
            alone.append(cause)
        elif left.any() and not (left & mask).any():
            last = cause
        left &= mask
    return tuple(alone) or (last,)


def _masks(eligible: Eligibility) -> dict[Degradation, BoolArray]:
    """By cause, in the order of `causes`: (n,) mask of the episodes that pass."""
    free, masks = eligible.not_excluded, dict(eligible.masks)
    unpublished, language = masks.pop("unpublished", None), masks.pop("language", None)
    length = masks.pop("length", None)
    muted = [masks.pop("muted_series", None), masks.pop("muted_category", None)]
    return {
        _below_floors(eligible): _all_of(free, [eligible.floors]),
        Degradation.NONE_PUBLISHED: _all_of(free, [unpublished]),
        Degradation.NONE_FRESH: _all_of(free, [eligible.fresh]),
        Degradation.ALL_RULED_OUT: _all_of(free, masks.values()),
        Degradation.ALL_EXCLUDED: free,
        Degradation.ALL_MUTED: _all_of(free, muted),
        Degradation.NO_LANGUAGE_MATCH: _all_of(free, [language]),
        Degradation.ALL_TOO_LONG: _all_of(free, [length]),
    }


def _below_floors(eligible: Eligibility) -> Degradation:
    """The cause where no episode reaches the quality floors."""
    is_unscored = np.isnan(eligible.catalog.scores[:, :2]).all()
    return Degradation.NO_SCORES if is_unscored else Degradation.ALL_BELOW_QUALITY


def _all_of(like: BoolArray, masks: Iterable[BoolArray | None]) -> BoolArray:
    """Mask of the episodes that pass all of these, in the shape of `like`; None passes all."""
    passing = np.ones_like(like)
    for mask in masks:
        if mask is not None:
            passing &= mask
    return passing
