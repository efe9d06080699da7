"""Small generated catalogs for tests, with missing scores, series, categories and languages."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from adapters.folder.shelf import FolderShelf
from catalog_builder.build import build_catalog
from catalog_builder.publish.publisher import publish
from feed.catalog.catalog import Catalog
from feed.model.episode import Episode
from feed.ports.episodes import Vectors

NOW = datetime(2026, 2, 6, tzinfo=UTC)
TOPICS = ("Astronomy", "Bread", "Chess", "Dance", "Economics", "Forests")
DIMENSION = 16


def fields(number: int, rng: random.Random) -> dict[str, Any]:
    """One episode: most complete, some without scores, series, category or language."""
    topic = rng.choice(TOPICS)
    age = timedelta(days=rng.expovariate(1 / 60), seconds=rng.randrange(86_400))
    made: dict[str, Any] = {
        "id": f"episode-{number}",
        "title": f"{topic} number {number}",
        "published_at": (NOW - age).isoformat(),
        "content_id": f"content-{number}",
        "key_insight": f"Something about {topic}.",
        "scores": {
            name: rng.choice([None, 1, 2, 2.5, 3, 4, 5])
            for name in ("credibility", "insight", "information", "entertainment")
        },
    }
    if rng.random() < 0.95:
        series = f"series-{topic}-{rng.randrange(6)}"
        made["series"] = {"id": series, "name": series.title()}
    if rng.random() < 0.8:
        made["categories"] = {"major": [topic], "subcategories": [f"{topic} {rng.randrange(3)}"]}
    if rng.random() < 0.7:
        made["language"] = rng.choice(["en", "en-GB", "de"])
    return made


def episodes(count: int, seed: int = 0) -> list[Episode]:
    """Valid episodes, the same for the same seed."""
    rng = random.Random(seed)
    return [msgspec.convert(fields(number, rng), Episode) for number in range(count)]


def vectors_of(episodes: Sequence[Episode], seed: int = 0) -> Vectors:
    """Embeddings that group by topic; one in twenty episodes has none."""
    rng = np.random.default_rng(seed)
    centres = {topic: rng.normal(size=DIMENSION) for topic in TOPICS}
    matrix = np.array(
        [centres.get(e.title.split()[0], 0) + rng.normal(size=DIMENSION) for e in episodes],
        np.float32,
    ).reshape(len(episodes), DIMENSION)
    present = rng.random(len(episodes)) > 0.05
    matrix[~present] = 0
    return Vectors(matrix, present, model="test")


def catalog_of(
    episodes: Sequence[Episode], now: datetime = NOW, seed: int = 0, *, keep_vectors: bool = True
) -> Catalog:
    """The catalog of these episodes."""
    return build_catalog(episodes, vectors_of(episodes, seed), now, keep_vectors=keep_vectors)


def with_lengths(episodes: Sequence[Episode]) -> list[Episode]:
    """These episodes with lengths from 3 to 93 minutes, and one in ten without."""
    return [
        msgspec.structs.replace(one, duration_s=180 + 137 * at % 5400 if at % 10 else None)
        for at, one in enumerate(episodes)
    ]


def publish_to(folder: Path, catalog: Catalog, *, force: bool = True) -> Catalog:
    """Publish a catalog on a shelf in a folder."""
    publish(FolderShelf(folder), catalog, force=force)
    return catalog


def overwrite(snapshot: Path, data: bytes) -> None:
    """Replace a snapshot's file: readers that have it mapped keep its old bytes."""
    snapshot.unlink()
    snapshot.write_bytes(data)
