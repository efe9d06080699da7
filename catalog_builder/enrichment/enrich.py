"""Fills what episodes lack from the other episodes of a catalog, and marks what it filled."""

from collections.abc import Sequence
from typing import Any

import msgspec

from catalog_builder.enrichment.authors import persons_among_authors
from catalog_builder.enrichment.categories import inherited_categories
from catalog_builder.enrichment.names import MAX_NAMES, find_names
from catalog_builder.enrichment.spoken import spoken_names
from feed.model.episode import Episode
from feed.model.names import names_in


def enrich(episodes: Sequence[Episode]) -> list[Episode]:
    """Returns the episodes with the people, entities and categories that they lacked.

    `estimated` of each says what was filled in, and `quality` where a score of its quality is
    missing. What an episode has is never changed. The order of the episodes does not matter.
    """
    known_people = {name for one in episodes for name in names_in(one.people)}
    authors = [persons_among_authors(one, known_people) for one in episodes]
    found = find_names(episodes, known_people.union(*authors))
    of_texts = [
        list(names_in(one.entities)) or names.entities
        for one, names in zip(episodes, found, strict=True)
    ]
    said = spoken_names(episodes, of_texts)
    categories = inherited_categories(episodes)
    return [
        _filled(
            one,
            {
                "people": list(dict.fromkeys([*persons, *names.people]))[:MAX_NAMES],
                "entities": list(dict.fromkeys([*names.entities, *spoken]))[:MAX_NAMES],
                "categories": of_show,
            },
        )
        for one, persons, names, spoken, of_show in zip(
            episodes, authors, found, said, categories, strict=True
        )
    ]


def _filled(episode: Episode, found: dict[str, Any]) -> Episode:
    """The episode with what was found where it has nothing."""
    new = {
        name: value
        for name, value in found.items()
        if value and (name == "categories" or not getattr(episode, name))
    }
    scores = episode.scores
    is_scored = scores is not None and None not in (scores.credibility, scores.insight)
    marks = [*([] if is_scored else ["quality"]), *new]
    return msgspec.structs.replace(episode, **new, estimated=marks or None)
