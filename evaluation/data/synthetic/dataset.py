"""Synthetic data: shows, and listeners who choose among their episodes.

Choices depend on hidden traits (`traits`): topics, which the text reveals; taste, which no text
reveals; appeal, with a skewed distribution; and trends, which come and go within days. Each kind
of listener (`kinds`) weighs them in its own way, with the order of episodes, their dates and the
last episode.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from evaluation.data.synthetic.kinds import KINDS
from evaluation.data.synthetic.listener import Listener
from evaluation.data.synthetic.records import records, timestamp_us
from evaluation.data.synthetic.traits import DAYS, Traits, draw_traits
from feed.model.timestamps import rfc3339

TRAIN_SHARE = 0.93
"""share of the events that comes before the cut"""
JOINED_SHARE = 0.75
"""share of the days in which users begin to listen"""
MOST_EVENTS = 200
TYPES = ("listen", "complete", "bookmark", "like", "share", "click")
TYPE_BOUNDS = np.cumsum((0.42, 0.3, 0.08, 0.08, 0.02))
"""sums of the shares of the types, each with those before it; the last type has the rest"""
NOT_INTERESTED_SHARE = 0.01
CHANCE_NOT_INTERESTED_SHARE = 0.15
"""shares of events of type `not_interested`; the second among choices that are made at random"""

Row = tuple[str, str, str, str, str]
"""user id, episode id, type, timestamp (RFC 3339), progress"""


@dataclass(frozen=True)
class SyntheticSize:
    """Amount of synthetic data to generate."""

    shows: int = 70
    episodes: int = 1500
    users: int = 2500
    events_per_user: float = 28.0


@dataclass(frozen=True)
class SyntheticData:
    """Synthetic episodes as records, and events before and after the cut as CSV rows."""

    episodes: list[dict[str, Any]]
    train: list[Row]
    test: list[Row]


def synthetic_data(
    size: SyntheticSize | None = None, seed: int = 0, kinds: Sequence[str] = tuple(KINDS)
) -> SyntheticData:
    """Generate episodes and events, deterministically by seed.

    Users are of each of the `kinds` in turn, keys of `KINDS`, and their ids begin with it. The
    episodes do not depend on the kinds.
    """
    size = size or SyntheticSize()
    rng = np.random.default_rng(seed)
    traits = draw_traits(size.shows, size.episodes, rng)
    episodes = records(traits, rng)
    events = []
    for user_id, listener in listeners(traits, size, seed, kinds):
        for when, episode, event_type, progress in _listen(listener, size):
            events.append((when, user_id, episode, event_type, progress))
    rows = [
        (user_id, episodes[episode]["id"], event_type, rfc3339(when), progress)
        for when, user_id, episode, event_type, progress in sorted(events)
    ]
    cut = int(len(rows) * TRAIN_SHARE)
    return SyntheticData(episodes, rows[:cut], rows[cut:])


def listeners(
    traits: Traits, size: SyntheticSize, seed: int, kinds: Sequence[str]
) -> Iterator[tuple[str, Listener]]:
    """Yield the id of each user with the listener behind it, who has heard nothing yet."""
    for user in range(size.users):
        kind = kinds[user % len(kinds)]
        own = np.random.default_rng((seed, user))
        joined = own.uniform(0, DAYS * JOINED_SHARE)
        yield f"{kind}-{user:05d}", KINDS[kind](traits, own, joined)


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


def _listen(listener: Listener, size: SyntheticSize) -> Iterator[tuple[int, int, str, str]]:
    """Yield the events of one user: microseconds since 1970, episode, type, progress."""
    traits, rng, per_sitting = listener.traits, listener.rng, listener.per_sitting
    count = np.clip(rng.lognormal(np.log(size.events_per_user) - 0.25, 0.7), 2, MOST_EVENTS)
    day = listener.joined
    for begin in _sittings(day, int(np.ceil(count / per_sitting)), rng):
        day = max(day, begin)
        for _ in range(1 + rng.poisson(per_sitting - 1)):
            choice = listener.choose(day) if day < DAYS else None
            if choice is None:
                break
            episode, by_chance = choice
            event_type, progress = _event(rng, by_chance=by_chance)
            yield timestamp_us(day), episode, event_type, progress
            day += traits.minutes[episode] / (24 * 60)


def _sittings(joined: float, count: int, rng: np.random.Generator) -> list[float]:
    """Times in days at which a user begins to listen: around hours of their own, ascending."""
    morning, evening = rng.normal(7.5, 0.7), rng.normal(20, 1.5)
    hours = np.where(rng.random(count) < rng.random(), morning, evening)
    days = np.floor(rng.uniform(joined, DAYS, count)) + (hours + rng.normal(0, 0.5, count)) / 24
    times: list[float] = np.sort(days[days >= joined]).tolist()
    return times


def _event(rng: np.random.Generator, *, by_chance: bool) -> tuple[str, str]:
    """Type and progress of an event. What is chosen at random is seldom heard to its end."""
    disliked = CHANCE_NOT_INTERESTED_SHARE if by_chance else NOT_INTERESTED_SHARE
    if rng.random() < disliked:
        return "not_interested", ""
    event_type = "listen" if by_chance else TYPES[int(TYPE_BOUNDS.searchsorted(rng.random()))]
    progress = rng.beta(1.2, 4) if by_chance else rng.beta(4, 1.5)
    return event_type, f"{progress:.2f}" if event_type == "listen" else ""
