from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_builder.build import build_catalog
from catalog_builder.search_index import build_search_index
from feed.catalog.catalog import Catalog
from feed.model.card import Card
from feed.model.episode import Episode
from feed.model.timestamps import to_us
from feed.ports.episodes import Vectors
from feed.search.codec import SearchIndexError, decode, encode
from feed.search.index import SearchIndex
from feed.search.names import matching_names
from feed.search.search import search
from feed.search.snippet import matched_fields, snippet
from feed.search.titles import matching_titles
from feed.search.variants import distance

NOW = datetime(2026, 2, 6, tzinfo=UTC)
EPISODES: tuple[dict[str, Any], ...] = (
    {"id": "geothermal", "title": "Heat from deep wells", "key_insight": "Geothermal drilling."},
    {"id": "cafe", "title": "The café economy", "people": ["José Núñez"], "published_at": 2024},
    {"id": "tokyo", "title": "東京の電車", "key_insight": "日本の鉄道について"},
    {"id": "wells", "title": "Wells Fargo", "key_insight": "A bank and its drilling of customers."},
    {
        "id": "ballet",
        "title": "Ballet 🩰 for everybody",
        "series": {"id": "s", "name": "Night Dance"},
    },
    {"id": "moon", "title": "Two moons", "series": {"id": "s", "name": "Night Dance"}},
    {"id": "moons", "title": "The night of the moon dance", "published_at": 2023},
)


def episode_of(fields: dict[str, Any]) -> Episode:
    published = datetime(fields.get("published_at", 2025), 3, 1, tzinfo=UTC)
    return msgspec.convert({**fields, "published_at": published}, Episode)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """Each episode has a vector of its own, but for the two about trains and moons."""
    matrix = np.eye(len(EPISODES), 8, dtype=np.float32)
    matrix[5] = matrix[2]
    vectors = Vectors(matrix, np.ones(len(EPISODES), np.bool_), "test")
    return build_catalog([episode_of(one) for one in EPISODES], vectors, NOW)


@pytest.fixture(scope="module")
def index(catalog: Catalog) -> SearchIndex:
    return build_search_index(catalog)


def found(catalog: Catalog, index: SearchIndex, query: str, **options: Any) -> list[str]:
    allowed = options.pop("allowed", np.ones(len(catalog), np.bool_))
    results = search(catalog, index, query, allowed=allowed, now_us=to_us(NOW), **options)
    return [catalog.ids[row] for row in results.rows.tolist()]


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("geotermal", "geothermal"),  # a letter is missing
        ("goethermal", "geothermal"),  # two are swapped
        ("geoth", "geothermal"),  # as it is typed
        ("CAFÉS", "cafe"),
        ("nunez", "cafe"),
        ("鉄道", "tokyo"),
        ("電", "tokyo"),
        ("night dance moons", "moon"),  # a series is named
        ("moon dance 2023", "moons"),  # a year is named
        ("latest night dance episodes", "ballet"),
    ],
)
def test_words_find_the_episode_that_is_meant(
    catalog: Catalog, index: SearchIndex, query: str, best: str
) -> None:
    assert found(catalog, index, query)[0] == best


def test_a_phrase_is_found_as_it_stands_only(catalog: Catalog, index: SearchIndex) -> None:
    assert {"wells", "geothermal"} <= set(found(catalog, index, "wells drilling"))
    assert found(catalog, index, '"deep wells"') == ["geothermal"]
    assert found(catalog, index, '"wells deep"') == []


def test_an_episode_like_the_best_match_is_found_without_a_word_of_the_query(
    catalog: Catalog, index: SearchIndex
) -> None:
    assert found(catalog, index, "鉄道")[:2] == ["tokyo", "moon"]
    none = replace(catalog.embeddings, float32=catalog.embeddings.float32[:0])
    assert found(replace(catalog, embeddings=none), index, "鉄道") == ["tokyo"]


def test_a_query_embedded_by_a_model_finds_what_shares_no_word_with_it(
    catalog: Catalog, index: SearchIndex
) -> None:
    vector = catalog.embeddings[[int(catalog.rows(["cafe"])[0])]][0]
    assert found(catalog, index, "xylophonist", vector=vector)[0] == "cafe"
    assert found(catalog, index, "wells fargo", vector=vector)[:2] == ["cafe", "wells"]
    assert found(catalog, index, '"deep wells"', vector=vector) == ["geothermal"]


def test_no_more_than_five_unknown_words_of_a_query_are_repaired(
    catalog: Catalog, index: SearchIndex
) -> None:
    unknown = ["xylo" + letter * 4 for letter in "abcdef"]
    assert found(catalog, index, " ".join([*unknown[:4], "geotermal", "?"]))[0] == "geothermal"
    assert found(catalog, index, " ".join([*unknown[:5], "geotermal", "?"])) == []


