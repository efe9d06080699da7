"""Tells names of persons from other names, by their shape and by how texts introduce them."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from catalog_builder.enrichment.name_words import (
    APOSTROPHES,
    GIVEN_NAMES,
    ORGANISATIONS,
    PARTICLES,
)

MAX_WORDS = 4
"""of a person's name"""
_AROUND = 24
"""characters of a text on either side of a name that are looked at"""
_LONGEST_INITIALS = 2
"""letters of a word that may all be capital: longer ones are acronyms"""

_JOINTS = str.maketrans("", "", f"-.{APOSTROPHES}")
_BEFORE = re.compile(
    r"\b(?:guests?(?: is)?|feat[.]?|featuring|co-?hosts?|hosted by|joined by|author|professor|"
    r"prof[.]?|dr[.]?|mrs?[.]?|ms[.]?|comedian|journalist|reporter|economist|historian|philosopher|"
    r"scientist|physicist|psychologist|entrepreneur|investor|co-?founder|founder|ceo|cto|actor|actress|"
    r"director|senator|president|singer|novelist|interviews?|welcomes?)[,:]? $",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?:,? (?:joins?|joined|stops? by|sits? down)\b|, (?:the |a |an )?(?:author|professor|"
    r"co-?founder|founder|ceo|cto|journalist|historian|co-?host|host|economist|comedian)\b)",
    re.IGNORECASE,
)


def may_be_person(words: Sequence[str]) -> bool:
    """Whether words have the shape of a person's name: two to four, none of them an acronym."""
    return 2 <= len(words) <= MAX_WORDS and all(map(_may_be_in_name, words))  # noqa: PLR2004


def _may_be_in_name(word: str) -> bool:
    letters = word.translate(_JOINTS)
    if not letters.isalpha() or word.casefold() in ORGANISATIONS:
        return False
    is_acronym = len(letters) > _LONGEST_INITIALS and letters.isupper()
    return word in PARTICLES or (word[0].isupper() and not is_acronym)


def is_person(words: Sequence[str]) -> bool:
    """Whether words are a person's name by their shape and a common given name."""
    return is_given_name(words[0]) and may_be_person(words)


@lru_cache(1 << 16)
def is_given_name(word: str) -> bool:
    """Whether a word is a common given name, with any accents, or begins with one as Jean-Luc."""
    letters = unicodedata.normalize("NFD", word.partition("-")[0].casefold())
    return "".join(one for one in letters if not unicodedata.combining(one)) in GIVEN_NAMES


def person_at_end(words: Sequence[str]) -> Sequence[str]:
    """The person's name that words end with, such as that of a minister; all words for none."""
    ends = (words[start:] for start in range(1, len(words) - 1))
    return next((end for end in ends if is_person(end)), words)


def is_introduced(text: str, start: int, end: int) -> bool:
    """Whether the words around `text[start:end]` introduce a person, as `author` does."""
    before = text[max(0, start - _AROUND) : start]
    return bool(_BEFORE.search(before) or _AFTER.match(text[end : end + _AROUND]))
