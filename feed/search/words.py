"""Words: a text as the terms that an index holds, the same for episodes and for queries.

Case, diacritics, widths and English endings are folded. Scripts that write no spaces are cut into
pairs of characters.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_UNSPACED = r"\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Thai, Lao, Japanese, Chinese and Korean"""
_FIRST_UNSPACED = "\u0e00"
_LETTER = rf"(?:[^\W_{_UNSPACED}]|[\u0300-\u036f\u0900-\u0dff])"
_WORD = re.compile(rf"[{_UNSPACED}]+|{_LETTER}+(?:['\u2019]{_LETTER}+)*")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_MARKS = re.compile("[\u0300-\u036f]+")
_APOSTROPHE = re.compile("['\u2019](?:s$)?")
MAX_WORD = 40
"""characters of a word that count"""
_ENDINGS = (
    *(("ational", "ate"), ("ization", "ize"), ("ations", "ate"), ("ation", "ate")),
    *(("ings", ""), ("ing", ""), ("ies", "y"), ("ied", "y"), ("edly", ""), ("ed", "")),
    *(("ers", ""), ("er", ""), ("ments", ""), ("ment", ""), ("sses", "ss"), ("ss", "ss")),
    *(("us", "us"), ("es", ""), ("s", ""), ("ly", ""), ("e", "")),
)
"""English endings and what takes their place; the first that fits is replaced"""
_REPLACEMENTS = tuple({new for ending, new in _ENDINGS if not ending.startswith(new)})
"""what a term may end with where its word does not have it"""
_SHORTEST_STEM = 3

_STOP = (
    "a an and are as at be but by for from has have how i in is it its of on or that the this "
    "to was were what when where which who why will with you your do does did should would "
    "could can about into than their they we our not no if so my me he his him she her them these "
    "those there here then some any such more most other just also too after before during within "
    "without get gets got"
)
STOP_WORDS = frozenset(_STOP.split())
"""words that say nothing of a topic"""


class Token(NamedTuple):
    """A term, and where its word stands in the text, in characters."""

    term: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """Yield the terms of a text in order."""
    for found in _WORD.finditer(text):
        start, end = found.span()
        word = found[0]
        if _IS_UNSPACED.match(word):
            for at, term in enumerate(_terms_of(word)):
                yield Token(term, start + at, min(start + at + 2, end))
        else:
            yield Token(_terms_of(word)[0], start, end)


def terms_of(text: str) -> list[str]:
    """The terms of a text in order."""
    return [term for word in _WORD.findall(text) for term in _terms_of(word)]


def folded_words(text: str) -> list[str]:
    """The words of a text without case and diacritics, with their endings."""
    return [_folded(word) for word in _WORD.findall(text)]


def folded(text: str) -> str:
    """A text without case, diacritics and apostrophes, in which `needle` finds words."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text.casefold())
        text = unicodedata.normalize("NFC", _MARKS.sub("", decomposed))
    return text.lower().replace("'", "").replace("\u2019", "")


def needle(term: str) -> str:
    """What every word with this term has in its folded form, so that others need no closer look."""
    for ending in _REPLACEMENTS:
        if len(term) - len(ending) >= _SHORTEST_STEM - 1 and term.endswith(ending):
            return term[: len(term) - len(ending)]
    return term


def _terms_of(word: str) -> list[str]:
    """The term of a word, or of a text without spaces the terms, one for each pair."""
    if word[0] >= _FIRST_UNSPACED and _IS_UNSPACED.match(word):
        pairs = [word[at : at + 2] for at in range(max(1, len(word) - 1))]
        return pairs if unicodedata.is_normalized("NFKC", word) else [*map(_folded, pairs)]
    return [_stemmed(word) if len(word) <= MAX_WORD else stem(_folded(word))]


@lru_cache(1 << 17)
def _stemmed(word: str) -> str:
    """The term of a word, kept. Texts without spaces are not: the size of one has no bound."""
    return stem(_folded(word))


def stem(word: str) -> str:
    """A folded word without its English ending, after Porter (1980), in one step."""
    if len(word) > _SHORTEST_STEM and word.isascii() and word.isalpha():
        for ending, replacement in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
                return word[: len(word) - len(ending)] + replacement
    return word


def _folded(word: str) -> str:
    if not word.isascii():
        decomposed = unicodedata.normalize("NFKD", word.casefold())
        word = unicodedata.normalize("NFC", _MARKS.sub("", decomposed))
    return _APOSTROPHE.sub("", word.lower())[:MAX_WORD]
