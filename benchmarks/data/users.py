"""A synthetic crowd: a catalog of topics, and summaries of users who each keep to a few of them.

Popularity is skewed: the episode of rank r within its topic is chosen as often as (r + 10)^-0.9.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np

from catalog_builder.build import build_catalog
from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement, EngagementType, Summary
from feed.model.episode import Categories, Episode, Series
from feed.model.timestamps import DAY_US, to_us
from feed.ports.episodes import Vectors
from feed.summary.document import from_document, to_document

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 365
IN_A_TOPIC = 250
IN_A_SERIES = 25
DIMENSION = 256
TOPICS_EACH = 3
FAITHFUL = 0.8
"""the share of a user's choices that is of their topics"""
HEARD_OF = 0.95
"""the share of a topic's episodes that anybody has chosen yet"""
USERS_AT_ONCE = 500
DRAWN = 4
"""times as many as wanted, since some are drawn twice"""
KINDS: dict[EngagementType, float] = {
    "click": 0.25,
    "listen": 0.4,
    "complete": 0.2,
    "bookmark": 0.06,
    "like": 0.05,
    "share": 0.02,
    "not_interested": 0.02,
}
"""how often each is"""


@dataclass
class SyntheticUsers:
    """Users with so many engagements each, with as many different episodes."""

    users: int
    episodes: int
    each: int = 100
    seed: int = 0
    making_s: float = field(default=0.0, init=False)
    making_cpu_s: float = field(default=0.0, init=False)
    """what it took to make them, up to now: no part of a build"""

    @property
    def topics(self) -> int:
        """How many topics the episodes are of."""
        return max(1, self.episodes // IN_A_TOPIC)

    def catalog(self) -> Catalog:
        """The catalog, without signals."""
        rng = np.random.default_rng(self.seed)
        episodes = [
            Episode(
                id=episode_id(number),
                title=f"Episode {number}",
                published_at=NOW - timedelta(hours=number % (DAYS * 24)),
                series=Series(id=f"series-{number // IN_A_SERIES}"),
                categories=Categories(major=[f"Topic {number % self.topics}"]),
            )
            for number in range(self.episodes)
        ]
        matrix = rng.normal(size=(self.episodes, DIMENSION)).astype(np.float32)
        vectors = Vectors(matrix, np.ones(self.episodes, np.bool_), "synthetic")
        return build_catalog(episodes, vectors, NOW)

    def summaries(self) -> Iterator[Summary]:
        """Every user's, read from its document as an archive does, some users at a time."""
        documents = self._documents()
        while True:
            began, began_cpu = time.perf_counter(), time.process_time()
            some = next(documents, None)
            self.making_s += time.perf_counter() - began
            self.making_cpu_s += time.process_time() - began_cpu
            if some is None:
                return
            for document in some:
                yield from_document(msgspec.msgpack.decode(document))

    def _documents(self) -> Iterator[list[bytes]]:
        rng = np.random.default_rng(self.seed + 1)
        heard_of = int(HEARD_OF * (self.episodes // self.topics))
        ranks = (np.arange(heard_of) + 10.0) ** -0.9
        popular = np.cumsum(ranks) / ranks.sum()
        for first in range(0, self.users, USERS_AT_ONCE):
            shape = min(USERS_AT_ONCE, self.users - first), DRAWN * self.each
            theirs = rng.integers(self.topics, size=(shape[0], TOPICS_EACH))
            topic = np.take_along_axis(theirs, rng.integers(TOPICS_EACH, size=shape), axis=1)
            stray = rng.random(shape) > FAITHFUL
            topic[stray] = rng.integers(self.topics, size=stray.sum())
            drawn = np.searchsorted(popular, rng.random(shape)) * self.topics + topic
            ages = np.sort(rng.integers(DAYS * DAY_US, size=(shape[0], self.each)), axis=1)
            kinds = rng.choice(len(KINDS), size=ages.shape, p=list(KINDS.values()))
            heard = rng.random(ages.shape)
            columns = (drawn, ages, kinds, heard)
            every = zip(*(column.tolist() for column in columns), strict=True)
            yield [self._document(first + n, *one) for n, one in enumerate(every)]

    def _document(
        self, user: int, drawn: list[int], ages: list[int], kinds: list[int], heard: list[float]
    ) -> bytes:
        different = dict.fromkeys(drawn)
        if len(different) < self.each:
            different |= dict.fromkeys(range(self.episodes))
        chosen = list(different)[: self.each]
        engagements = tuple(
            Engagement(
                id=f"{user:010}-{number:09}",
                episode_id=episode_id(episode),
                type=_NAMES[kind],
                timestamp_us=_NOW_US - age_us,
                progress=progress if _NAMES[kind] == "listen" else None,
            )
            for number, (episode, age_us, kind, progress) in enumerate(
                zip(chosen, ages, kinds, heard, strict=False)
            )
        )
        return msgspec.msgpack.encode(to_document(Summary(engagements=engagements)))


_NOW_US = to_us(NOW)
_NAMES = tuple(KINDS)


def episode_id(number: int) -> str:
    """The id of an episode."""
    return f"episode-{number:012}"