def test_taste_reorders_equals_alone(catalog: Catalog, index: SearchIndex) -> None:
    plain = found(catalog, index, "night dance")
    equals, taste = {"ballet", "moon"}, np.eye(8, dtype=np.float32)
    assert set(plain[:2]) == equals
    for liked in equals:
        row = int(catalog.rows([liked])[0])
        ordered = found(catalog, index, "night dance", taste=catalog.embeddings[[row]][0])
        assert ordered[0] == liked
        assert set(ordered) == set(plain)
    assert found(catalog, index, "geothermal drilling", taste=taste[3])[0] == "geothermal"


def test_nothing_is_found_for_words_that_nothing_resembles(
    catalog: Catalog, index: SearchIndex
) -> None:
    for query in ("xylophonist", "?!", " ", '""', "\0"):
        assert found(catalog, index, query) == []


@given(st.text(max_size=30), st.lists(st.booleans(), min_size=7, max_size=7))
def test_any_query_finds_only_allowed_episodes_each_once_and_best_first(
    catalog: Catalog, index: SearchIndex, query: str, allowed: list[bool]
) -> None:
    mask = np.array(allowed)
    results = search(catalog, index, query, allowed=mask, now_us=to_us(NOW))
    rows = results.rows.tolist()
    assert len(set(rows)) == len(rows) == results.total
    assert mask[rows].all()
    assert (np.diff(results.scores) <= 0).all()
    for row in rows:
        part = snippet(msgspec.json.decode(catalog.cards.raw(row), type=Card), results.terms)
        ends = [0, *(end for one in part.ranges for end in one)]
        assert ends == sorted(ends)
        assert ends[-1] <= len(part.text.encode("utf-16-le")) // 2


def test_a_snippet_marks_words_in_utf_16_units(catalog: Catalog, index: SearchIndex) -> None:
    allowed = np.ones(len(catalog), np.bool_)
    results = search(catalog, index, "everybody", allowed=allowed, now_us=to_us(NOW))
    card = msgspec.json.decode(catalog.cards.raw(int(results.rows[0])), type=Card)
    part = snippet(card, results.terms)
    ((begin, end),) = part.ranges
    assert part.text.encode("utf-16-le")[2 * begin : 2 * end].decode("utf-16-le") == "everybody"
    assert matched_fields(card, results.terms) == ["title"]


def test_names_are_found_by_the_beginning_of_any_word(index: SearchIndex) -> None:
    assert [one.name for one in matching_names(index, "nuñ", 5)] == ["José Núñez"]
    assert [one.name for one in matching_names(index, "night d", 5)] == ["Night Dance"]
    assert matching_names(index, "?", 5) == []


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("moo", ["moon", "moons"]),  # the newest first
        ("night of the m", ["moons"]),
        ("drill", []),  # in the texts of two
        ("moon balle", []),
        ("東", ["tokyo"]),
        ("?", []),
    ],
)
def test_titles_are_found_by_their_own_words_alone(
    catalog: Catalog, index: SearchIndex, query: str, titles: list[str]
) -> None:
    rows = matching_titles(catalog, index, query, 3, to_us(NOW)).tolist()
    assert [catalog.ids[row] for row in rows] == titles
    assert len(matching_titles(catalog, index, query, 3, 0)) == 0  # before anything was published


@pytest.mark.parametrize("width", [1, 3])
def test_gaps_of_any_width_are_kept(
    catalog: Catalog, index: SearchIndex, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setattr("catalog_builder.search_index.MAX_GAP", width)
    bridged = build_search_index(catalog)
    assert len(bridged.gaps) > len(index.gaps)
    assert (bridged.frequencies == index.frequencies).all()
    for query in ("moon", "night dance", "drilling wells", "no"):
        assert found(catalog, bridged, query) == found(catalog, index, query)
        titles = [matching_titles(catalog, one, query, 9, to_us(NOW)) for one in (bridged, index)]
        assert titles[0].tolist() == titles[1].tolist()


def test_an_index_is_the_same_after_storage_and_for_an_equal_catalog(
    catalog: Catalog, index: SearchIndex
) -> None:
    data = encode(index)
    assert encode(decode(data, len(catalog))) == data
    assert encode(build_search_index(catalog)) == data


def test_an_index_that_is_damaged_or_of_another_catalog_is_refused(
    catalog: Catalog, index: SearchIndex
) -> None:
    data = encode(index)
    for damaged in (b"", data[:40], data[:-100], b"?" + data[1:], data[:20] + b"?" + data[21:]):
        with pytest.raises(SearchIndexError):
            decode(damaged, len(catalog))
    with pytest.raises(SearchIndexError):
        decode(data, len(catalog) - 1)


def test_an_empty_catalog_has_an_index_in_which_nothing_is_found() -> None:
    empty = build_catalog([], Vectors(np.zeros((0, 8)), np.zeros(0, np.bool_), "test"), NOW)
    index = decode(encode(build_search_index(empty)), 0)
    assert found(empty, index, "anything at all") == []


@pytest.mark.parametrize(
    ("one", "other", "typos"),
    [("chess", "chess", 0), ("chess", "chss", 1), ("chess", "hcess", 1), ("chess", "dance", 3)],
)
def test_typos_are_counted_up_to_the_most_allowed(one: str, other: str, typos: int) -> None:
    assert distance(one, other, 2) == typos
    assert distance(other, one, 2) == typos
