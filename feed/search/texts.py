"""Texts: what of an episode's card is searched."""

import msgspec

from feed.model.card import Card
from feed.model.names import names_in


def field_texts(card: Card) -> tuple[str, str, str, str]:
    """The text of each field, in the order of `feed.search.index.FIELDS`."""
    names = [*people(card), *names_in(card.entities)]
    if card.categories is not msgspec.UNSET:
        names += [*(card.categories.major or ()), *(card.categories.subcategories or ())]
    series = card.series.name if card.series else ""
    return card.title, series, "\n".join(names), body(card)


def body(card: Card) -> str:
    """The insight of an episode, or else its description, or nothing."""
    return card.key_insight or card.description or ""


def people(card: Card) -> list[str]:
    """The names of an episode's people, each once."""
    return list(dict.fromkeys(names_in(card.people)))
