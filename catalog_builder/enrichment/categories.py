"""Gives episodes without categories those of their show."""

from collections import Counter
from collections.abc import Mapping, Sequence

from feed.model.episode import Categories, Episode

MIN_EPISODES = 3
"""fewest episodes of a show that a category is taken from"""
MIN_SHARE = 0.5
"""least share of a show's episodes with categories that a category is taken from"""


def inherited_categories(episodes: Sequence[Episode]) -> list[Categories | None]:
    """Returns the categories of each episode's show; None for one that has categories of its own.

    Those of a show are the major categories of at least half of its episodes that have any, in
    alphabetical order. None for an episode of no show, or of one whose episodes have none.
    """
    majors = _majors_of_shows(episodes)
    return [None if _has_categories(one) else majors.get(show_of(one)) for one in episodes]


def show_of(episode: Episode) -> str:
    """Returns the id of an episode's show, or else its name; empty for none."""
    series = episode.series
    return (series.id or series.name or "") if series else ""


def _has_categories(episode: Episode) -> bool:
    found = episode.categories
    return found is not None and bool(found.major or found.subcategories)


def _majors_of_shows(episodes: Sequence[Episode]) -> Mapping[str, Categories]:
    sizes, counts = Counter[str](), dict[str, Counter[str]]()
    for one in episodes:
        if (show := show_of(one)) and one.categories and _has_categories(one):
            sizes[show] += 1
            counts.setdefault(show, Counter()).update(set(one.categories.major or ()))
    least = {show: max(MIN_EPISODES, MIN_SHARE * size) for show, size in sizes.items()}
    return {
        show: Categories(major=found)
        for show, names in counts.items()
        if (found := sorted(name for name, count in names.items() if count >= least[show]))
    }
