"""Worlds: the catalogs that cases take place in, generated or written out."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from catalog_builder.episodes.validation import read_episodes
from catalog_builder.errors import CommandError
from evaluation.behaviour.case import World, Written
from evaluation.wiring import Material, material
from feed.arrays.arrays import BoolArray, FloatArray
from feed.model.episode import Episode
from feed.ports.episodes import Record, Vectors

NOW = datetime(2026, 2, 6, tzinfo=UTC)
"""When every case takes place."""
RELATED = 0.6
"""How far a topic leans to the next one: the cosine of two on the ring is then about 0.44."""
NOISE_DIMENSIONS = 48
HALVES = [half / 2 for half in range(4, 11)]
"""The scores of what is generated: 2 to 5."""


def world(described: World, added: Sequence[Written], folder: Path) -> Material:
    """The episodes and vectors of a case, which lies in `folder`. Raises `CommandError`."""
    written = [*described.episodes, *added]
    if described.generator in {"topics", "none"}:
        return _topics(described, written)
    if written:
        raise CommandError("episodes: expected none written out beside a file or the demo")
    if described.generator == "demo":
        return material("", today=NOW.date())
    vectors = str(folder / described.vectors) if described.vectors else ""
    return material(str(folder / described.file), vectors)


def _topics(described: World, written: Sequence[Written]) -> Material:
    """Topics on a ring, their episodes around them, and what is written out."""
    rng = random.Random(described.seed)  # noqa: S311 - repeatable worlds, no secrets
    topics = described.topics if described.generator == "topics" else ()
    owners = [topic for _ in range(described.per_topic) for topic in topics]
    records = [
        _generated(described, topic, place // max(len(topics), 1), rng)
        for place, topic in enumerate(owners)
    ]
    episodes = _valid([*records, *map(_record, written)])

    axes = _Axes(described.topics, written)
    noise = np.random.default_rng(described.seed).normal(size=(len(owners), NOISE_DIMENSIONS))
    noise *= described.noise / np.linalg.norm(noise, axis=1, keepdims=True)
    matrix = np.zeros((len(episodes), axes.count + NOISE_DIMENSIONS))
    matrix[: len(owners), axes.count :] = noise
    for row, topic in enumerate(owners):
        axes.add(matrix[row], topic, 1.0)
    for row, one in enumerate(written, len(owners)):
        for name, weight in (one.vector or ({one.topic: 1.0} if one.topic else {})).items():
            axes.add(matrix[row], name, weight)
    rows = matrix.astype(np.float32)
    present: BoolArray = np.asarray(rows.any(axis=1))
    return Material(episodes, Vectors(rows, present, model="a case"))


class _Axes:
    """Directions by name: a topic leans to the next on the ring; any other name stands alone."""

    def __init__(self, topics: Sequence[str], written: Sequence[Written]) -> None:
        more = [name for one in written for name in (*one.vector, one.topic)]
        self._axis = {name: at for at, name in enumerate(dict.fromkeys([*topics, *more]))}
        following = zip(topics, [*topics[1:], *topics[:1]], strict=True)
        self._next = {one: two for one, two in following if one != two}
        self.count = len(self._axis)

    def add(self, vector: FloatArray, name: str, weight: float) -> None:
        """Move a vector in a direction."""
        vector[self._axis[name]] += weight
        if name in self._next:
            vector[self._axis[self._next[name]]] += weight * RELATED


def _generated(described: World, topic: str, number: int, rng: random.Random) -> dict[str, Any]:
    slug = topic.lower().replace(" ", "-")
    series = f"{slug}-show-{number % described.series_per_topic}"
    age = timedelta(days=described.days * (number + rng.random()) / described.per_topic)
    level = described.levels.get(topic, 0.0)
    return {
        "id": f"{slug}-{number}",
        "title": f"{topic}, part {number}",
        "published_at": (NOW - age).isoformat(),
        "series": {"id": series, "name": series.replace("-", " ").capitalize()},
        "categories": {"major": [topic]},
        "scores": {
            name: min(max(rng.choice(HALVES) + level, 0.0), 5.0)
            for name in ("credibility", "insight")
        },
    }


def _record(written: Written) -> dict[str, Any]:
    return {
        "id": written.id,
        "title": written.title or written.id,
        "published_at": (NOW - timedelta(days=written.age_days)).isoformat(),
        "series": {"id": written.series} if written.series else None,
        "categories": {"major": [written.topic]} if written.topic else None,
        "scores": msgspec.to_builtins(written.scores),
        "content_id": written.content_id,
        "language": written.language,
        "explicit": written.explicit,
    }


def _valid(records: Sequence[dict[str, Any]]) -> list[Episode]:
    read = read_episodes(Record(repr(one["id"]), one) for one in records)
    if read.bad:
        raise CommandError(f"catalog: episode {read.bad[0].where}: {read.bad[0].reason}")
    return read.episodes
