"""Extractive answers: the best sentences of the best sources, without a model."""

from collections.abc import Iterator, Sequence

from functions.ask.output import OutputFilter
from functions.ask.sources import Source

NAME = "extractive"
"""what an answer without a model says in `model`"""
MAX_SENTENCES = 3
NOTHING = "Nothing in the catalog answers this."
NOT_ASKED = "Without a model, an answer needs sources."
_LEAST_SHARE = 0.6
"""of the best sentence's value, below which a sentence is left out"""
_UNMATCHED = 0.3
"""what a sentence without a word of the question counts, beside 1 for one with all of them"""


def extract(sources: Sequence[Source] | None) -> Iterator[str]:
    """Yield an answer piece by piece: one sentence of each of the best sources, with its citation.

    A sentence is worth what its source is, and what it holds of the question; a source without a
    text has its title. None as `sources` says that none were looked for.
    """
    if not sources:
        yield NOT_ASKED if sources is None else NOTHING
        return
    values = [one.shown.score * (_UNMATCHED + one.sentence.score) for one in sources]
    least = _LEAST_SHARE * max(values)
    numbers: dict[str, int] = {}
    for value, one in zip(values, sources, strict=True):
        if value >= least:
            numbers.setdefault(_as_text(one.sentence.text or one.shown.title), one.shown.number)
    for place, (text, number) in enumerate(list(numbers.items())[:MAX_SENTENCES]):
        yield f"{' ' if place else ''}{text} [{number}]"


def _as_text(text: str) -> str:
    """Return the text of an episode without links and what would look like a citation."""
    sentence = OutputFilter(0)
    return (sentence.feed(text) + sentence.close()).strip()
