"""The catalog: a struct of arrays that every stage of a request reads; row i is one episode."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import BoolArray, FloatArray, HashArray, IntArray, ranges
from feed.arrays.hash_index import HashIndex
from feed.arrays.hashing import hash_strings
from feed.arrays.strings import Strings
from feed.catalog.cards import Cards
from feed.catalog.insights import Insights
from feed.catalog.projection import Projection
from feed.catalog.signals import Signals
from feed.model.category_names import category_key
from feed.model.stored_index import StoredIndex
from feed.model.stored_texts import StoredTexts, TextKind
from feed.vectors.embeddings import Embeddings

SCORES = ("credibility", "insight", "information", "entertainment")
"""The columns of `Catalog.scores`."""


@dataclass(frozen=True)
class Catalog:
    """Everything known about n episodes, S series, M categories and L languages.

    The builder makes it; it is immutable. Loaded from a snapshot, each array is a read-only view of
    the file's bytes.
    """

    version: str
    """creation time and a hash of the content (`feed.snapshot.codec.content_version`)"""
    created_us: int
    """microseconds since 1970, UTC"""
    model: str
    """name of the embedding model"""

    ids: Strings
    """(n,)"""
    id_index: HashIndex
    """rows by id"""
    id_hashes: npt.NDArray[np.uint64]
    """(n,) hash of each row's id; a cursor refers to episodes by it"""
    content_index: HashIndex
    """rows by content id, for the episodes whose content id differs from their id"""
    cards: Cards
    """JSON object that an app shows for each episode"""

    source_order: npt.NDArray[np.int32]
    """(n,) position of each episode in the builder's input; breaks ties"""
    published_us: npt.NDArray[np.int64]
    """(n,) microseconds since 1970, UTC"""
    scores: npt.NDArray[np.float64]
    """(n, 4) editorial scores 0 to 5 in the order of `SCORES`; NaN where missing"""
    estimated_scores: npt.NDArray[np.float32]
    """(n,) estimate, 0 to 5, that may stand in for a missing credibility or insight; NaN where both
    are known. (0,): there are no estimates"""
    explicit: npt.NDArray[np.uint8]
    """(n,) 1 where the publisher declares explicit content"""
    durations_s: npt.NDArray[np.float32]
    """(n,) length in seconds, NaN where unknown; (0,) of a file without this column: see
    `durations_of`"""

    series: npt.NDArray[np.int32]
    """(n,) series of each episode, -1 for none"""
    series_ids: Strings
    """(S,)"""
    series_names: Strings
    """(S,)"""
    series_index: HashIndex
    """series by id"""

    languages: Strings
    """(L,) primary subtags (BCP 47) in lower case, such as `en`"""
    language: npt.NDArray[np.int32]
    """(n,) language of each episode, -1 where unknown"""

    categories: Strings
    """(M,) names"""
    category_index: HashIndex
    """categories by name"""
    category_major: npt.NDArray[np.uint8]
    """(M,) 1 for a major category, 0 for a subcategory"""
    category_starts: npt.NDArray[np.int64]
    """(n + 1,) episode i has the categories `category_members[starts[i]:starts[i + 1]]`"""
    category_members: npt.NDArray[np.int32]
    """categories of all episodes, one episode after another"""
    inherited_categories: npt.NDArray[np.uint8]
    """(n,) 1 where the builder took the categories from the episode's show; (0,): nowhere"""

    embeddings: Embeddings
    anchors: npt.NDArray[np.float32]
    """(M, D) normalised mean of each category's embeddings; zero where it has none"""
    cosine_scale: npt.NDArray[np.float64]
    """(2,) mean cosine of two episodes and the 99th percentile, in steps of 0.05: how similar
    unrelated and related episodes are in this embedding model; 0 and 1 for too few embeddings"""
    title_hashes: npt.NDArray[np.uint64]
    """(n,) hash of each title without case and punctuation; equal hashes are near-duplicates"""
    signals: Signals
    projection: Projection
    """map of the embeddings on a plane; empty for fewer than three"""
    insights: Insights
    search_index: StoredIndex | None = None
    """the search index beside the snapshot; None where there is none"""
    notes: StoredTexts | None = None
    """the notes beside the snapshot; None where no episode has any"""
    transcripts: StoredTexts | None = None
    """the chapters and transcripts beside the snapshot; None where no episode has any"""

    def __len__(self) -> int:
        return len(self.published_us)

    def texts(self, kind: TextKind) -> StoredTexts | None:
        """The texts of one kind beside the snapshot; None where no episode has any."""
        return self.notes if kind is TextKind.NOTES else self.transcripts

    @property
    def dimension(self) -> int:
        """D, the dimension of the embeddings."""
        return self.embeddings.dimension

    @cached_property
    def is_newest_first(self) -> bool:
        """Whether rows are ordered by publication, newest first, as in a large catalog."""
        return bool((self.published_us[1:] <= self.published_us[:-1]).all())

    @cached_property
    def newest_us(self) -> int:
        """Publication of the newest episode, microseconds since 1970; 0 for an empty catalog."""
        return int(self.published_us.max(initial=0))

    def rows(self, names: list[str] | tuple[str, ...]) -> IntArray:
        """(k,) first row of each id; where no episode has the id, of that content id; else -1."""
        return self.rows_by_hash(hash_strings(names))

    def rows_by_hash(self, hashes: HashArray) -> IntArray:
        """(k,) first row of each id or content id, given (k,) hashes of them; else -1."""
        by_id = self.id_index.first(hashes)
        if not len(self.content_index.hashes):
            return by_id
        return np.where(by_id >= 0, by_id, self.content_index.first(hashes))

    def all_rows(self, names: list[str] | tuple[str, ...]) -> IntArray:
        """Every row whose id or content id is among these, unordered; rows may repeat."""
        return self.all_rows_by_hash(hash_strings(names))

    def all_rows_by_hash(self, hashes: HashArray) -> IntArray:
        """Every row of these hashes of ids or content ids, unordered; rows may repeat."""
        by_id = self.id_index.all(hashes)
        if not len(self.content_index.hashes):
            return by_id
        return np.append(by_id, self.content_index.all(hashes))

    def find_categories(self, names: Sequence[str]) -> IntArray:
        """Categories of these names, ascending, each once; ignores case, and unknown names."""
        found = self.category_index.first(hash_strings(names))
        unknown = [name for name, place in zip(names, found, strict=True) if place < 0]
        by_key = [self._categories_by_key.get(category_key(name), -1) for name in unknown]
        found = np.unique([*found, *by_key])
        return found[found >= 0].astype(np.int64)

    @cached_property
    def _categories_by_key(self) -> dict[str, int]:
        """Categories by `category_key` of their names."""
        return {category_key(name): place for place, name in enumerate(self.categories)}

    def categories_of(self, row: int) -> IntArray:
        """Categories of one episode."""
        return self.category_members[self.category_starts[row] : self.category_starts[row + 1]]

    @cached_property
    def inherits_categories(self) -> BoolArray:
        """(n,) whether each episode's categories are its show's, and not its own."""
        if not len(self.inherited_categories):
            return np.zeros(len(self), np.bool_)
        return self.inherited_categories.astype(np.bool_)

    def membership(self, rows: IntArray, categories: IntArray) -> BoolArray:
        """(k, c) whether each of k rows is in each of c categories, which are sorted."""
        member = np.zeros((len(rows), len(categories)), np.bool_)
        if len(categories):
            starts, ends = self.category_starts[rows], self.category_starts[rows + 1]
            owners = np.repeat(np.arange(len(rows)), ends - starts)
            members = self.category_members[ranges(starts, ends)]
            column = np.minimum(np.searchsorted(categories, members), len(categories) - 1)
            found = categories[column] == members
            member[owners[found], column[found]] = True
        return member

    def rows_in_categories(self, categories: IntArray) -> IntArray:
        """Every row that is in any of these categories, ascending, each once."""
        member = np.flatnonzero(np.isin(self.category_members, categories))
        return np.unique(np.searchsorted(self.category_starts, member, "right") - 1)

    def durations_of(self, rows: IntArray) -> FloatArray:
        """(k,) length of each of these episodes in seconds; NaN where it is unknown or 0.

        A file without the column has them in the cards alone, at some 10 µs each.
        """
        if len(self.durations_s):
            return self.durations_s[rows].astype(np.float64)
        raw = (self.cards.raw(row) for row in rows.tolist())
        known = [msgspec.json.decode(card, type=_CardDuration).duration_s for card in raw]
        return np.array([one or np.nan for one in known], np.float64)

    def title(self, row: int) -> str:
        """Title of an episode, from its card."""
        return msgspec.json.decode(self.cards.raw(row), type=_CardTitle).title


class _CardTitle(msgspec.Struct):
    title: str


class _CardDuration(msgspec.Struct):
    duration_s: float | None = None
