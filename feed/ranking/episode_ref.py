"""How what explains a ranking names an episode."""

from dataclasses import dataclass

from feed.catalog.catalog import Catalog


@dataclass(frozen=True)
class EpisodeRef:
    """An episode as the Lab names it."""

    id: str
    title: str


def id_and_title(catalog: Catalog, row: int) -> tuple[str, str]:
    """Id and title of an episode."""
    return catalog.ids[row], catalog.title(row)
