"""Synthetic listeners and shows, so that `make evaluate` needs no input.

Listening depends on four things, each of which some ranking can find: topics, which the text
reveals (content); taste, which no text reveals (neighbours); appeal, with a skewed distribution
(popularity); and novelty, since most listening follows soon after publication (recent popularity).
Users return to shows that they know, and some change their topics half-way.
"""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import FloatArray, IntArray
from feed.model.timestamps import rfc3339, to_us

START = datetime(2025, 9, 1, tzinfo=UTC)
DAYS = 150
TOPICS = 12
TASTES = 6
WORDS_PER_TOPIC = 60
COMMON_WORDS = 80
TRAIN_SHARE = 0.93
"""share of the events that comes before the cut"""
FADE_DAYS = 12.0
"""time constant of the exponential decay of an episode's appeal"""
TYPES = ("listen", "complete", "bookmark", "like", "share", "click")
TYPE_SHARES = (0.42, 0.3, 0.08, 0.08, 0.02, 0.1)
NOT_INTERESTED_SHARE = 0.02
"""share of events of type `not_interested`"""
TOPIC_WORD_SHARE = 0.6
"""share of an episode's words that come from its topics' vocabulary"""
TOPIC_CHANGE_SHARE = 0.3
"""share of users whose topics change half-way"""

Row = tuple[str, str, str, str, str]
"""user id, episode id, type, timestamp (RFC 3339), progress"""


@dataclass(frozen=True)
class SyntheticSize:
    """Amount of synthetic data to generate."""

    shows: int = 70
    episodes: int = 1500
    users: int = 2500
    events_per_user: float = 18.0


@dataclass(frozen=True)
class SyntheticData:
    """Synthetic episodes as records, and events before and after the cut as CSV rows."""

    episodes: list[dict[str, Any]]
    train: list[Row]
    test: list[Row]


@dataclass(frozen=True)
class _EpisodeTraits:
    """Hidden traits of n episodes, which decide about the listening of users."""

    show: IntArray
    """(n,) index of the show"""
    topics: FloatArray
    """(n, TOPICS) share of each topic"""
    tastes: FloatArray
    """(n, TASTES) position in a space that no text reveals"""
    appeal: FloatArray
    """(n,) log of the popularity"""
    day: FloatArray
    """(n,) publication time, days since `START`"""


def synthetic_data(size: SyntheticSize | None = None, seed: int = 0) -> SyntheticData:
    """Generate episodes and events, deterministically by seed."""
    size = size or SyntheticSize()
    rng = np.random.default_rng(seed)
    traits, levels = _traits(size, rng)
    episodes = _episodes(traits, levels, rng)
    events = sorted(
        event for user in range(size.users) for event in _listen(user, size, traits, rng)
    )
    rows = [
        (f"user-{user:05d}", episodes[episode]["id"], kind, rfc3339(when), progress)
        for when, user, episode, kind, progress in events
    ]
    cut = int(len(rows) * TRAIN_SHARE)
    return SyntheticData(episodes, rows[:cut], rows[cut:])


def episodes_jsonl(data: SyntheticData) -> bytes:
    """Serialize the episodes as JSON Lines."""
    return b"".join(msgspec.json.encode(one) + b"\n" for one in data.episodes)


