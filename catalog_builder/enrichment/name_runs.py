"""Finds runs of capitalised words in texts in Latin script: what may be proper names.

A capital letter says little at the beginning of a sentence, and in a text where many words have one
(a headline, German). What is a name is decided over the whole catalog (`names`).
"""

import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

from catalog_builder.enrichment.name_words import APOSTROPHES

_CODES = (*range(0x250), *range(0x1E00, 0x1F00))
_LETTERS = "".join(chr(code) for code in _CODES if chr(code).isalpha())
_UPPER = "".join(letter for letter in _LETTERS if letter.isupper())
_REST = rf"(?:[{_LETTERS}0-9]|[{APOSTROPHES}&](?=[{_UPPER}])|-(?=[{_UPPER}0-9]))*+"
"""of a word, after its first letter"""
_PARTICLE = (
    rf"(?:of the|of|de la|de los|de|del|della|di|da|do|dos|du|des|van der|van den|van|von|bin|al|"
    rf"[{_UPPER}][.])"
)
# Neither within a word, an address, a handle or a tag, nor before the rest of one. The first letter
# stands before what must not precede it: so a search skips all other characters at once.
_RUN = re.compile(
    rf"[{_UPPER}](?<![\w@#/.{APOSTROPHES}&-][{_UPPER}])"
    rf"(?>{_REST}(?: (?:{_PARTICLE} )?[{_UPPER}]{_REST})*)(?![\w@/]|[.]\w|://)"
)
MAX_ACRONYMS = 8
"""Characters of several words in capitals; a longer run is shouted, such as a heading."""
_QUOTES = f' \t"\u201c\u201d\u201e\u00ab\u00bb\u2018{APOSTROPHES}'


class Run(NamedTuple):
    """Capitalised words that follow each other in a text, without a possessive ending."""

    words: tuple[str, ...]
    """with the particles between them, such as `of`"""
    start: int
    """characters before it"""
    end: int
    begins_sentence: bool


def runs(text: str) -> Iterator[Run]:
    """Yields the runs of capitalised words in a text, in order."""
    for found in _RUN.finditer(text):
        start, end = found.span()
        before = text[max(0, start - 8) : start].rstrip(_QUOTES)
        words = tuple(map(sys.intern, found[0].split(" ")))
        is_shouted = found[0].isupper() and " " in found[0] and end - start > MAX_ACRONYMS
        if not is_shouted:
            yield Run(words, start, end, not _goes_on(before[-1:]))


def _goes_on(last: str) -> bool:
    """Whether a sentence goes on after a character, which is not so at the beginning of a text."""
    return last.isalnum() or (last != "" and last in ",&%+")
