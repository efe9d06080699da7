"""Names of people and things: those that a list holds, and which spellings are one name."""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec


def names_in(given: Iterable[Any] | msgspec.UnsetType | None) -> Iterator[str]:
    """Yield the names in a list of texts, and of records with a `name`."""
    for one in () if given is None or isinstance(given, msgspec.UnsetType) else given:
        name = one.get("name") if isinstance(one, dict) else one
        if isinstance(name, str) and name.strip():
            yield name.strip()


def name_key(name: str) -> str:
    """A key that is equal for spellings that differ in case, white space or Unicode form.

    Two are equal by Unicode's compatibility caseless matching (Unicode Standard 3.13, D146).
    """
    form = unicodedata.normalize
    folded = form("NFKC", form("NFKC", form("NFD", name).casefold()).casefold())
    return " ".join(folded.split())
