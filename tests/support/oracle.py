"""The baseline scenario a second time: plain Python over episodes, read off its definition.

It shares no code with `feed`, is slow, and is meant to be obviously right.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from feed.model.episode import Episode

Vector = list[float]


class Scored(NamedTuple):
    """An episode and its four scores."""

    id: str
    similarity: float
    quality: float
    recency: float
    final: float


def baseline(
    episodes: Sequence[Episode],
    vectors: Mapping[str, Vector],
    engagements: Sequence[Mapping[str, Any]],
    now: datetime,
    interests: Sequence[str] = (),
    excluded: Sequence[str] = (),
) -> list[Scored]:
    """The queue. `vectors` are unit, and lack the episodes without an embedding."""
    barred = {*excluded, *(e["episode_id"] for e in engagements)}
    eligible = [e for e in episodes if _eligible(e, now, barred)]
    user = _user_vector(episodes, vectors, engagements, interests)
    order = {e.id: place for place, e in enumerate(episodes)}
    if user is None:
        ranked = sorted(eligible, key=lambda e: (-_quality(e), order[e.id]))
        pool = [(e, 0.5) for e in ranked[:150]]
    else:
        similar = [(e, _cosine(user, vectors[e.id])) for e in eligible if e.id in vectors]
        similar.sort(key=lambda pair: (-pair[1], order[pair[0].id]))
        pool = similar[:150]
    scored = []
    for episode, similarity in pool:
        quality = _quality(episode)
        recency = math.exp(-0.03 * _age_days(episode, now))
        final = 0.55 * similarity + 0.30 * quality + 0.15 * recency
        scored.append((episode, Scored(episode.id, similarity, quality, recency, final)))
    scored.sort(key=lambda pair: (-pair[1].final, order[pair[0].id]))
    return _select(scored)


def _select(scored: list[tuple[Episode, Scored]]) -> list[Scored]:
    chosen: list[Scored] = []
    count: dict[Any, int] = {}
    last: Any = object()
    while True:
        best, best_score = None, -math.inf
        for place, (episode, score) in enumerate(scored):
            series = _series(episode)
            if count.get(series, 0) >= 2 or series == last:
                continue
            value = score.final * 0.7 ** count.get(series, 0)
            if value > best_score:
                best, best_score = place, value
        if best is None:
            return chosen
        episode, score = scored.pop(best)
        chosen.append(score)
        last = _series(episode)
        count[last] = count.get(last, 0) + 1


def _user_vector(
    episodes: Sequence[Episode],
    vectors: Mapping[str, Vector],
    engagements: Sequence[Mapping[str, Any]],
    interests: Sequence[str],
) -> Vector | None:
    newest = sorted(engagements, key=lambda e: e["timestamp"], reverse=True)[:10]
    weighted = [
        (vectors[e["episode_id"]], 2.0 if e["type"] == "bookmark" else 1.0)
        for e in newest
        if e["episode_id"] in vectors
    ]
    anchors = [a for a in (_anchor(name, episodes, vectors) for name in interests) if a]
    anchor = _unit([sum(column) for column in zip(*anchors, strict=True)]) if anchors else None
    if not weighted:
        return anchor
    total = sum(weight for _, weight in weighted)
    mean = [
        sum(w * x for x, (_, w) in zip(column, weighted, strict=True)) / total
        for column in zip(*(v for v, _ in weighted), strict=True)
    ]
    if anchor is None:
        return mean
    return _unit([0.85 * m + 0.15 * a for m, a in zip(mean, anchor, strict=True)])


def _anchor(name: str, episodes: Sequence[Episode], vectors: Mapping[str, Vector]) -> Vector | None:
    members = [
        vectors[e.id]
        for e in episodes
        if e.id in vectors
        and e.categories
        and name in [*(e.categories.major or ()), *(e.categories.subcategories or ())]
    ]
    return _unit([sum(column) for column in zip(*members, strict=True)]) if members else None


def _eligible(episode: Episode, now: datetime, barred: set[str]) -> bool:
    credibility, insight = _scores(episode)
    return (
        credibility >= 2
        and credibility + insight >= 5
        and _age_days(episode, now) <= 90
        and episode.id not in barred
        and episode.content_id not in barred
    )


def _scores(episode: Episode) -> tuple[float, float]:
    if episode.scores is None:
        return 0.0, 0.0
    return episode.scores.credibility or 0.0, episode.scores.insight or 0.0


def _quality(episode: Episode) -> float:
    credibility, insight = _scores(episode)
    return (1.5 * credibility + insight) / 10


def _age_days(episode: Episode, now: datetime) -> int:
    return (now - episode.published_at) // timedelta(days=1)


def _series(episode: Episode) -> str | None:
    return (episode.series.id or episode.series.name) if episode.series else None


def _unit(vector: Vector) -> Vector | None:
    norm = math.sqrt(sum(x * x for x in vector))
    return [x / norm for x in vector] if norm > 1e-9 else None


def _cosine(one: Vector, other: Vector) -> float:
    norms = math.sqrt(sum(x * x for x in one) * sum(x * x for x in other))
    return sum(a * b for a, b in zip(one, other, strict=True)) / norms if norms else 0.0
