"""Extractive answers: the best sentences of the best sources, without a model."""

from collections.abc import Iterator, Sequence

from functions.ask.output import OutputFilter
from functions.ask.sources import Source

NAME = "extractive"
"""what an answer without a model says in `model`"""
MAX_SENTENCES = 3
NOTHING = "Nothing in the catalog answers this."
NOT_ASKED = "Without a model, an answer needs sources."
_LEAST_SHARE = 0.4
"""of the best sentence's score, below which a sentence is left out"""


def extract(sources: Sequence[Source] | None) -> Iterator[str]:
    """Yield an answer piece by piece: at most one sentence of a source, each with its citation.

    Where no sentence holds a word of the question, the title of the best source answers. None
    as `sources` says that none were looked for.
    """
    if not sources:
        yield NOT_ASKED if sources is None else NOTHING
        return
    scored = [
        (one.sentence.score * one.shown.score, one.sentence.text, one.shown.number)
        for one in sources
        if one.sentence.score
    ]
    scored.sort(key=lambda one: -one[0])
    least = _LEAST_SHARE * scored[0][0] if scored else 0.0
    numbers: dict[str, int] = {}
    for score, text, number in scored:
        if score >= least:
            numbers.setdefault(text, number)
    if not numbers:
        numbers = {sources[0].shown.title: sources[0].shown.number}
    for place, (text, number) in enumerate(list(numbers.items())[:MAX_SENTENCES]):
        yield f"{' ' if place else ''}{_as_text(text)} [{number}]"


def _as_text(text: str) -> str:
    """Return the text of an episode without links and what would look like a citation."""
    sentence = OutputFilter(0)
    return (sentence.feed(text) + sentence.close()).strip()