def events_csv(rows: list[Row]) -> bytes:
    """Serialize events as CSV with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["user_id", "episode_id", "type", "timestamp", "progress"])
    writer.writerows(rows)
    return text.getvalue().encode()


def _traits(size: SyntheticSize, rng: np.random.Generator) -> tuple[_EpisodeTraits, FloatArray]:
    """Traits of the episodes, and the mean editorial score of each show."""
    main = rng.integers(0, TOPICS, size.shows)
    appeal = rng.normal(0, 0.9, size.shows)
    tastes = rng.normal(0, 1, (size.shows, TASTES))
    levels = np.clip(rng.normal(3.6, 0.5, size.shows), 2, 5)
    show = rng.integers(0, size.shows, size.episodes)
    topics = (
        0.7 * np.eye(TOPICS)[main[show]]
        + 0.3 * np.eye(TOPICS)[rng.integers(0, TOPICS, size.episodes)]
    )
    traits = _EpisodeTraits(
        show=show,
        topics=topics,
        tastes=tastes[show] + 0.6 * rng.normal(0, 1, (size.episodes, TASTES)),
        appeal=appeal[show] + 0.7 * rng.normal(0, 1, size.episodes),
        day=np.sort(rng.uniform(0, DAYS, size.episodes)),
    )
    return traits, levels


def _episodes(
    traits: _EpisodeTraits, levels: FloatArray, rng: np.random.Generator
) -> list[dict[str, Any]]:
    words = _words(TOPICS * WORDS_PER_TOPIC + COMMON_WORDS, rng)
    by_topic = np.array(words[: TOPICS * WORDS_PER_TOPIC]).reshape(TOPICS, WORDS_PER_TOPIC)
    common = np.array(words[TOPICS * WORDS_PER_TOPIC :])
    records = []
    for number, show in enumerate(traits.show.tolist()):
        text = [
            str(rng.choice(by_topic[topic] if rng.random() < TOPIC_WORD_SHARE else common))
            for topic in rng.choice(TOPICS, 22, p=traits.topics[number])
        ]
        scores = np.clip(np.rint(2 * (levels[show] + rng.normal(0, 0.5, 2))) / 2, 0, 5).tolist()
        records.append(
            {
                "id": f"episode-{number:05d}",
                "title": " ".join(text[:4]).capitalize(),
                "description": " ".join(text[4:]).capitalize() + ".",
                "published_at": rfc3339(to_us(START + timedelta(days=float(traits.day[number])))),
                "series": {"id": f"show-{show:03d}", "name": f"Show {show}"},
                "scores": {"credibility": scores[0], "insight": scores[1]},
                "categories": {"major": [f"Topic {int(np.argmax(traits.topics[number]))}"]},
            }
        )
    return records


def _words(count: int, rng: np.random.Generator) -> list[str]:
    """`count` distinct made-up words."""
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    words: dict[str, None] = {}
    while len(words) < count:
        words["".join(rng.choice(syllables, 3))] = None
    return list(words)


def _listen(
    user: int, size: SyntheticSize, traits: _EpisodeTraits, rng: np.random.Generator
) -> list[tuple[int, int, int, str, str]]:
    """Events of one user: microseconds, user, episode, type, progress."""
    early = rng.dirichlet(np.full(TOPICS, 0.25))
    later = rng.dirichlet(np.full(TOPICS, 0.25)) if rng.random() < TOPIC_CHANGE_SHARE else early
    taste = rng.normal(0, 1, TASTES)
    preference = traits.tastes @ taste * 0.9 + traits.appeal
    count = int(np.clip(rng.lognormal(np.log(size.events_per_user) - 0.3, 0.8), 2, 200))
    joined = rng.uniform(0, DAYS * 0.6)
    habit: npt.NDArray[np.float64] = np.zeros(int(traits.show.max()) + 1)
    unheard = np.ones(len(traits.show), np.bool_)
    events = []
    for day in np.sort(rng.uniform(joined, DAYS, count)).tolist():
        out = np.flatnonzero(unheard & (traits.day <= day))
        if not len(out):
            continue
        topics = early if day < (joined + DAYS) / 2 else later
        utility = (
            6.0 * (traits.topics[out] @ topics)
            + preference[out]
            - (day - traits.day[out]) / FADE_DAYS
            + 0.5 * habit[traits.show[out]]
            + rng.gumbel(0, 1, len(out))
        )
        episode = int(out[np.argmax(utility)])
        unheard[episode] = False
        disliked = rng.random() < NOT_INTERESTED_SHARE
        if not disliked:
            habit[traits.show[episode]] = min(habit[traits.show[episode]] + 1, 3)
        kind = "not_interested" if disliked else str(rng.choice(TYPES, p=TYPE_SHARES))
        progress = f"{rng.beta(4, 1.5):.2f}" if kind == "listen" else ""
        when = to_us(START + timedelta(days=day)) // 1_000_000 * 1_000_000
        events.append((when, user, episode, kind, progress))
    return events
