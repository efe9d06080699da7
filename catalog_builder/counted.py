"""Counted: how strongly episodes are tied, kept for as long as nobody who chose both changes.

Counting pairs is most of what signals take, and between two builds few users do anything. With each
episode a digest is kept of all choices of all who chose it: where those of either of two episodes
hold, so does what was counted of them; everything else is counted anew. So who deletes their data
vanishes from what was counted, too, and nothing of a user is kept: sums over `min_people` and more,
and digests of as many.

How near one episode is to another depends on the popularity of both as well. So strengths are kept,
of a few more than are wanted, and of the rest a bound: neighbours are chosen anew each time, and an
episode is counted again in full where any of the rest could have come among them. What is chosen is
therefore what counting everything anew would give, to the last bit.
"""

from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from catalog_builder.interactions import Interactions
from catalog_builder.learned import Learned, packed
from catalog_builder.pairs import Floats, Ties
from feed.catalog import Catalog
from feed.columns import BoolArray, HashArray, mixed

NAME = "neighbours"
VERSION = 1
"""of how a digest is made, and what is counted"""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of n episodes and e ties. All numbers are little-endian."""

    made_by: str
    """all that it depends on beside the choices"""
    ids: bytes
    """(n,) uint64, the hash of each episode's id"""
    digests: bytes
    """(n,) uint64; 0 where fewer than `min_people` chose it"""
    popularity: bytes
    """(n,) float64, by which what is near to others is divided; 0 there"""
    beyond: bytes
    """(n,) float64, the most that strength / popularity may be of what is not kept; 0: nothing"""
    counts: bytes
    """(n,) int32, how many ties each has, one after another"""
    rows: bytes
    """(e,) int32, the place of the other"""
    strengths: bytes
    """(e,) float64"""

    def __post_init__(self) -> None:
        count, ties = len(self.ids) // 8, len(self.rows) // 4
        lengths = {"ids": 8, "digests": 8, "popularity": 8, "beyond": 8, "counts": 4}
        of_each = all(len(getattr(self, name)) == size * count for name, size in lengths.items())
        if not of_each or len(self.rows) != 4 * ties or len(self.strengths) != 8 * ties:
            raise ValueError("columns of different lengths")
        counts, rows = np.frombuffer(self.counts, "<i4"), np.frombuffer(self.rows, "<i4")
        if (counts < 0).any() or counts.sum() != ties or ((rows < 0) | (rows >= count)).any():
            raise ValueError("ties of no episode")
        if not all((_floats(one) >= 0).all() for one in (self.popularity, self.beyond)):
            raise ValueError("a popularity that is none")
        if not (_floats(self.strengths) > 0).all():
            raise ValueError("a strength that is none")


@dataclass(frozen=True)
class Counted:
    """Ties of the n episodes of a catalog."""

    ties: Ties
    """`of` is the row"""
    beyond: Floats
    """(n,) the most that strength / popularity may be of what is not among them; 0: nothing"""

    @classmethod
    def nothing(cls, episodes: int) -> "Counted":
        """Nothing is counted, and so nothing is left out."""
        return cls(Ties.none(), np.zeros(episodes))

    def without(self, some: BoolArray) -> "Counted":
        """As if nothing of these (n,) episodes were counted."""
        kept = np.flatnonzero(~some[self.ties.of])
        return Counted(self.ties.at(kept), np.where(some, 0.0, self.beyond))

    def keep(
        self, learned: Learned, made_by: str, ids: HashArray, digests: HashArray, popularity: Floats
    ) -> None:
        """Keep them for the next build; they are in the order of episodes."""
        counts = np.bincount(self.ties.of, minlength=len(ids))
        kept = Kept(
            made_by=made_by,
            ids=packed(ids, "<u8"),
            digests=packed(digests, "<u8"),
            popularity=packed(popularity, "<f8"),
            beyond=packed(self.beyond, "<f8"),
            counts=packed(counts, "<i4"),
            rows=packed(self.ties.rows, "<i4"),
            strengths=packed(self.ties.strengths, "<f8"),
        )
        learned.keep(NAME, kept)


def known(
    learned: Learned, made_by: str, catalog: Catalog, digests: HashArray, popularity: Floats
) -> tuple[BoolArray, Counted]:
    """(n,) which episodes changed, and what was counted of any two that are not both of these.

    `digests` and `popularity` (n,) are those of now, 0 where too few chose an episode.
    """
    changed, found = popularity > 0, Counted.nothing(len(catalog))
    kept = learned.load(NAME, Kept)
    if kept is None or kept.made_by != made_by or not len(catalog):
        return changed, found
    row = catalog.id_index.first(np.frombuffer(kept.ids, "<u8"))
    was, now = _floats(kept.popularity), np.where(row >= 0, popularity[row], 0.0)
    same = (now > 0) & (np.frombuffer(kept.digests, "<u8") == digests[row])
    changed[row[same]] = False
    shared = (now > 0) & (was > 0)
    # What became rarer is nearer than it was. It changed, so those that did have it counted anew.
    nearer = np.where(same, max(1.0, float((was[shared] / now[shared]).max(initial=1.0))), 1.0)
    found.beyond[row[shared]] = (_floats(kept.beyond) * nearer)[shared]
    of = np.repeat(np.arange(len(row)), np.frombuffer(kept.counts, "<i4"))
    others = np.frombuffer(kept.rows, "<i4")
    holds = (same[of] | same[others]) & (now[of] > 0) & (now[others] > 0)
    of, others = row[of[holds]].astype(np.int64), row[others[holds]].astype(np.int32)
    return changed, Counted(Ties(of, others, _floats(kept.strengths)[holds]), found.beyond)


def digests(interactions: Interactions, ids: HashArray, now_minute: int) -> HashArray:
    """(n,) of each episode, all that its pairs depend on: the choices of all who chose it.

    The sum of a hash for each of them, modulo 2**64, so that it does not matter who comes first.
    `ids` (n,) are the hashes of the episodes' ids.
    """
    total = np.zeros(len(ids), np.uint64)
    for part in interactions.parts():
        lengths = np.diff(part.starts)
        minutes = np.minimum(part.minutes, now_minute).astype(np.uint32).astype(np.uint64)
        done = mixed(minutes << np.uint64(32) | part.weights.view(np.uint32), 0)
        place = (np.arange(len(part)) - np.repeat(part.starts[:-1], lengths)).astype(np.uint64)
        choices = mixed(mixed(ids[part.rows] ^ done, 1) + place, 2)
        users = mixed(np.add.reduceat(choices, part.starts[:-1]), 3)
        np.add.at(total, part.rows, np.repeat(users, lengths))
    return total


def _floats(data: bytes) -> npt.NDArray[np.float64]:
    return np.frombuffer(data, "<f8")
