"""Taxonomy: the categories that a model may choose from, which are those of the catalog."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from feed.model.episode import Episode

MIN_EPISODES = 3
"""episodes that have a category, below which it is rather a tag than one of the taxonomy"""
MAX_MAJOR, MAX_SUB = 40, 120
"""categories of either kind, the most frequent; each is a line of every prompt"""


class Taxonomy(NamedTuple):
    """The categories of a catalog, the most frequent first."""

    major: tuple[str, ...]
    sub: tuple[str, ...]


def learned_taxonomy(episodes: Iterable[Episode]) -> Taxonomy:
    """Returns the categories that `MIN_EPISODES` of these episodes have."""
    major, sub = Counter[str](), Counter[str]()
    for one in episodes:
        if one.categories is not None:
            major.update(set(one.categories.major or ()))
            sub.update(set(one.categories.subcategories or ()))
    return Taxonomy(_frequent(major, MAX_MAJOR), _frequent(sub, MAX_SUB))


def _frequent(counts: Counter[str], most: int) -> tuple[str, ...]:
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return tuple(name for name, count in ordered if count >= MIN_EPISODES)[:most]
