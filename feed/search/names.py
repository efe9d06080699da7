"""Names: the series, people and topics that a query begins."""

from typing import NamedTuple

import numpy as np

from feed.search.index import NAME_KINDS, NameKind, SearchIndex
from feed.search.words import folded_words


class Name(NamedTuple):
    """A series, person or topic of a catalog."""

    kind: NameKind
    name: str
    target: int
    """series or category of the catalog; -1 for a person"""
    episodes: int


def matching_names(index: SearchIndex, query: str, count: int) -> list[Name]:
    """Up to `count` names in which the query begins a word, those with it at the front first.

    Among equals the name with more episodes comes first.
    """
    text = " ".join(folded_words(query))
    if not text:
        return []
    places = index.beginnings_from(text)
    span = slice(places.start, places.stop)
    names = index.beginning_names[span]
    is_inside = index.beginning_places[span] > 0
    order = np.lexsort((names, -index.name_counts[names], is_inside))
    found = list(dict.fromkeys(names[order].tolist()))[:count]
    return [
        Name(
            NAME_KINDS[index.name_kinds[name]],
            index.names[name],
            int(index.name_targets[name]),
            int(index.name_counts[name]),
        )
        for name in found
    ]
