"""Texts: what of an episode's card is searched."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from feed.model.card import Card


def field_texts(card: Card) -> tuple[str, str, str, str]:
    """The text of each field, in the order of `feed.search.index.FIELDS`."""
    names = [*people(card), *_names(card.entities)]
    if card.categories is not msgspec.UNSET:
        names += [*(card.categories.major or ()), *(card.categories.subcategories or ())]
    series = card.series.name if card.series else ""
    return card.title, series, "\n".join(names), body(card)


def body(card: Card) -> str:
    """The insight of an episode, or else its description, or nothing."""
    return card.key_insight or card.description or ""


def people(card: Card) -> list[str]:
    """The names of an episode's people, each once."""
    return list(dict.fromkeys(_names(card.people)))


def _names(given: Iterable[Any] | msgspec.UnsetType) -> Iterator[str]:
    """Yield the names in a list of texts, and of records with a name."""
    for one in () if given is msgspec.UNSET else given:
        name = one.get("name") if isinstance(one, dict) else one
        if isinstance(name, str) and name.strip():
            yield name.strip()
