"""The rules of a scenario, compiled for one catalog: filters, boosts and pins as masks."""

from dataclasses import dataclass

import numpy as np

from feed.arrays.arrays import BoolArray, FloatArray, IntArray
from feed.catalog.catalog import Catalog
from feed.scenarios.rules import Rules, Where
from feed.user.hydration import language_indices, series_indices


@dataclass(frozen=True)
class Matcher:
    """The condition of a rule, compiled for a catalog of n episodes."""

    mask: BoolArray
    """(n,) true where everything but the age matches"""
    min_age: float
    max_age: float
    """whole days, both included; infinite for no limit"""

    def match(self, rows: IntArray | slice, ages: IntArray) -> BoolArray:
        """(k,) whether the rule matches these catalog rows of these ages (k,) in whole days."""
        matching: BoolArray = self.mask[rows] & (ages >= self.min_age) & (ages <= self.max_age)
        return matching


def matcher(catalog: Catalog, where: Where) -> Matcher:
    """Compile the condition of a rule: an episode matches if it meets every part given."""
    mask = np.ones(len(catalog), np.bool_)
    if where.categories:
        inside = np.zeros(len(catalog), np.bool_)
        inside[catalog.rows_in_categories(catalog.find_categories(where.categories))] = True
        mask &= inside
    if where.series:
        mask &= np.isin(catalog.series, series_indices(catalog, where.series))
    if where.languages:
        mask &= np.isin(catalog.language, language_indices(catalog, where.languages))
    if where.explicit is not None:
        mask &= (catalog.explicit == 1) == where.explicit
    return Matcher(
        mask,
        min_age=-np.inf if where.min_age_days is None else where.min_age_days,
        max_age=np.inf if where.max_age_days is None else where.max_age_days,
    )


class CompiledRules:
    """A scenario's rules (filters, boosts and pins), compiled for a catalog of n episodes."""

    def __init__(self, catalog: Catalog, rules: Rules) -> None:
        self._filters = [(rule.show, matcher(catalog, rule.where)) for rule in rules.filters]
        self._boosts = [(rule.add, matcher(catalog, rule.where)) for rule in rules.boosts]
        self._pins = {rule.slot: matcher(catalog, rule.where) for rule in rules.pins}
        self.has_filters = bool(self._filters)
        self.has_boosts = bool(self._boosts)
        self.has_pins = bool(self._pins)

    def masks(self, ages: IntArray) -> dict[str, BoolArray]:
        """By filter rule, named by its path in the scenario: (n,) mask of the episodes that pass.

        `ages` (n,) are in whole days.
        """
        matches = [(show, one.match(slice(None), ages)) for show, one in self._filters]
        return {
            f"rules.filters[{index}]": mask if show == "only" else ~mask
            for index, (show, mask) in enumerate(matches)
        }

    def boost(self, rows: IntArray, ages: IntArray) -> FloatArray:
        """(k,) sum of the boosts that match each of these rows of ages (k,) in whole days."""
        total = np.zeros(len(rows))
        for add, one in self._boosts:
            total += add * one.match(rows, ages)
        return total

    def pin_candidates(
        self, allowed: BoolArray, ages: IntArray, best: IntArray, count: int
    ) -> IntArray:
        """Rows that the pins may choose from: the first `count` of `best` that match each pin.

        `best` has all n rows, the highest quality first; `allowed` (n,) and `ages` (n,) in whole
        days go by catalog row.
        """
        matching = [(one.match(slice(None), ages) & allowed)[best] for one in self._pins.values()]
        return np.unique(np.concatenate([best[:0], *(best[mask][:count] for mask in matching)]))

    def pinnable(self, rows: IntArray, ages: IntArray) -> dict[int, BoolArray]:
        """By pinned slot, from 1: (k,) whether each of these rows of ages (k,) may take it."""
        return {slot: one.match(rows, ages) for slot, one in self._pins.items()}
