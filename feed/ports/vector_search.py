"""The port of a search over vectors that no snapshot holds, which a session asks.

As in `feed/ports/errors.py`, an adapter translates its vendor's errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

MAX_MATCHES = 10_000
"""how many matches one search gives"""
MAX_EXCLUDED = 10_000
"""how many episodes one search can be told to leave out"""


class Match(NamedTuple):
    """An episode that a search found."""

    episode_id: str
    score: float
    """cosine"""


@dataclass(frozen=True)
class SearchFilter:
    """Who a search need not bring. It may bring them, but must not hide anybody else.

    So an episode of which the store does not know what is restricted here passes.
    """

    min_credibility: float = 0.0
    min_combined: float = 0.0
    """credibility + insight"""
    published_from_s: int | None = None
    """seconds since 1970, UTC"""
    excluded_ids: tuple[str, ...] = ()
    """at most `MAX_EXCLUDED`"""


class VectorSearch(Protocol):
    """A store of episodes' vectors that can be searched. Every call may raise `Unavailable`."""

    async def vectors(self, ids: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
        """The vectors, (D,) each, of those of these episodes that it has."""
        ...

    async def search(
        self, near: npt.NDArray[np.float32] | str, count: int, restriction: SearchFilter
    ) -> list[Match]:
        """The `count` episodes most similar to a vector, or to an episode by its id.

        `count` is 1 to `MAX_MATCHES`. An episode that it does not have is similar to none.
        """
        ...

    async def check(self, dimension: int) -> None:
        """Raise `Unavailable` unless it answers, with cosines between vectors of this dimension."""
        ...
