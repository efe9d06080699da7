"""The ports through which the builder reads episodes and their embeddings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from feed.model.episode import Episode


class SourceRecord(NamedTuple):
    """One raw episode: its fields, unvalidated, and where it was read (for reports)."""

    where: str
    fields: Mapping[str, Any]
    feed: str = ""
    """address of the feed that it is from, where a source reads several"""
    guid: str = ""
    """what that feed calls it; another feed may mean another episode by it"""


class SourceProblem(NamedTuple):
    """Something that could not be read as an episode: where it is and what is wrong with it."""

    where: str
    reason: str
    whole_source: bool = False
    """a feed, say, rather than one episode: reported, but not counted among the bad episodes"""
    feed: str = ""
    """address of the feed that it is from, where a source reads several"""
    is_note: bool = False
    """it was read after all, and this is what was done about it: reported, counted nowhere"""


class EpisodeSource(Protocol):
    """Where episodes come from."""

    def read(self) -> Iterator[SourceRecord | SourceProblem]:
        """Yield every record in source order; the same input yields the same records.

        A bad record or feed becomes a `SourceProblem` and stops nothing. Raises `Unavailable` when
        nothing at all can be read.
        """
        ...


@dataclass(frozen=True)
class Vectors:
    """Embeddings of a list of episodes, row by row."""

    matrix: np.ndarray
    """(episodes, dimension) float32; rows without an embedding are zero."""
    present: np.ndarray
    """(episodes,) bool: which rows have one."""
    model: str
    """Name of the embedding model, for the snapshot's header."""


class VectorStore(Protocol):
    """Where embeddings come from."""

    def vectors(self, episodes: Sequence[Episode]) -> Vectors:
        """Embeddings of these episodes, in their order. Raises `Unavailable`."""
        ...
