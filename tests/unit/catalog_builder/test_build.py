"""Catalogs as they are built."""

import msgspec
import numpy as np
import pytest

from catalog_builder.build import build_catalog
from catalog_builder.errors import CommandError
from feed.model.episode import Episode
from feed.ports.episodes import Vectors
from tests.support.catalogs import NOW, catalog_of, episodes

MINIMAL = {"id": "a", "title": "A", "published_at": "2026-02-05T10:00:00Z"}


def test_a_card_says_what_the_columns_say() -> None:
    made = episodes(60)
    catalog = catalog_of(made)
    for row, episode in enumerate(made):
        card = msgspec.json.decode(catalog.cards.raw(row))
        assert card["id"] == episode.id == catalog.ids[row]
        assert card["content_id"] == episode.content_id
        place = int(catalog.series[row])
        if place < 0:
            assert card["series"] is None
        else:
            assert card["series"] == {
                "id": catalog.series_ids[place],
                "name": catalog.series_names[place],
            }
        majors = (episode.categories and episode.categories.major) or []
        inside = [catalog.categories[int(c)] for c in catalog.categories_of(row)]
        assert inside[: len(majors)] == majors


def test_a_series_with_only_a_name_is_known_by_it() -> None:
    named = msgspec.convert({**MINIMAL, "series": {"name": "Show"}}, Episode)
    catalog = catalog_of([named])
    assert list(catalog.series_ids) == list(catalog.series_names) == ["Show"]


def test_embeddings_become_unit_rows_and_what_is_no_direction_becomes_none() -> None:
    made = episodes(4)
    matrix = np.zeros((4, 8), np.float32)
    matrix[0, 0] = 3.0
    matrix[1, 1] = 1e-30
    catalog = build_catalog(made, Vectors(matrix, np.ones(4, bool), "m"), NOW)
    assert catalog.embeddings.present.tolist() == [True, True, False, False]
    assert np.linalg.norm(catalog.embeddings[:], axis=1) == pytest.approx([1, 1, 0, 0])


@pytest.mark.parametrize("shape", [(4, 7), (4, 4097), (3, 8)])
def test_vectors_of_an_unsupported_shape_are_refused(shape: tuple[int, int]) -> None:
    vectors = Vectors(np.ones(shape, np.float32), np.ones(shape[0], bool), "m")
    with pytest.raises(CommandError, match="vectors: expected 4 rows"):
        build_catalog(episodes(4), vectors, NOW)


@pytest.mark.parametrize("dimension", [8, 4096])
def test_the_smallest_and_the_largest_dimension_work(dimension: int) -> None:
    vectors = Vectors(np.ones((4, dimension), np.float32), np.ones(4, bool), "m")
    assert build_catalog(episodes(4), vectors, NOW).dimension == dimension


def test_thousands_of_series_and_categories_are_kept_apart() -> None:
    made = [
        msgspec.convert(
            {
                **MINIMAL,
                "id": f"{i}",
                "series": {"id": f"s{i}"},
                "categories": {"major": [f"c{i}", "all"]},
            },
            Episode,
        )
        for i in range(5000)
    ]
    catalog = catalog_of(made)
    assert (len(catalog.series_ids), len(catalog.categories)) == (5000, 5001)
    place = catalog.category_index.row("c4711")
    assert catalog.rows_in_categories(np.array([place])).tolist() == [4711]
    assert catalog.series_index.row("s4711") == 4711


def test_categories_that_differ_in_case_or_space_are_one_spelled_as_most_spell_it() -> None:
    names = ["technology", "Technology", " Technology", "Tech  News"]
    made = [
        msgspec.convert({**MINIMAL, "id": name, "categories": {"major": [name, "Arts"]}}, Episode)
        for name in names
    ]
    catalog = catalog_of(made)
    assert list(catalog.categories) == ["Technology", "Arts", "Tech News"]
    cards = [msgspec.json.decode(catalog.cards.raw(row)) for row in range(4)]
    assert [card["categories"]["major"][0] for card in cards] == ["Technology"] * 3 + ["Tech News"]
    asked = ["TECH NEWS", "technology ", "unknown"]
    assert [catalog.categories[int(place)] for place in catalog.find_categories(asked)] == [
        "Technology",
        "Tech News",
    ]
