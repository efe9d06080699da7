"""Port of an external vector search, for catalogs whose snapshot holds no vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

MAX_MATCHES = 10_000
"""most matches of one search"""
MAX_EXCLUDED = 10_000
"""most episodes that one search can exclude"""


class Match(NamedTuple):
    """An episode that a search found, and its similarity to the query."""

    episode_id: str
    score: float
    """cosine"""


@dataclass(frozen=True)
class SearchFilter:
    """Conditions on the episodes that a search returns.

    A store may ignore them, and returns episodes for which it does not know a value: the caller
    filters again.
    """

    min_credibility: float = 0.0
    min_combined: float = 0.0
    """credibility + insight"""
    published_from_s: int | None = None
    """seconds since 1970, UTC"""
    excluded_ids: tuple[str, ...] = ()
    """at most `MAX_EXCLUDED`"""


class VectorSearch(Protocol):
    """A searchable store of episodes' vectors. Every call may raise `Unavailable`."""

    async def vectors(self, ids: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
        """Vectors, (D,) each, by episode id, without the episodes that the store lacks."""

    async def search(
        self, query: npt.NDArray[np.float32] | str, count: int, search_filter: SearchFilter
    ) -> list[Match]:
        """The `count` episodes most similar to a (D,) vector, or to an episode given by its id.

        `count` is 1 to `MAX_MATCHES`. For an episode that the store lacks there are no matches.
        """

    async def check(self, dimension: int) -> None:
        """Raise `Unavailable` unless the store answers, with cosines of this dimension."""
