"""Planted interests: made-up listeners who choose among a few categories, and their home pages.

Each listener has two interests, categories of the catalog, and heard a dozen of their episodes,
among them a tenth of anything else. What a home page shows of their interests is counted by shelf.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from feed.arrays.arrays import IntArray
from feed.catalog.catalog import Catalog
from feed.home.assembly import HomeRanker
from feed.home.page import HomePage
from feed.model.engagement import Engagement, Summary
from feed.model.timestamps import DAY_US
from feed.session.request import ListenerRequest, make_query

INTERESTS = 2
HEARD = 12
CHANCE = 0.1
"""share of what a listener heard that is of no interest to them"""
TYPES = ("complete", "complete", "like", "bookmark", "listen")
PERSONAL = ("continue", "followed", "because", "picked", "topics")
"""shelves that are chosen for one listener, by the beginning of their ids"""


@dataclass(frozen=True)
class PlantedListener:
    """A listener with known interests."""

    interests: IntArray
    """(INTERESTS,) categories"""
    summary: Summary


@dataclass
class PlantedShares:
    """How many episodes home pages showed, and how many of them were of a planted interest."""

    shown: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """by shelf"""
    planted: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """by shelf"""

    def share(self, shelves: Sequence[str] | None = None) -> float:
        """The share of planted interests on these shelves, or on all; NaN without any episode."""
        names = list(self.shown) if shelves is None else shelves
        shown = sum(self.shown.get(one, 0) for one in names)
        return sum(self.planted.get(one, 0) for one in names) / shown if shown else float("nan")

    @property
    def personal(self) -> float:
        """The share of planted interests on the shelves that are chosen for one listener."""
        return self.share([one for one in self.shown if one.startswith(PERSONAL)])


def planted_listeners(
    catalog: Catalog, count: int, now_us: int, seed: int = 0
) -> Iterator[PlantedListener]:
    """Yield listeners, deterministically by seed.

    Raises ValueError unless enough major categories have enough episodes.
    """
    rng = np.random.default_rng(seed)
    published = np.flatnonzero(catalog.published_us <= now_us)
    majors = np.flatnonzero(catalog.category_major)
    member = catalog.membership(published, majors)
    large = np.flatnonzero(member.sum(axis=0) >= HEARD)
    if len(large) < INTERESTS:
        raise ValueError(f"expected {INTERESTS} major categories of {HEARD} episodes")
    for _ in range(count):
        chosen = np.sort(rng.choice(large, INTERESTS, replace=False))
        liked = published[member[:, chosen].any(axis=1)]
        rows = rng.choice(liked, HEARD, replace=False)
        by_chance = rng.random(HEARD) < CHANCE
        rows[by_chance] = rng.choice(published, int(by_chance.sum()))
        yield PlantedListener(majors[chosen], _heard(catalog, rows, now_us, rng))


def planted_shares(
    ranker: HomeRanker, listeners: Sequence[PlantedListener], now_us: int
) -> PlantedShares:
    """Make each listener's home page, and count the episodes of all its shelves."""
    found = PlantedShares()
    for listener in listeners:
        query = make_query(ListenerRequest(), listener.summary, seed=0, now_us=now_us)
        for shelf, rows in _episodes(ranker.assemble(query)):
            member = ranker.ranker.catalog.membership(rows, listener.interests).any(axis=1)
            found.shown[shelf] += len(rows)
            found.planted[shelf] += int(member.sum())
    return found


def _episodes(page: HomePage) -> Iterator[tuple[str, IntArray]]:
    """Yield the name of each shelf of episodes, without its number, and its rows."""
    for shelf in page.shelves:
        if not shelf.is_of_series:
            yield shelf.id.partition("-")[0], shelf.shown.rows


def _heard(catalog: Catalog, rows: IntArray, now_us: int, rng: np.random.Generator) -> Summary:
    """The summary of a listener who heard these episodes, one a day, the first one today."""
    types = rng.choice(TYPES, len(rows)).tolist()
    return Summary(
        engagements=tuple(
            Engagement(
                id=f"{place}",
                episode_id=catalog.ids[row],
                type=kind,
                timestamp_us=now_us - place * DAY_US,
                progress=float(rng.uniform(0.3, 1.0)) if kind == "listen" else None,
            )
            for place, (row, kind) in enumerate(zip(rows.tolist(), types, strict=True))
        )
    )
