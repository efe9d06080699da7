"""Names: the series, people and topics that a query begins."""

from typing import NamedTuple

from feed.search.index import NAME_KINDS, NameKind, SearchIndex
from feed.search.words import folded_words

MAX_SCANNED = 2_000
"""beginnings that one lookup reads"""


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
    best: dict[int, tuple[bool, int]] = {}
    for at in index.beginnings_from(text)[:MAX_SCANNED]:
        name = int(index.beginning_names[at])
        rank = bool(index.beginning_places[at]), -int(index.name_counts[name])
        best[name] = min(best.get(name, rank), rank)
    found = sorted(best, key=lambda name: (best[name], name))[:count]
    return [
        Name(
            NAME_KINDS[index.name_kinds[name]],
            index.names[name],
            int(index.name_targets[name]),
            int(index.name_counts[name]),
        )
        for name in found
    ]
