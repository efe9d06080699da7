"""Synthetic data: made-up listeners of made-up shows, so that `make evaluate` needs no input.

Who listens to what follows from four things, each of which some ranking can find: topics, which
the text tells (content); tastes, which no text tells (neighbours); appeal, skewed as it is in life
(popularity); and novelty, since most is heard soon after it came out (recent popularity). Habits
bring people back to a show, and some change their topics half-way.
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
CUT = 0.93
"""the share of the events that comes before the cut"""
FADE_DAYS = 12.0
"""after so many days an episode is heard a third as often"""
TYPES = ("listen", "complete", "bookmark", "like", "share", "click")
TYPE_SHARES = (0.42, 0.3, 0.08, 0.08, 0.02, 0.1)
DISLIKED = 0.02
TOPICAL = 0.6
"""the share of an episode's words that are of its topics"""
FICKLE = 0.3
"""the share of users whose topics change half-way"""

Row = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Size:
    """How much of it."""

    shows: int = 70
    episodes: int = 1500
    users: int = 2500
    events_per_user: float = 18.0


@dataclass(frozen=True)
class Made:
    """Episodes as records, and the events before and after the cut as CSV rows."""

    episodes: list[dict[str, Any]]
    train: list[Row]
    test: list[Row]


@dataclass(frozen=True)
class _Shelf:
    """What there is to hear. n episodes of s shows."""

    show: IntArray
    """(n,)"""
    topics: FloatArray
    """(n, TOPICS) the share of each topic"""
    tastes: FloatArray
    """(n, TASTES)"""
    appeal: FloatArray
    """(n,) logarithm"""
    day: FloatArray
    """(n,) when it came out"""


def make(size: Size | None = None, seed: int = 0) -> Made:
    """The same for the same seed."""
    size = size or Size()
    rng = np.random.default_rng(seed)
    shelf, levels = _shelf(size, rng)
    episodes = _episodes(shelf, levels, rng)
    events = sorted(
        event for user in range(size.users) for event in _listen(user, size, shelf, rng)
    )
    rows = [
        (f"user-{user:05d}", episodes[episode]["id"], kind, rfc3339(when), progress)
        for when, user, episode, kind, progress in events
    ]
    cut = int(len(rows) * CUT)
    return Made(episodes, rows[:cut], rows[cut:])


def episodes_jsonl(made: Made) -> bytes:
    """The episodes as JSON Lines."""
    return b"".join(msgspec.json.encode(one) + b"\n" for one in made.episodes)


def events_csv(rows: list[Row]) -> bytes:
    """Events as a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["user_id", "episode_id", "type", "timestamp", "progress"])
    writer.writerows(rows)
    return text.getvalue().encode()


def _shelf(size: Size, rng: np.random.Generator) -> tuple[_Shelf, FloatArray]:
    """The episodes, and the level of each show."""
    main = rng.integers(0, TOPICS, size.shows)
    appeal = rng.normal(0, 0.9, size.shows)
    tastes = rng.normal(0, 1, (size.shows, TASTES))
    levels = np.clip(rng.normal(3.6, 0.5, size.shows), 2, 5)
    show = rng.integers(0, size.shows, size.episodes)
    topics = (
        0.7 * np.eye(TOPICS)[main[show]]
        + 0.3 * np.eye(TOPICS)[rng.integers(0, TOPICS, size.episodes)]
    )
    shelf = _Shelf(
        show=show,
        topics=topics,
        tastes=tastes[show] + 0.6 * rng.normal(0, 1, (size.episodes, TASTES)),
        appeal=appeal[show] + 0.7 * rng.normal(0, 1, size.episodes),
        day=np.sort(rng.uniform(0, DAYS, size.episodes)),
    )
    return shelf, levels


def _episodes(shelf: _Shelf, levels: FloatArray, rng: np.random.Generator) -> list[dict[str, Any]]:
    words = _words(TOPICS * WORDS_PER_TOPIC + COMMON_WORDS, rng)
    by_topic = np.array(words[: TOPICS * WORDS_PER_TOPIC]).reshape(TOPICS, WORDS_PER_TOPIC)
    common = np.array(words[TOPICS * WORDS_PER_TOPIC :])
    made = []
    for number, show in enumerate(shelf.show.tolist()):
        said = [
            str(rng.choice(by_topic[topic] if rng.random() < TOPICAL else common))
            for topic in rng.choice(TOPICS, 22, p=shelf.topics[number])
        ]
        scores = np.clip(np.rint(2 * (levels[show] + rng.normal(0, 0.5, 2))) / 2, 0, 5).tolist()
        made.append(
            {
                "id": f"episode-{number:05d}",
                "title": " ".join(said[:4]).capitalize(),
                "description": " ".join(said[4:]).capitalize() + ".",
                "published_at": rfc3339(to_us(START + timedelta(days=float(shelf.day[number])))),
                "series": {"id": f"show-{show:03d}", "name": f"Show {show}"},
                "scores": {"credibility": scores[0], "insight": scores[1]},
                "categories": {"major": [f"Topic {int(np.argmax(shelf.topics[number]))}"]},
            }
        )
    return made


def _words(count: int, rng: np.random.Generator) -> list[str]:
    """Words that no language has, each once."""
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(rng.choice(syllables, 3))] = None
    return list(found)


def _listen(
    user: int, size: Size, shelf: _Shelf, rng: np.random.Generator
) -> list[tuple[int, int, int, str, str]]:
    """What one user does: microseconds, user, episode, type, progress."""
    mix = rng.dirichlet(np.full(TOPICS, 0.25))
    later = rng.dirichlet(np.full(TOPICS, 0.25)) if rng.random() < FICKLE else mix
    taste = rng.normal(0, 1, TASTES)
    liking = shelf.tastes @ taste * 0.9 + shelf.appeal
    count = int(np.clip(rng.lognormal(np.log(size.events_per_user) - 0.3, 0.8), 2, 200))
    joined = rng.uniform(0, DAYS * 0.6)
    habit: npt.NDArray[np.float64] = np.zeros(int(shelf.show.max()) + 1)
    left = np.ones(len(shelf.show), np.bool_)
    events = []
    for day in np.sort(rng.uniform(joined, DAYS, count)).tolist():
        out = np.flatnonzero(left & (shelf.day <= day))
        if not len(out):
            continue
        now = mix if day < (joined + DAYS) / 2 else later
        pull = (
            6.0 * (shelf.topics[out] @ now)
            + liking[out]
            - (day - shelf.day[out]) / FADE_DAYS
            + 0.5 * habit[shelf.show[out]]
            + rng.gumbel(0, 1, len(out))
        )
        episode = int(out[np.argmax(pull)])
        left[episode] = False
        disliked = rng.random() < DISLIKED
        if not disliked:
            habit[shelf.show[episode]] = min(habit[shelf.show[episode]] + 1, 3)
        kind = "not_interested" if disliked else str(rng.choice(TYPES, p=TYPE_SHARES))
        progress = f"{rng.beta(4, 1.5):.2f}" if kind == "listen" else ""
        when = to_us(START + timedelta(days=day)) // 1_000_000 * 1_000_000
        events.append((when, user, episode, kind, progress))
    return events
