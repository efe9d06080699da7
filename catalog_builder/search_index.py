"""Builds the search index of a catalog from its cards, and from what is said in its episodes.

Weights are those of BM25F: a term's frequencies in the fields of an episode are divided by the
fields' lengths, weighted and added, then saturated (Robertson, Zaragoza and Taylor, 2004, "Simple
BM25 extension to multiple weighted fields").
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from feed.arrays.strings import Strings
from feed.catalog.catalog import Catalog
from feed.model.card import Card
from feed.search.index import (
    FIELDS,
    MAX_GAP,
    MAX_WEIGHT,
    NAME_KINDS,
    SearchIndex,
    letter_sets,
)
from feed.search.texts import field_texts, people
from feed.search.words import folded_words, terms_of

FIELD_WEIGHTS = np.array([2.0, 1.5, 2.5, 1.0, 0.5])
"""by `FIELDS`, measured with `python -m evaluation search`; the last one is a guess, of words that
are said"""
LENGTH_NORMALIZATION = np.array([0.3, 0.3, 0.3, 0.6, 0.0])
"""b of BM25, by `FIELDS`, and of words that are said"""
SATURATION = 1.5
"""k1 of BM25"""
_TITLE = FIELDS.index("title")
_COLUMNS = (
    *("cards.common", "cards.offsets", "cards.data", "series", "category_members"),
    *("series_names.offsets", "series_names.data", "categories.offsets", "categories.data"),
)
"""what an index is made of"""
_MAX_WORDS = 2_000
"""words of a field that are indexed"""


def build_search_index(catalog: Catalog, spoken: Sequence[str] = ()) -> SearchIndex:
    """Returns the index of all episodes of a catalog; equal catalogs have equal indexes.

    `spoken` has the telling words of each row's transcript; nothing where no episode has one.
    """
    vocabulary: dict[str, int] = {}
    terms, rows, fields, counts = array("i"), array("i"), array("b"), array("H")
    lengths = np.zeros((len(catalog), len(FIELD_WEIGHTS)))
    durations_s = np.full(len(catalog), np.nan, np.float32)
    persons: Counter[str] = Counter()
    for row in range(len(catalog)):
        card = msgspec.json.decode(catalog.cards.raw(row), type=Card)
        persons.update(people(card))
        if card.duration_s is not msgspec.UNSET:
            durations_s[row] = card.duration_s
        for field, text in enumerate((*field_texts(card), spoken[row] if spoken else "")):
            found = terms_of(text)[:_MAX_WORDS]
            lengths[row, field] = len(found)
            frequencies = Counter(found)
            terms.extend([vocabulary.setdefault(term, len(vocabulary)) for term in frequencies])
            rows.extend([row] * len(frequencies))
            fields.extend([field] * len(frequencies))
            counts.extend(frequencies.values())
    ordered = sorted(vocabulary, key=str.encode)
    position = np.empty(len(vocabulary), np.int64)
    position[[vocabulary[term] for term in ordered]] = np.arange(len(ordered))
    postings = _postings(
        position[np.frombuffer(terms, np.int32)] if ordered else np.zeros(0, np.int64),
        np.frombuffer(rows, np.int32),
        np.frombuffer(fields, np.int8),
        np.frombuffer(counts, np.uint16),
        lengths,
    )
    return SearchIndex(
        terms=Strings.of(ordered),
        letters=letter_sets(ordered),
        **_encoded(*postings, len(ordered)),
        durations_s=durations_s,
        **_names(catalog, persons),
    )


def is_index_of_both(one: Catalog, other: Catalog) -> bool:
    """Whether all that an index is made of is the same in two catalogs."""
    return one.transcripts == other.transcripts and all(
        np.array_equal(attrgetter(column)(one), attrgetter(column)(other)) for column in _COLUMNS
    )


def _postings(
    terms: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int32],
    fields: npt.NDArray[np.int8],
    counts: npt.NDArray[np.uint16],
    lengths: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """(p,) term, row and weight of each posting, as in the index, sorted by term and row.

    Takes the frequency of a term in one field of an episode, as four parallel columns, and the
    (n, fields) lengths of all fields.
    """
    means = np.maximum(lengths.mean(axis=0), 1.0) if len(lengths) else np.ones(len(FIELD_WEIGHTS))
    relative = lengths[rows, fields] / means[fields]
    b = LENGTH_NORMALIZATION[fields]
    frequency = FIELD_WEIGHTS[fields] * counts / (1 - b + b * relative)
    keys = terms * max(1, len(lengths)) + rows
    order = np.argsort(keys, kind="stable")
    first = np.unique(keys[order], return_index=True)[1]
    summed = np.add.reduceat(frequency[order], first) if len(first) else frequency
    weights = np.ceil(MAX_WEIGHT * summed / (summed + SATURATION)).astype(np.uint8)
    chosen = order[first]
    # Fields are read in order, so the first one of a term is its title, if the title holds it.
    return terms[chosen], rows[chosen], 2 * weights + (fields[chosen] == _TITLE)


def _encoded(
    terms: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int32],
    weights: npt.NDArray[np.uint8],
    count: int,
) -> dict[str, Any]:
    """The columns of an index that hold the postings of `count` terms."""
    begins = np.searchsorted(terms, np.arange(count))
    gaps = np.diff(rows, prepend=0).astype(np.int64)
    gaps[begins] = 0
    # A gap that is too large is bridged by postings without weight.
    bridges = np.maximum(gaps - 1, 0) // MAX_GAP
    ends = np.cumsum(bridges + 1)
    stored = np.full(int(ends[-1]) if len(ends) else 0, MAX_GAP, np.uint16)
    stored[ends - 1] = gaps - bridges * MAX_GAP
    all_weights = np.zeros(len(stored), np.uint8)
    all_weights[ends - 1] = weights
    starts = np.append(0, ends)[np.append(begins, len(terms))]
    return {
        "frequencies": np.diff(np.append(begins, len(terms))).astype(np.uint32),
        "first_rows": rows[begins].astype(np.int32),
        "starts": starts.astype(np.uint32),
        "gaps": stored,
        "weights": all_weights,
    }


def _names(catalog: Catalog, persons: Counter[str]) -> dict[str, Any]:
    """The columns of an index that hold names."""
    found = sorted([*_catalog_names(catalog), *_named(persons)])
    beginnings = []
    for place, (_, _, name, _) in enumerate(found):
        words = folded_words(name)
        beginnings += [(" ".join(words[at:]).encode(), place, at) for at in range(len(words))]
    beginnings.sort()
    return {
        "names": Strings.of(name for _, _, name, _ in found),
        "name_kinds": np.array([kind for kind, _, _, _ in found], np.uint8),
        "name_targets": np.array([target for _, target, _, _ in found], np.int32),
        "name_counts": np.array([count for _, _, _, count in found], np.int32),
        "beginnings": Strings.of_bytes(text for text, _, _ in beginnings),
        "beginning_names": np.array([name for _, name, _ in beginnings], np.int32),
        "beginning_places": np.array([min(at, 255) for _, _, at in beginnings], np.uint8),
    }


def _catalog_names(catalog: Catalog) -> Iterator[tuple[int, int, str, int]]:
    """Yields kind, target, name and number of episodes of each series and category."""
    series = np.bincount(catalog.series[catalog.series >= 0], minlength=len(catalog.series_ids))
    topics = np.bincount(catalog.category_members, minlength=len(catalog.categories))
    for target, (name, count) in enumerate(zip(catalog.series_names, series, strict=True)):
        yield NAME_KINDS.index("series"), target, name, int(count)
    for target, (name, count) in enumerate(zip(catalog.categories, topics, strict=True)):
        yield NAME_KINDS.index("topic"), target, name, int(count)


def _named(persons: Counter[str]) -> Iterable[tuple[int, int, str, int]]:
    kind = NAME_KINDS.index("person")
    return ((kind, -1, name, count) for name, count in persons.items())
