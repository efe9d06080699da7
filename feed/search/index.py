"""The search index: which episodes hold which terms, and the names that a query may begin."""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray
from feed.arrays.strings import Strings
from feed.search.words import folded_words

Field = Literal["title", "series", "names", "text"]
FIELDS: tuple[Field, ...] = ("title", "series", "names", "text")
"""What of an episode is searched: `names` are people, entities and categories, `text` is the
insight, or else the description."""
NameKind = Literal["series", "person", "topic"]
NAME_KINDS: tuple[NameKind, ...] = ("series", "person", "topic")
_LETTERS = 32
_HEAD_END = re.compile(r"[:|\u2013\u2014]| - | (?:with|by|from) ", re.IGNORECASE)
_ABBREVIATION = re.compile(r"\((\w+)\)")
MAX_WEIGHT = 127
MAX_GAP = 65_535


class SeriesName(NamedTuple):
    """The name of a series, in folded words without an article before them."""

    series: int
    words: tuple[str, ...]
    head: tuple[str, ...]
    """the words before a colon, a dash, a bar, "with", "by" or "from", if there is one"""


@dataclass(frozen=True)
class SearchIndex:
    """Terms and names of n episodes. Loaded from a file, each array is a view of its bytes."""

    terms: Strings
    """(t,) sorted by their bytes in UTF-8"""
    letters: npt.NDArray[np.uint32]
    """(t,) `letter_sets` of the terms"""
    frequencies: npt.NDArray[np.uint32]
    """(t,) in how many episodes each term is"""
    first_rows: npt.NDArray[np.int32]
    """(t,) first of these catalog rows"""
    starts: npt.NDArray[np.uint32]
    """(t + 1,) term i has the postings `starts[i]:starts[i + 1]`"""
    gaps: npt.NDArray[np.uint16]
    """of all postings, one term after another: catalog rows since the one before; 0 for the first.
    A gap of more than 65,535 is several postings, all but the last without weight"""
    weights: npt.NDArray[np.uint8]
    """for each posting twice `MAX_WEIGHT` times the saturated term frequency of BM25F, 0 to 1; plus
    1 where the title holds the term"""
    durations_s: npt.NDArray[np.float32]
    """(n,) length of each episode; NaN where unknown"""
    names: Strings
    """(m,) series, people and topics"""
    name_kinds: npt.NDArray[np.uint8]
    """(m,) index in `NAME_KINDS`"""
    name_targets: npt.NDArray[np.int32]
    """(m,) series or category of the catalog; -1 for a person"""
    name_counts: npt.NDArray[np.int32]
    """(m,) number of episodes"""
    beginnings: Strings
    """folded names from each of their words on, sorted by their bytes"""
    beginning_names: npt.NDArray[np.int32]
    """name of each beginning"""
    beginning_places: npt.NDArray[np.uint8]
    """how many words of the name come before each beginning"""

    @cached_property
    def series_by_word(self) -> dict[str, list[SeriesName]]:
        """The names of series by their first word and by their abbreviation in parentheses."""
        found: dict[str, list[SeriesName]] = {}
        for place in np.flatnonzero(self.name_kinds == NAME_KINDS.index("series")).tolist():
            name = self.names[place]
            words = folded_words(name)
            words = words[words[:1] == ["the"] :]
            head = folded_words(_HEAD_END.split(name)[0])
            head = head[head[:1] == ["the"] :]
            series = SeriesName(int(self.name_targets[place]), tuple(words), tuple(head))
            for first in {*words[:1], *folded_words(" ".join(_ABBREVIATION.findall(name)))}:
                found.setdefault(first, []).append(series)
        return found

    def term(self, term: str) -> int | None:
        """Position of a term, or None."""
        sought = term.encode()
        at = _first_from(self.terms, sought)
        return at if at < len(self.terms) and self.terms.raw(at) == sought else None

    def terms_from(self, prefix: str) -> range:
        """Positions of the terms that begin so."""
        return _beginning_with(self.terms, prefix)

    def beginnings_from(self, prefix: str) -> range:
        """Positions in `beginnings` of those that begin so."""
        return _beginning_with(self.beginnings, prefix)

    def frequency(self, term: int) -> int:
        """In how many episodes a term is."""
        return int(self.frequencies[term])

    def rows(self, term: int, most: int | None = None) -> npt.NDArray[np.int64]:
        """Catalog rows of the (first) postings of a term, ascending, those without weight, too."""
        found = np.cumsum(self.gaps[self._postings(term, most)], dtype=np.int64)
        found += self.first_rows[term]
        return found

    def episodes(self, term: int) -> npt.NDArray[np.int64]:
        """Catalog rows of the episodes with a term, ascending."""
        return self.rows(term)[self.weights[self._postings(term)] > 0]

    def shares(self, term: int) -> npt.NDArray[np.float32]:
        """The saturated term frequency, 0 to 1, of each posting of a term."""
        shares = (self.weights[self._postings(term)] >> 1).astype(np.float32)
        shares /= MAX_WEIGHT
        return shares

    def in_titles(self, term: int, most: int | None = None) -> BoolArray:
        """Whether the title holds a term, for each of its (first) postings."""
        return (self.weights[self._postings(term, most)] & 1).astype(np.bool_)

    def _postings(self, term: int, most: int | None = None) -> slice:
        start, end = int(self.starts[term]), int(self.starts[term + 1])
        return slice(start, end if most is None else min(end, start + most))


def letter_sets(terms: Iterable[str]) -> npt.NDArray[np.uint32]:
    """(t,) for each term the set of its letters as 32 bits, of which similar terms share most."""
    sets = (sum(1 << letter for letter in {ord(one) % _LETTERS for one in term}) for term in terms)
    return np.fromiter(sets, np.uint32)


def _beginning_with(strings: Strings, prefix: str) -> range:
    sought = prefix.encode()
    return range(_first_from(strings, sought), _first_from(strings, sought + b"\xff"))


def _first_from(strings: Strings, sought: bytes) -> int:
    return bisect_left(range(len(strings)), sought, key=strings.raw)
