"""Sources lead to places that a player can open."""

from feed.search.passages import Passage
from functions.ask.sources import starts_within


def test_no_passage_begins_behind_the_end_of_its_episode() -> None:
    found = [Passage("a", 1, 60.0), Passage("b", 1, 59.5), Passage("c", 1), Passage("d", 1, 0.0)]
    assert starts_within(found, 60) == [None, 59.5, None, 0.0]
    assert starts_within(found, None) == [60.0, 59.5, None, 0.0]
