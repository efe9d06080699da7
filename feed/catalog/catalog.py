"""Catalog: the columns that every stage reads. A struct of arrays; row i is one episode."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, HashArray, IntArray, ranges
from feed.arrays.hash_index import HashIndex
from feed.arrays.hashing import hash_strings
from feed.arrays.strings import Strings
from feed.catalog.cards import Cards
from feed.catalog.projection import Projection
from feed.catalog.signals import Signals
from feed.model.category_names import category_key
from feed.vectors.embeddings import Embeddings

SCORES = ("credibility", "insight", "information", "entertainment")
"""The columns of `Catalog.scores`."""


@dataclass(frozen=True)
class Catalog:
    """All that is known of n episodes, S series, M categories and L languages.

    Made by the builder, immutable, and loaded as it lies in the snapshot: every array may be a
    read-only view of one buffer.
    """

    version: str
    created_us: int
    """microseconds since 1970, UTC"""
    model: str
    """name of the embedding model"""

    ids: Strings
    id_index: HashIndex
    id_hashes: npt.NDArray[np.uint64]
    """(n,) hash of each row's id: what a cursor names an episode by"""
    content_index: HashIndex
    """rows by content id, where it differs from the id"""
    cards: Cards
    """what an app shows of each episode: a JSON object, already encoded"""

    source_order: npt.NDArray[np.int32]
    """(n,) the order in which the builder read the episodes: what breaks ties"""
    published_us: npt.NDArray[np.int64]
    """(n,) microseconds since 1970, UTC"""
    scores: npt.NDArray[np.float64]
    """(n, 4) editorial scores 0 to 5 in the order of `SCORES`; NaN where missing"""
    explicit: npt.NDArray[np.uint8]
    """(n,) 1 where the publisher says so"""

    series: npt.NDArray[np.int32]
    """(n,) series of each episode, -1 for none"""
    series_ids: Strings
    series_names: Strings
    series_index: HashIndex
    """by id"""

    languages: Strings
    """primary subtags, lower case"""
    language: npt.NDArray[np.int32]
    """(n,) language of each episode, -1 where it is not known"""

    categories: Strings
    category_index: HashIndex
    category_major: npt.NDArray[np.uint8]
    """(M,) 1 for a major category, 0 for a subcategory"""
    category_starts: npt.NDArray[np.int64]
    """(n + 1,) episode i has the categories `category_members[starts[i]:starts[i + 1]]`"""
    category_members: npt.NDArray[np.int32]

    embeddings: Embeddings
    anchors: npt.NDArray[np.float32]
    """(M, D) normalised mean of the category's embeddings; zero where it has none"""
    cosine_scale: npt.NDArray[np.float64]
    """(2,) the mean cosine of two episodes, and what one pair in a hundred exceeds: what is unlike
    and alike in this embedding model, in steps of 0.05. 0 and 1 where too few are embedded"""
    title_hashes: npt.NDArray[np.uint64]
    """(n,) hash of each title without case and punctuation: who has the same is a near-duplicate"""
    signals: Signals
    projection: Projection
    """where the embeddings are on a map; none where they are fewer than three"""

    def __len__(self) -> int:
        return len(self.published_us)

    @property
    def dimension(self) -> int:
        """D, of the embeddings."""
        return self.embeddings.dimension

    @cached_property
    def is_newest_first(self) -> bool:
        """Whether rows go from the newest to the oldest, as they do in a large catalog."""
        return bool((self.published_us[1:] <= self.published_us[:-1]).all())

    @cached_property
    def newest_us(self) -> int:
        """When the newest episode is published; 0 where there is none."""
        return int(self.published_us.max(initial=0))

    def rows(self, names: list[str] | tuple[str, ...]) -> IntArray:
        """(k,) the row of each id, or else of each content id, or else -1."""
        return self.rows_hashed(hash_strings(names))

    def rows_hashed(self, hashes: HashArray) -> IntArray:
        """The same by the hashes of the names."""
        by_id = self.id_index.first(hashes)
        if not len(self.content_index.hashes):
            return by_id
        return np.where(by_id >= 0, by_id, self.content_index.first(hashes))

    def rows_named(self, names: list[str] | tuple[str, ...]) -> IntArray:
        """Every row whose id or content id is among these, in no order, perhaps more than once."""
        return self.every_row_hashed(hash_strings(names))

    def every_row_hashed(self, hashes: HashArray) -> IntArray:
        """The same by the hashes of the names."""
        by_id = self.id_index.all(hashes)
        if not len(self.content_index.hashes):
            return by_id
        return np.append(by_id, self.content_index.all(hashes))

    def categories_named(self, names: Sequence[str]) -> IntArray:
        """Categories of these names, in any case, each once; what the catalog lacks is left out."""
        found = self.category_index.first(hash_strings(names))
        strange = [name for name, place in zip(names, found, strict=True) if place < 0]
        otherwise = [self._by_key.get(category_key(name), -1) for name in strange]
        found = np.unique([*found, *otherwise])
        return found[found >= 0].astype(np.int64)

    @cached_property
    def _by_key(self) -> dict[str, int]:
        """Categories by what all spellings of their names have in common."""
        return {category_key(name): place for place, name in enumerate(self.categories)}

    def categories_of(self, row: int) -> IntArray:
        """The categories of one episode."""
        return self.category_members[self.category_starts[row] : self.category_starts[row + 1]]

    def membership(self, rows: IntArray, categories: IntArray) -> BoolArray:
        """(k, c) whether each episode is in each of these categories, which are sorted."""
        member = np.zeros((len(rows), len(categories)), np.bool_)
        if len(categories):
            starts, ends = self.category_starts[rows], self.category_starts[rows + 1]
            owners = np.repeat(np.arange(len(rows)), ends - starts)
            theirs = self.category_members[ranges(starts, ends)]
            column = np.minimum(np.searchsorted(categories, theirs), len(categories) - 1)
            found = categories[column] == theirs
            member[owners[found], column[found]] = True
        return member

    def rows_in(self, categories: IntArray) -> IntArray:
        """Every row in any of these categories, sorted, once."""
        member = np.flatnonzero(np.isin(self.category_members, categories))
        return np.unique(np.searchsorted(self.category_starts, member, "right") - 1)

    def title(self, row: int) -> str:
        """The title on the episode's card."""
        return msgspec.json.decode(self.cards.raw(row), type=_Titled).title


class _Titled(msgspec.Struct):
    title: str
