"""Ports through which the builder reads episodes and their embeddings."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from feed.model.episode import Episode


class SourceRecord(NamedTuple):
    """An episode as a source delivers it: its fields, not yet validated."""

    where: str
    """for reports, such as a file and line"""
    fields: Mapping[str, Any]
    feed: str = ""
    """address of the episode's feed, where a source reads several"""
    guid: str = ""
    """the episode's id within that feed"""
    notes_digest: str = ""
    """of notes that the source gave to a `NotesKeeper` by itself; otherwise they are the field
    `notes`"""


class SourceProblem(NamedTuple):
    """Something in a source that could not be read as an episode, or only with a repair."""

    where: str
    """for reports, such as a file and line"""
    reason: str
    whole_source: bool = False
    """whether it concerns a whole feed; not counted among the bad episodes"""
    feed: str = ""
    """address of the feed, where a source reads several"""
    is_note: bool = False
    """whether the episode was read after all; `reason` says what was repaired, and nothing counts
    it"""


class NotesKeeper(Protocol):
    """Keeps the full notes of episodes for a build, apart from their other fields.

    So no source, and no build, holds all notes in memory.
    """

    def keep(self, notes: str) -> str:
        """Keep the notes of an episode; returns their digest, by which they are found again."""

    def on_missing(self, read_again: Callable[[Collection[str]], None]) -> None:
        """Name what gives the notes of some digests to `keep` once more.

        It is called at most once, if a build needs notes that are neither kept nor published.
        """


class EpisodeSource(Protocol):
    """A source of episodes, such as a file, a database or podcast feeds."""

    def read(self) -> Iterator[SourceRecord | SourceProblem]:
        """Yield all records in the order of the source; the same input gives the same records.

        A bad record or feed becomes a `SourceProblem` and stops nothing. Raises `Unavailable` when
        nothing at all can be read.
        """


@dataclass(frozen=True)
class Vectors:
    """Embeddings of a list of episodes, one row for each."""

    matrix: np.ndarray
    """(episodes, dimension) float32, zero for an episode without an embedding"""
    present: np.ndarray
    """(episodes,) bool, whether each has an embedding"""
    model: str
    """name of the embedding model, for the snapshot's header"""


class VectorStore(Protocol):
    """A source of embeddings of episodes."""

    def vectors(self, episodes: Sequence[Episode]) -> Vectors:
        """Embeddings of some episodes, in their order. Raises `Unavailable`."""
