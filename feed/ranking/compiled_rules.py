"""CompiledRules: the rules of a scenario, made ready for one catalog."""

from dataclasses import dataclass

import numpy as np

from feed.arrays.arrays import BoolArray, FloatArray, IntArray
from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.model.episode import primary_subtag
from feed.scenarios.rules import Rules, Where


@dataclass(frozen=True)
class Matcher:
    """The episodes of a catalog that a rule names."""

    mask: BoolArray
    """(n,) whether all but its age matches"""
    youngest: float
    oldest: float
    """whole days, both included"""

    def among(self, rows: IntArray, ages: IntArray) -> BoolArray:
        """(k,) whether each of these rows matches, whose ages in whole days are (k,)."""
        found: BoolArray = self.mask[rows] & (ages >= self.youngest) & (ages <= self.oldest)
        return found

    def every(self, ages: IntArray) -> BoolArray:
        """(n,) whether each episode matches; ages are (n,) whole days."""
        found: BoolArray = self.mask & (ages >= self.youngest) & (ages <= self.oldest)
        return found


def matcher(catalog: Catalog, where: Where) -> Matcher:
    """Who is in one of the categories, of one of the series and so on: all that is given."""
    mask = np.ones(len(catalog), np.bool_)
    if where.categories:
        wanted = catalog.categories_named(where.categories)
        inside = np.zeros(len(catalog), np.bool_)
        inside[catalog.rows_in(wanted)] = True
        mask &= inside
    if where.series:
        wanted = catalog.series_index.all(hash_strings(where.series))
        mask &= np.isin(catalog.series, wanted)
    if where.languages:
        tags = {primary_subtag(tag) for tag in where.languages}
        spoken = [i for i, tag in enumerate(catalog.languages) if tag in tags]
        mask &= np.isin(catalog.language, spoken)
    if where.explicit is not None:
        mask &= (catalog.explicit == 1) == where.explicit
    youngest = -np.inf if where.min_age_days is None else where.min_age_days
    oldest = np.inf if where.max_age_days is None else where.max_age_days
    return Matcher(mask, youngest, oldest)


class CompiledRules:
    """Filters, boosts and pins."""

    def __init__(self, catalog: Catalog, rules: Rules) -> None:
        self._filters = [(rule.show, matcher(catalog, rule.where)) for rule in rules.filters]
        self._boosts = [(rule.add, matcher(catalog, rule.where)) for rule in rules.boosts]
        self._pins = {rule.slot: matcher(catalog, rule.where) for rule in rules.pins}

    def masks(self, ages: IntArray) -> dict[str, BoolArray]:
        """By rule, (n,) whom it lets pass. `ages` (n,) are in whole days."""
        return {
            f"rules.filters[{at}]": who.every(ages) if show == "only" else ~who.every(ages)
            for at, (show, who) in enumerate(self._filters)
        }

    @property
    def filters(self) -> bool:
        """Whether any rule keeps somebody out."""
        return bool(self._filters)

    @property
    def boosts(self) -> bool:
        """Whether any rule adds to a score."""
        return bool(self._boosts)

    def boost(self, rows: IntArray, ages: IntArray) -> FloatArray:
        """(k,) what the boosts add to the score of each, all together. `ages` are (k,) too."""
        total = np.zeros(len(rows))
        for add, who in self._boosts:
            total += add * who.among(rows, ages)
        return total

    def to_pin(self, allowed: BoolArray, ages: IntArray, best: IntArray, count: int) -> IntArray:
        """Whom the pins may choose from: of each the `count` of highest quality.

        `best` is all rows in that order.
        """
        found = [best[:0]]
        for who in self._pins.values():
            rows = best[(who.every(ages) & allowed)[best]]
            found.append(rows[:count])
        return np.unique(np.concatenate(found)) if self._pins else best[:0]

    def pinned(self, rows: IntArray, ages: IntArray) -> dict[int, BoolArray]:
        """By slot from 1 on, (k,) which of these rows, of these ages, may be pinned to it."""
        return {slot: who.among(rows, ages) for slot, who in self._pins.items()}
