"""Synthetic users: a catalog of topics, and summaries of users that each prefer a few of them.

Popularity is skewed: the episode of rank r within its topic is chosen with weight (r + 10)^-0.9.
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
EPISODES_PER_TOPIC = 250
EPISODES_PER_SERIES = 25
DIMENSION = 256
TOPICS_PER_USER = 3
TOPIC_SHARE = 0.8
"""share of a user's choices that belong to their topics"""
CHOSEN_SHARE = 0.95
"""share of a topic's episodes that any user has chosen"""
USERS_PER_BATCH = 500
OVERSAMPLING = 4
"""drawn choices per wanted one, since some are drawn twice"""
TYPE_SHARES: dict[EngagementType, float] = {
    "click": 0.25,
    "listen": 0.4,
    "complete": 0.2,
    "bookmark": 0.06,
    "like": 0.05,
    "share": 0.02,
    "not_interested": 0.02,
}
"""by type: its share of the engagements"""


@dataclass
class SyntheticUsers:
    """A catalog, and summaries of users that each engage with `each` distinct episodes."""

    users: int
    episodes: int
    each: int = 100
    seed: int = 0
    generation_s: float = field(default=0.0, init=False)
    """time of generating summaries so far, which is no part of a build"""
    generation_cpu_s: float = field(default=0.0, init=False)
    """processor time of generating summaries so far, which is no part of a build"""

    @property
    def topics(self) -> int:
        """The number of topics."""
        return max(1, self.episodes // EPISODES_PER_TOPIC)

    def catalog(self) -> Catalog:
        """Build the catalog of the episodes, without signals."""
        rng = np.random.default_rng(self.seed)
        episodes = [
            Episode(
                id=episode_id(number),
                title=f"Episode {number}",
                published_at=NOW - timedelta(hours=number % (DAYS * 24)),
                series=Series(id=f"series-{number // EPISODES_PER_SERIES}"),
                categories=Categories(major=[f"Topic {number % self.topics}"]),
            )
            for number in range(self.episodes)
        ]
        matrix = rng.normal(size=(self.episodes, DIMENSION)).astype(np.float32)
        vectors = Vectors(matrix, np.ones(self.episodes, np.bool_), "synthetic")
        return build_catalog(episodes, vectors, NOW)

    def summaries(self) -> Iterator[Summary]:
        """Yield each user's summary, decoded from a document as an archive does, in batches."""
        documents = self._documents()
        while True:
            began, began_cpu = time.perf_counter(), time.process_time()
            batch = next(documents, None)
            self.generation_s += time.perf_counter() - began
            self.generation_cpu_s += time.process_time() - began_cpu
            if batch is None:
                return
            for document in batch:
                yield from_document(msgspec.msgpack.decode(document))

    def changed_since(self, us: int) -> Iterator[Summary]:  # noqa: ARG002 - as if all changed
        """Yield each user's summary."""
        return self.summaries()

    def _documents(self) -> Iterator[list[bytes]]:
        rng = np.random.default_rng(self.seed + 1)
        chosen = int(CHOSEN_SHARE * (self.episodes // self.topics))
        ranks = (np.arange(chosen) + 10.0) ** -0.9
        popular = np.cumsum(ranks) / ranks.sum()
        for first in range(0, self.users, USERS_PER_BATCH):
            shape = min(USERS_PER_BATCH, self.users - first), OVERSAMPLING * self.each
            topics = rng.integers(self.topics, size=(shape[0], TOPICS_PER_USER))
            topic = np.take_along_axis(topics, rng.integers(TOPICS_PER_USER, size=shape), axis=1)
            off_topic = rng.random(shape) > TOPIC_SHARE
            topic[off_topic] = rng.integers(self.topics, size=off_topic.sum())
            drawn = np.searchsorted(popular, rng.random(shape)) * self.topics + topic
            ages = np.sort(rng.integers(DAYS * DAY_US, size=(shape[0], self.each)), axis=1)
            types = rng.choice(len(TYPE_SHARES), size=ages.shape, p=list(TYPE_SHARES.values()))
            progress = rng.random(ages.shape)
            columns = (drawn, ages, types, progress)
            every = zip(*(column.tolist() for column in columns), strict=True)
            yield [self._document(first + n, *one) for n, one in enumerate(every)]

    def _document(
        self, user: int, drawn: list[int], ages: list[int], types: list[int], progress: list[float]
    ) -> bytes:
        different = dict.fromkeys(drawn)
        if len(different) < self.each:
            different |= dict.fromkeys(range(self.episodes))
        distinct = list(different)[: self.each]
        engagements = tuple(
            Engagement(
                id=f"{user:010}-{number:09}",
                episode_id=episode_id(episode),
                type=_NAMES[type_code],
                timestamp_us=_NOW_US - age_us,
                progress=share if _NAMES[type_code] == "listen" else None,
            )
            for number, (episode, age_us, type_code, share) in enumerate(
                zip(distinct, ages, types, progress, strict=False)
            )
        )
        return msgspec.msgpack.encode(to_document(Summary(engagements=engagements)))


_NOW_US = to_us(NOW)
_NAMES = tuple(TYPE_SHARES)


def episode_id(number: int) -> str:
    """The id of the episode with this number."""
    return f"episode-{number:012}"
