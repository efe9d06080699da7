"""Tells which of the authors that a source names are persons."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from catalog_builder.enrichment.persons import is_person, may_be_person
from feed.model.episode import Episode

_BETWEEN = re.compile(r"\s*(?:[,;/|]|\s(?:&|and|und|et|y|e|en|og|och|with|mit)\s)\s*")


def persons_among_authors(episode: Episode, known_people: AbstractSet[str]) -> list[str]:
    """Returns the persons among an episode's authors, each once.

    A name is a person's if it begins with a common given name, if it is among `known_people`, or if
    it is a part of the show's title and has the shape of a person's name.
    """
    title = (episode.series.name or "") if episode.series else ""
    found = dict.fromkeys(name for one in episode.authors or () for name in _split(one))
    return [name for name in found if _is_person(name, title, known_people)]


def _split(author: str) -> Iterator[str]:
    return (name.strip() for name in _BETWEEN.split(author) if name.strip())


def _is_person(name: str, title: str, known_people: AbstractSet[str]) -> bool:
    words = name.split()
    is_in_title = name in title and name != title and may_be_person(words)
    return is_person(words) or name in known_people or is_in_title
