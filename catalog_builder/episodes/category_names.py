"""One spelling for each category, whichever ones the episodes use."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from feed.model.category_names import category_key
from feed.model.episode import Categories, Episode


def unify_category_names(episodes: Sequence[Episode]) -> Sequence[Episode]:
    """Return the episodes with each category named as most of them name it, or else the first."""
    used: Counter[str] = Counter()
    for episode in episodes:
        if episode.categories:
            used.update(episode.categories.major or ())
            used.update(episode.categories.subcategories or ())
    spelled: Counter[str] = Counter()
    for name, count in used.items():
        spelled[" ".join(name.split())] += count
    chosen: dict[str, str] = {}
    for name, _ in spelled.most_common():  # of equal counts in the order of their appearance
        chosen.setdefault(category_key(name), name)
    renamed = {name: to for name in used if (to := chosen[category_key(name)]) != name}
    return [_renamed(one, renamed) for one in episodes] if renamed else episodes


def _renamed(episode: Episode, renamed: dict[str, str]) -> Episode:
    found = episode.categories
    if found is None or renamed.keys().isdisjoint(
        [*(found.major or ()), *(found.subcategories or ())]
    ):
        return episode
    return msgspec.structs.replace(
        episode,
        categories=Categories(
            major=_each_once(found.major, renamed),
            subcategories=_each_once(found.subcategories, renamed),
        ),
    )


def _each_once(names: list[str] | None, renamed: dict[str, str]) -> list[str] | None:
    return names and list(dict.fromkeys(renamed.get(name, name) for name in names))
