"""Builds the catalog that a behaviour case describes: generated, read from a file, or both."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from catalog_builder.episodes.validation import validate_episodes
from catalog_builder.errors import CommandError
from evaluation.behaviour.case import CaseCatalog, CaseEpisode
from evaluation.wiring import CatalogInput, read_catalog_input
from feed.arrays.arrays import BoolArray, FloatArray
from feed.model.episode import Episode
from feed.ports.episodes import SourceRecord, Vectors

NOW = datetime(2026, 2, 6, tzinfo=UTC)
"""The time of every session of a case."""
RELATED = 0.6
"""Weight of the next topic's direction in a vector: neighbours' cosine is then about 0.44."""
NOISE_DIMENSIONS = 48
HALVES = [half / 2 for half in range(4, 11)]
"""Scores that a generated episode may have: 2 to 5 in steps of 0.5."""


def case_catalog_input(
    described: CaseCatalog, added: Sequence[CaseEpisode], folder: Path
) -> CatalogInput:
    """Generate or read the episodes and vectors of a case.

    `added` are further episodes, `folder` is where the case's own files are.

    Raises:
        CommandError: an episode is invalid, a file cannot be read, or keys exclude each other.
    """
    written = [*described.episodes, *added]
    if described.generator in {"topics", "none"}:
        return _topic_catalog(described, written)
    if written:
        raise CommandError("episodes: expected none with the generator 'file' or 'demo'")
    if described.generator == "demo":
        return read_catalog_input("", today=NOW.date())
    vectors = str(folder / described.vectors) if described.vectors else ""
    return read_catalog_input(str(folder / described.file), vectors)


def _topic_catalog(described: CaseCatalog, written: Sequence[CaseEpisode]) -> CatalogInput:
    """Generated episodes around topics that form a ring, and the episodes written out."""
    rng = random.Random(described.seed)  # noqa: S311 - repeatable worlds, no secrets
    topics = described.topics if described.generator == "topics" else ()
    owners = [topic for _ in range(described.per_topic) for topic in topics]
    records = [
        _generated(described, topic, index // max(len(topics), 1), rng)
        for index, topic in enumerate(owners)
    ]
    episodes = _validated([*records, *map(_record, written)])

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
    return CatalogInput(episodes, Vectors(rows, present, model="a case"))


class _Axes:
    """Vector directions by name.

    A topic includes a part of the next topic on the ring; any other name is orthogonal to all.
    """

    def __init__(self, topics: Sequence[str], written: Sequence[CaseEpisode]) -> None:
        more = [name for one in written for name in (*one.vector, one.topic)]
        self._axis = {name: at for at, name in enumerate(dict.fromkeys([*topics, *more]))}
        following = zip(topics, [*topics[1:], *topics[:1]], strict=True)
        self._next = {one: two for one, two in following if one != two}
        self.count = len(self._axis)

    def add(self, vector: FloatArray, name: str, weight: float) -> None:
        """Add `weight` times a direction to a vector, in place."""
        vector[self._axis[name]] += weight
        if name in self._next:
            vector[self._axis[self._next[name]]] += weight * RELATED


def _generated(
    described: CaseCatalog, topic: str, number: int, rng: random.Random
) -> dict[str, Any]:
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


def _record(written: CaseEpisode) -> dict[str, Any]:
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


def _validated(records: Sequence[dict[str, Any]]) -> list[Episode]:
    read = validate_episodes(SourceRecord(repr(one["id"]), one) for one in records)
    if read.problems:
        raise CommandError(f"catalog: episode {read.problems[0].where}: {read.problems[0].reason}")
    return read.episodes
