"""Episodes as records: what a build may know of the hidden traits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from evaluation.data.synthetic.traits import TOPICS, Traits
from feed.model.timestamps import rfc3339, to_us

START = datetime(2025, 9, 1, tzinfo=UTC)
"""day 0"""
WORDS_PER_TOPIC = 60
COMMON_WORDS = 80
WORDS = 22
"""number of words of an episode's text"""
TOPIC_WORD_SHARE = 0.6
"""share of an episode's words that come from its topics' vocabulary"""


def timestamp_us(day: float) -> int:
    """Microseconds since 1970 of a time in days since `START`, in whole seconds."""
    return to_us(START + timedelta(days=day)) // 1_000_000 * 1_000_000


def records(traits: Traits, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Episodes as a build reads them: text from their topics, scores at random around a show's."""
    vocabulary = _words(TOPICS * WORDS_PER_TOPIC + COMMON_WORDS, rng)
    by_topic = np.array(vocabulary[: TOPICS * WORDS_PER_TOPIC]).reshape(TOPICS, WORDS_PER_TOPIC)
    common = np.array(vocabulary[TOPICS * WORDS_PER_TOPIC :])
    levels = np.clip(rng.normal(3.6, 0.5, len(traits.daily)), 2, 5)
    episodes = []
    for number, show in enumerate(traits.show.tolist()):
        topics = rng.choice(TOPICS, WORDS, p=traits.topics[number])
        words = by_topic[topics, rng.integers(0, WORDS_PER_TOPIC, WORDS)]
        general = common[rng.integers(0, COMMON_WORDS, WORDS)]
        text = np.where(rng.random(WORDS) < TOPIC_WORD_SHARE, words, general).tolist()
        scores = np.clip(np.rint(2 * (levels[show] + rng.normal(0, 0.5, 2))) / 2, 0, 5).tolist()
        episodes.append(
            {
                "id": f"episode-{number:05d}",
                "title": " ".join(text[:4]).capitalize(),
                "description": " ".join(text[4:]).capitalize() + ".",
                "published_at": rfc3339(timestamp_us(float(traits.day[number]))),
                "duration_s": round(60 * float(traits.minutes[number])),
                "series": {"id": f"show-{show:03d}", "name": f"Show {show}"},
                "scores": {"credibility": scores[0], "insight": scores[1]},
                "categories": {"major": [f"Topic {int(np.argmax(traits.topics[number]))}"]},
            }
        )
    return episodes


def _words(count: int, rng: np.random.Generator) -> list[str]:
    """`count` distinct made-up words."""
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    words: dict[str, None] = {}
    while len(words) < count:
        words["".join(rng.choice(syllables, 3))] = None
    return list(words)
