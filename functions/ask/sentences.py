"""Sentences: the parts of episodes' texts that answer a question best."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from feed.search.words import terms_of

MAX_TEXT = 6_000
"""characters of one text that are looked at"""
MAX_SENTENCE = 320
"""characters of a sentence that are shown"""
_END = re.compile(r"(?<=[.!?\u2026])[\"'\u201d\u2019)]*\s+|(?<=[\u3002\uff01\uff1f])|\s*\n\s*")
_LEAST_CHARS = 20
"""characters of the shortest sentence that says something"""


class Sentence(NamedTuple):
    """A sentence of a text, and how well it matches."""

    text: str
    score: float
    """share of the question's words that it holds, weighted by their rarity, 0 to 1"""


def best_sentences(text: str, weights: Mapping[str, float], count: int) -> list[Sentence]:
    """Return the sentences that hold most of the weighted terms, the best first.

    Of two that hold the same, the earlier one comes first; a text without any of the terms gives
    its beginning.
    """
    sentences = split_sentences(text[:MAX_TEXT])
    total = sum(weights.values()) or 1.0
    scored = [
        Sentence(shortened(one), sum(weights.get(term, 0.0) for term in set(terms_of(one))) / total)
        for one in sentences
    ]
    return sorted(scored, key=lambda one: -one.score)[:count]


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text, in order; very short ones are joined to the one before."""
    found: list[str] = []
    for part in filter(None, map(str.strip, _END.split(text))):
        if found and len(part) < _LEAST_CHARS:
            found[-1] += f" {part}"
        else:
            found.append(part)
    return found


def shortened(text: str) -> str:
    """Return a text of at most `MAX_SENTENCE` characters, cut between words."""
    if len(text) <= MAX_SENTENCE:
        return text
    cut = text[:MAX_SENTENCE]
    return (cut[: cut.rfind(" ")] if " " in cut else cut) + "\u2026"
