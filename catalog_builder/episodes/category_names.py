"""Gives each category one spelling, however the episodes write it."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from feed.model.category_names import category_key
from feed.model.episode import Categories, Episode


def unify_category_names(episodes: Sequence[Episode]) -> Sequence[Episode]:
    """Returns the episodes with each category in its most frequent spelling, or else the first."""
    used: Counter[str] = Counter()
    for episode in episodes:
        if episode.categories:
            used.update(episode.categories.major or ())
            used.update(episode.categories.subcategories or ())
    spellings: Counter[str] = Counter()
    for name, count in used.items():
        spellings[" ".join(name.split())] += count
    chosen: dict[str, str] = {}
    for name, _ in spellings.most_common():  # equal counts stay in order of appearance
        chosen.setdefault(category_key(name), name)
    renames = {name: to for name in used if (to := chosen[category_key(name)]) != name}
    return [_rename(one, renames) for one in episodes] if renames else episodes


def _rename(episode: Episode, renames: dict[str, str]) -> Episode:
    found = episode.categories
    if found is None or renames.keys().isdisjoint(
        [*(found.major or ()), *(found.subcategories or ())]
    ):
        return episode
    return msgspec.structs.replace(
        episode,
        categories=Categories(
            major=_rename_all(found.major, renames),
            subcategories=_rename_all(found.subcategories, renames),
        ),
    )


def _rename_all(names: list[str] | None, renames: dict[str, str]) -> list[str] | None:
    return names and list(dict.fromkeys(renames.get(name, name) for name in names))
