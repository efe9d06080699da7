"""Names that transcripts say: those that texts of the catalog know, where the texts have none."""

from datetime import UTC, datetime
from typing import Any

from catalog_builder.enrichment.enrich import enrich
from feed.model.episode import Episode


def episode(number: int, **more: Any) -> Episode:
    title, at = f"Part {number}", datetime(2026, 1, 1, tzinfo=UTC)
    return Episode(id=f"e{number}", title=title, published_at=at, **more)


KNOWN = [
    episode(number, entities=["Bank of Ghent", "Kepler", "Rare Name"[number:]]) for number in (0, 1)
]
SAID = "kepler ghent orbit bank rare name"


def entities(*last: Episode) -> list[list[str] | None]:
    return [one.entities for one in enrich([*KNOWN, *last])[2:]]


def test_a_name_of_which_every_word_is_said_is_found_and_marked() -> None:
    said = episode(2, spoken=SAID)
    assert entities(said) == [["Kepler", "Bank of Ghent"]]
    assert enrich([*KNOWN, said])[2].estimated == ["quality", "entities"]
    assert entities(episode(2, spoken="kepler bank")) == [["Kepler"]]


def test_what_an_episode_has_stays_and_without_a_transcript_nothing_is_added() -> None:
    assert entities(episode(2, spoken=SAID, entities=["Own"]), episode(3)) == [["Own"], None]


def test_a_name_that_one_text_alone_has_is_not_looked_for() -> None:
    assert entities(episode(2, spoken="rare name")) == [None]
