"""Sentences: the part of a source that answers a question best, alone."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from feed.search.words import terms_of

MAX_SENTENCE = 320
"""characters of a sentence that are shown"""
_END = re.compile(r"(?<=[.!?\u2026])[\"'\u201d\u2019)]*\s+|(?<=[\u3002\uff01\uff1f])|\s*\n\s*")
_LEAST_CHARS = 20
"""characters of the shortest sentence that says something"""


class Sentence(NamedTuple):
    """A sentence, and how well it matches."""

    text: str
    score: float
    """share of the question's terms that it holds, weighted by their rarity, 0 to 1"""


def best_sentence(texts: Iterable[str], weights: Mapping[str, float]) -> Sentence:
    """Return the sentence that holds most of the weighted terms, the first of equals.

    Without a sentence its text is empty.
    """
    total = sum(weights.values()) or 1.0
    best = Sentence("", 0.0)
    for text in texts:
        for one in split_sentences(text):
            score = sum(weights.get(term, 0.0) for term in set(terms_of(one))) / total
            if score > best.score or not best.text:
                best = Sentence(one, score)
    return Sentence(shortened(best.text), best.score)


def split_sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text in order; very short ones are joined to the one before."""
    joined = ""
    for part in filter(None, map(str.strip, _END.split(text))):
        if joined and len(part) < _LEAST_CHARS:
            joined += f" {part}"
            continue
        if joined:
            yield joined
        joined = part
    if joined:
        yield joined


def shortened(text: str) -> str:
    """Return a text of at most `MAX_SENTENCE` characters, cut between words."""
    if len(text) <= MAX_SENTENCE:
        return text
    cut = text[:MAX_SENTENCE]
    return (cut[: cut.rfind(" ")] if " " in cut else cut) + "\u2026"
