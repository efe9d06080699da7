"""A synthetic dataset as large and complete as real ones, published for a function to serve.

Vectors are clustered by topic, cards have about 800 bytes, and signals come from synthetic users,
so that every stage of a session has work to do.
"""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import numpy as np

from adapters.firestore.users import FirestoreStore
from adapters.folder.shelf import FolderShelf
from adapters.sqlite.users import SqliteStore
from benchmarks.data.users import (
    DAYS,
    DIMENSION,
    EPISODES_PER_SERIES,
    NOW,
    SyntheticUsers,
    episode_id,
)
from benchmarks.harness.measured_function import firestore
from catalog_builder.build import build_catalog
from catalog_builder.publish.publisher import publish
from feed.catalog.catalog import Catalog
from feed.model.engagement import MAX_ENGAGEMENTS, Profile, Summary
from feed.model.episode import Categories, Episode, Scores, Series
from feed.model.timestamps import rfc3339, to_us
from feed.ports.episodes import Vectors
from feed.ports.users import SummaryStore

LISTENERS_AN_EPISODE = 0.2
"""users of 100 choices each, so that an episode is chosen about 20 times"""
NOISE = 0.7
"""standard deviation of the noise around a topic's centre, relative to that of the centres"""
WORDS = (
    *("listener", "story", "science", "market", "city", "river", "music", "history", "question"),
    *("answer", "season", "voice", "method", "evidence", "kitchen", "winter", "signal", "garden"),
    *("memory", "language", "border", "engine", "harvest", "island", "letter", "window", "bridge"),
)


class SyntheticDataset:
    """A catalog with vectors of 256 dimensions and signals, and users with 500 engagements each."""

    def __init__(self, episodes: int, users: int = 100) -> None:
        self.episodes = episodes
        self.users = users
        self._topics = SyntheticUsers(0, episodes).topics

    def items(self) -> list[Episode]:
        """All episodes."""
        return list(self.iter_items())

    def iter_items(self) -> Iterator[Episode]:
        """Generate the episodes one by one."""
        rng = random.Random(0)  # noqa: S311  # made up
        return (self._item(number, rng) for number in range(self.episodes))

    def vectors(self) -> Vectors:
        """The embeddings of the episodes, clustered by topic."""
        rng = np.random.default_rng(0)
        centres = rng.normal(size=(self._topics, DIMENSION)).astype(np.float32)
        noise = rng.normal(size=(self.episodes, DIMENSION)).astype(np.float32)
        matrix = centres[np.arange(self.episodes) % self._topics] + NOISE * noise
        return Vectors(matrix, np.ones(self.episodes, np.bool_), "synthetic")

    def catalog(self) -> Catalog:
        """Build the catalog with signals."""
        every = self.listeners().summaries()
        return build_catalog(self.items(), self.vectors(), NOW, summaries=every)

    def listeners(self) -> SyntheticUsers:
        """The users whose engagements the signals are computed from."""
        users = max(1, int(LISTENERS_AN_EPISODE * self.episodes))
        return SyntheticUsers(users, self.episodes)

    def summaries(self) -> Iterator[tuple[str, Summary]]:
        """Yield each user's id and summary: 500 engagements and a profile with an interest."""
        each = min(MAX_ENGAGEMENTS, self.episodes // 2)
        every = SyntheticUsers(self.users, self.episodes, each=each, seed=1).summaries()
        for number, summary in enumerate(every):
            interests = (f"Topic {number % self._topics}",)
            profile = Profile(category_interests=interests)
            yield uid(number), Summary(engagements=summary.engagements, profile=profile)

    def publish(self, folder: Path) -> dict[str, str]:
        """Publish the catalog to a folder; returns the settings of a function that serves it."""
        shelf = FolderShelf(folder)
        if shelf.current(60) is None:
            publish(shelf, self.catalog(), force=True)
        return {
            "SHELF": str(folder),
            "AUTH": "demo",
            "NOW": rfc3339(to_us(NOW)),
            "CURSOR_KEYS": "a key for cursors that are discarded",
        }

    async def store(self, store: SummaryStore) -> None:
        """Write all summaries to a store."""
        for name, summary in self.summaries():
            await store.write_summary(name, summary, None)

    async def sqlite(self, path: Path) -> dict[str, str]:
        """Write all summaries to a SQLite file; returns the settings of a function."""
        await self.store(SqliteStore(path))
        return {"STORE": str(path)}

    @contextmanager
    def firestore(self) -> Iterator[dict[str, str]]:
        """Run a Firestore emulator with all summaries; yields the settings of a function.

        Raises:
            MissingError: Java or the emulator is not installed.
        """
        with firestore() as settings:
            asyncio.run(self.store(FirestoreStore(settings["FIREBASE_PROJECT"])))
            yield settings

    def _item(self, number: int, rng: random.Random) -> Episode:
        topic = number % self._topics
        series = number // EPISODES_PER_SERIES
        return Episode(
            id=episode_id(number),
            title=" ".join(rng.choices(WORDS, k=7)).capitalize(),
            published_at=NOW - timedelta(hours=number % (DAYS * 24), minutes=1),
            series=Series(id=f"series-{series}", name=f"The {WORDS[series % len(WORDS)]} show"),
            scores=Scores(
                credibility=rng.choice([2.0, 3.0, 4.0]),
                insight=rng.choice([2.0, 3.0, 4.0, 5.0]),
                information=3.0,
            ),
            key_insight=" ".join(rng.choices(WORDS, k=35)).capitalize(),
            categories=Categories(major=[f"Topic {topic}"], subcategories=[f"Part {number % 7}"]),
            image_url=f"https://media.example/images/{number:012}.jpg",
            audio_url=f"https://media.example/audio/{number:012}.mp3",
            duration_s=float(rng.randrange(600, 5400)),
            language="en",
        )


def uid(number: int) -> str:
    """The id of the user with this number."""
    return f"user-{number:06}"
