"""A world to serve: a published catalog as large and as full as real ones, and users who know it.

Vectors gather around topics, cards are about 800 bytes, and a crowd has chosen among the episodes,
so that every part of a session has something to do.
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
from benchmarks.data.users import DAYS, DIMENSION, IN_A_SERIES, NOW, SyntheticUsers, episode_id
from benchmarks.harness.function_process import firestore
from catalog_builder.build import build_catalog
from catalog_builder.publish.publisher import publish
from feed.catalog.catalog import Catalog
from feed.model.engagement import KEPT, Profile, Summary
from feed.model.episode import Categories, Episode, Scores, Series
from feed.model.timestamps import rfc3339, to_us
from feed.ports.episodes import Vectors
from feed.ports.users import SummaryStore

LISTENERS_AN_EPISODE = 0.2
"""of 100 choices each: an episode is chosen about 20 times"""
SPREAD = 0.7
"""length of the noise around a topic's centre, of length 1"""
WORDS = (
    *("listener", "story", "science", "market", "city", "river", "music", "history", "question"),
    *("answer", "season", "voice", "method", "evidence", "kitchen", "winter", "signal", "garden"),
    *("memory", "language", "border", "engine", "harvest", "island", "letter", "window", "bridge"),
)


class SyntheticDataset:
    """A catalog of so many episodes and 256 dimensions, and users with 500 engagements each."""

    def __init__(self, episodes: int, users: int = 100) -> None:
        self.episodes = episodes
        self.users = users
        self._topics = SyntheticUsers(0, episodes).topics

    def items(self) -> list[Episode]:
        """The episodes."""
        return list(self.each_item())

    def each_item(self) -> Iterator[Episode]:
        """The same, made as they are asked for."""
        rng = random.Random(0)  # noqa: S311  # made up
        return (self._item(number, rng) for number in range(self.episodes))

    def vectors(self) -> Vectors:
        """Their embeddings."""
        rng = np.random.default_rng(0)
        centres = rng.normal(size=(self._topics, DIMENSION)).astype(np.float32)
        noise = rng.normal(size=(self.episodes, DIMENSION)).astype(np.float32)
        matrix = centres[np.arange(self.episodes) % self._topics] + SPREAD * noise
        return Vectors(matrix, np.ones(self.episodes, np.bool_), "synthetic")

    def catalog(self) -> Catalog:
        """The catalog, with signals."""
        every = self.listeners().summaries()
        return build_catalog(self.items(), self.vectors(), NOW, summaries=every)

    def listeners(self) -> SyntheticUsers:
        """The users whose choices make the signals."""
        users = max(1, int(LISTENERS_AN_EPISODE * self.episodes))
        return SyntheticUsers(users, self.episodes)

    def summaries(self) -> Iterator[tuple[str, Summary]]:
        """By user: a full summary, and a profile with interests."""
        each = min(KEPT, self.episodes // 2)
        every = SyntheticUsers(self.users, self.episodes, each=each, seed=1).summaries()
        for number, summary in enumerate(every):
            interests = (f"Topic {number % self._topics}",)
            profile = Profile(category_interests=interests)
            yield uid(number), Summary(engagements=summary.engagements, profile=profile)

    def publish(self, folder: Path) -> dict[str, str]:
        """Publish the catalog in a folder. Returns the settings of a function that serves it."""
        shelf = FolderShelf(folder)
        if shelf.current(60) is None:
            publish(shelf, self.catalog(), force=True)
        return {
            "SHELF": str(folder),
            "AUTH": "demo",
            "NOW": rfc3339(to_us(NOW)),
            "CURSOR_KEYS": "signs what nobody keeps",
        }

    async def store(self, store: SummaryStore) -> None:
        """Write every user's summary."""
        for name, summary in self.summaries():
            await store.write_summary(name, summary, None)

    async def sqlite(self, path: Path) -> dict[str, str]:
        """Write them to a file. Returns the settings of a function that reads it."""
        await self.store(SqliteStore(path))
        return {"STORE": str(path)}

    @contextmanager
    def firestore(self) -> Iterator[dict[str, str]]:
        """Write them to an emulator. The settings of a function that reads it.

        Raises `MissingError`.
        """
        with firestore() as settings:
            asyncio.run(self.store(FirestoreStore(settings["FIREBASE_PROJECT"])))
            yield settings

    def _item(self, number: int, rng: random.Random) -> Episode:
        topic = number % self._topics
        series = number // IN_A_SERIES
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
    """A user."""
    return f"user-{number:06}"
