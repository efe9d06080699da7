"""A large synthetic catalog whose episodes have words, so that it can be searched."""

import json
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.data.large_catalog import large_catalog
from feed.catalog.cards import Cards
from feed.catalog.catalog import Catalog

VOCABULARY = 60_000
WORDS = 70
"""of an episode, about"""


class WordedCatalog(NamedTuple):
    """A catalog, and the words that its episodes are made of."""

    catalog: Catalog
    words: list[str]
    """all words, the most frequent first"""
    drawn: npt.NDArray[np.int64]
    """(episodes, `WORDS`) places in `words`"""


def worded_catalog(episodes: int, dimension: int, rng: np.random.Generator) -> WordedCatalog:
    """A catalog of made-up episodes, with words whose frequencies follow Zipf's law."""
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = ["".join(letters[rng.integers(26, size=n)]) for n in rng.integers(4, 11, VOCABULARY)]
    share = 1 / np.arange(1, VOCABULARY + 1)
    drawn = rng.choice(VOCABULARY, (episodes, WORDS), p=share / share.sum())
    catalog = large_catalog(episodes, dimension)
    cards = [_card(catalog.ids[row], [words[at] for at in drawn[row]]) for row in range(episodes)]
    return WordedCatalog(replace(catalog, cards=Cards.of(cards, cards[:64])), words, drawn)


def _card(name: str, words: list[str]) -> bytes:
    card: dict[str, Any] = {
        "id": name,
        "content_id": name,
        "title": " ".join(words[:7]),
        "series": None,
        "published_at": "2025-01-01T00:00:00Z",
        "scores": {},
        "key_insight": ". ".join(" ".join(words[at : at + 12]) for at in range(7, WORDS, 12)),
        "people": [f"{words[0]} {words[1]}"],
    }
    return json.dumps(card).encode()
