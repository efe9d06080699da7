"""Variants: the terms of an index that a word of a query may stand for, each with a weight."""

import numpy as np

from feed.search.index import SearchIndex, letter_sets

MAX_PREFIXED = 20
"""terms that a word at the end of a query may be completed to"""
MAX_REPAIRS = 3
MAX_COMPARED = 400
"""terms whose distance to a misspelled word is computed"""
SHORTEST_PREFIX = 2
SHORTEST_REPAIRED = 4
LETTERS_PER_TYPO = 5
_COMPLETED = 0.9
_LONGER = 0.6
"""weight of a completion where the word is a term itself"""
_REPAIRED = 0.8


def variants(
    index: SearchIndex, term: str, *, is_last: bool, may_repair: bool = True
) -> dict[int, float]:
    """Terms by position, with the weight of each, 0 to 1.

    That is the term itself; for the last word of a query, which may be unfinished, also what it
    begins; and where neither exists and `may_repair`, the terms nearest to it by `repairs`.
    A single letter of a script without spaces stands for the pairs that it begins.
    """
    found: dict[int, float] = {}
    exact = index.term(term)
    if (is_last and len(term) >= SHORTEST_PREFIX) or (len(term) == 1 and not term.isascii()):
        places = index.terms_from(term)
        frequencies = index.frequencies[places.start : places.stop].astype(np.int64)
        longer = places.start + np.argsort(-frequencies, kind="stable")[:MAX_PREFIXED]
        weight = _COMPLETED if exact is None else _LONGER
        found = dict.fromkeys(longer.tolist(), weight)
    if exact is not None:
        found[exact] = 1.0
    if not found and may_repair:
        found = dict.fromkeys(repairs(index, term), _REPAIRED)
    return found


def repairs(index: SearchIndex, term: str) -> list[int]:
    """The terms with the fewest typos from this one, the most frequent first.

    At most one typo in five letters, and one in a shorter word: a letter that is missing, added or
    replaced, or two that are swapped. The first letter of a word of five letters or fewer is right.
    """
    if len(term) < SHORTEST_REPAIRED:
        return []
    most = max(1, len(term) // LETTERS_PER_TYPO)
    lengths = np.diff(index.terms.offsets)
    differing = np.bitwise_count(index.letters ^ letter_sets([term])[0])
    near = np.abs(lengths - len(term.encode())) <= (most if term.isascii() else 4 * most)
    places = np.flatnonzero(near & (differing <= 2 * most))
    places = places[np.argsort(differing[places], kind="stable")][:MAX_COMPARED]
    first = term[0].encode() if len(term) <= LETTERS_PER_TYPO else b""
    found = [
        (distance(term, index.terms[at], most), -index.frequency(at), at)
        for at in places.tolist()
        if index.terms.raw(at).startswith(first)
    ]
    least = min((one[0] for one in found), default=most + 1)
    kept = sorted(one for one in found if one[0] == least) if least <= most else []
    return [at for _, _, at in kept[:MAX_REPAIRS]]


def distance(one: str, other: str, most: int) -> int:
    """Typos between two words (optimal string alignment); `most` + 1 where there are more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, another in enumerate(other, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != another))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == another:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return last[-1]
