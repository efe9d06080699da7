from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from catalog_builder.build import build_catalog
from catalog_builder.episodes.validation import load_fields, read_episodes
from catalog_builder.errors import CommandError
from catalog_builder.publish.gate import refusals
from feed.model.episode import Episode
from feed.ports.episodes import Problem, Record, Vectors
from tests.support.catalogs import NOW, catalog_of, episodes

MINIMAL = {"id": "a", "title": "A", "published_at": "2026-02-05T10:00:00Z"}


def read(*records: dict[str, Any]) -> Any:
    return read_episodes(Record(f"f:{i}", one) for i, one in enumerate(records, 1))


def plain(episode: Episode) -> dict[str, Any]:
    return dict(msgspec.to_builtins(episode))


def test_three_fields_are_enough_and_null_counts_as_missing() -> None:
    nulls = dict.fromkeys(["series", "scores", "categories", "duration_s", "explicit", "url"])
    assert len(read(MINIMAL, {**MINIMAL, "id": "b", **nulls}).episodes) == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "id: expected str, got null"),
        ({"id": ""}, "id: expected str of length >= 1"),
        ({"id": 7}, "id: expected str, got int"),
        ({"id": " "}, "nothing but space"),
        ({"id": "ü" * 257}, "id: expected at most 512 bytes in UTF-8, got 514"),
        ({"title": None}, "title: expected str, got null"),
        (
            {"published_at": "yesterday"},
            "published_at: expected a date like 2026-02-05T10:00:00Z, got",
        ),
        (
            {"published_at": "2026-02-30T00:00:00Z"},
            "published_at: expected a date like 2026-02-05T10:00:00Z, got",
        ),
        (
            {"published_at": "2026-02-05T10:00:00"},
            "published_at: expected datetime with a timezone",
        ),
        ({"scores": {"insight": 6}}, "scores.insight: expected float <= 5"),
        ({"scores": {"insight": "high"}}, "scores.insight: expected"),
        ({"scores": {"insight": float("nan")}}, "scores.insight: expected float"),
        ({"duration_s": "12:30"}, "duration_s: expected"),
        ({"duration_s": -5}, "duration_s: expected float >= 0"),
        ({"duration_s": 20231114}, "duration_s: expected float <= 604800"),
        ({"duration_s": 3_600_000}, "duration_s: expected float <= 604800"),
        ({"duration_s": float("nan")}, "duration_s: expected float"),
        ({"categories": ["News"]}, "categories: expected object"),
        ({"categories": {"major": "News"}}, "categories.major: expected"),
    ],
)
def test_a_bad_episode_is_skipped_with_its_place_and_the_reason(
    change: dict[str, Any], reason: str
) -> None:
    found = read({**MINIMAL, "id": "good"}, {**MINIMAL, **change})
    assert [e.id for e in found.episodes] == ["good"]
    assert [one.where for one in found.bad] == ["f:2"]
    assert reason in found.bad[0].reason


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<p>One &amp; two</p><p>three</p><script>evil()</script>", "One & two three"),
        ("re<b>al</b>", "real"),
        ("<table><tr><td>a</td></tr></table>", "a"),
        ("Salt &amp; sand&nbsp;", "Salt & sand\xa0"),
        ("One.\n\nTwo, 3 < 4 > 2, <vector>, AT&T", "One.\n\nTwo, 3 < 4 > 2, <vector>, AT&T"),
    ],
)
def test_html_becomes_text_that_a_page_can_print(written: str, shown: str) -> None:
    texts = {"description": written, "key_insight": written}
    (episode,) = read({**MINIMAL, **texts, "series": {"name": "<b>Salt</b> &amp; sand"}}).episodes
    assert (episode.description, episode.key_insight) == (shown, shown)
    assert episode.series
    assert episode.series.name == "Salt & sand"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<i>Tides</i> &amp; time", "Tides & time"),
        ("C++ <vector>, explained", "C++ <vector>, explained"),
        ("<b></b>", "<b></b>"),
    ],
)
def test_a_title_is_text_and_never_empty(written: str, shown: str) -> None:
    assert read({**MINIMAL, "title": written}).episodes[0].title == shown


def test_a_missing_field_is_named() -> None:
    assert "published_at" in read({"id": "a", "title": "A"}).bad[0].reason


def test_of_two_episodes_with_one_id_the_first_stays() -> None:
    found = read(MINIMAL, {**MINIMAL, "title": "B"})
    assert [e.title for e in found.episodes] == ["A"]
    assert found.bad == [Problem("f:2", "duplicate id 'a', first at f:1")]


def test_problems_of_the_source_are_kept_in_their_place() -> None:
    assert read_episodes([Problem("f:1", "broken"), Record("f:2", MINIMAL)]).bad == [
        Problem("f:1", "broken")
    ]


def test_other_names_are_mapped_onto_the_fields(tmp_path: Any) -> None:
    file = tmp_path / "fields.toml"
    file.write_text('id = "key"\n"series.name" = "podcast.title"\n"scores.insight" = "rating"\n')
    record = {"key": "k", "title": "T", "published_at": "2026-02-05T10:00:00Z", "rating": 4}
    record["podcast"] = {"title": "Show"}
    found = read_episodes([Record("f:1", record)], load_fields(file)).episodes[0]
    assert (found.id, found.series and found.series.name) == ("k", "Show")
    assert found.scores
    assert found.scores.insight == 4


def test_a_mapping_may_be_written_as_toml_tables(tmp_path: Any) -> None:
    file = tmp_path / "fields.toml"
    file.write_text('series.name = "show"\n[scores]\ninsight = "rating"\n')
    assert load_fields(file) == {"series.name": "show", "scores.insight": "rating"}


def test_names_are_stripped_and_ids_are_not() -> None:
    odd = {**MINIMAL, "id": " a ", "title": " A ", "series": {"id": " s", "name": "Show "}}
    (episode,) = read(odd).episodes
    assert (episode.id, episode.title) == (" a ", "A")
    assert episode.series
    assert (episode.series.id, episode.series.name) == (" s", "Show")


@pytest.mark.parametrize("text", ["id = 3", "id =", "\xff", 'tilte = "title"', 'series = "x"'])
def test_a_mapping_that_cannot_be_used_is_refused(tmp_path: Any, text: str) -> None:
    file = tmp_path / "fields.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(CommandError, match=r"fields\.toml"):
        load_fields(file)


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
    assert catalog.rows_in(np.array([place])).tolist() == [4711]
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
    assert [catalog.categories[int(place)] for place in catalog.categories_named(asked)] == [
        "Technology",
        "Tech News",
    ]


def test_the_gate_lets_a_like_catalog_through_and_says_what_is_wrong_with_another() -> None:
    made = episodes(100)
    before = catalog_of(made)
    assert refusals(catalog_of(made[20:] + episodes(150)[100:]), before) == []
    assert [r.rule for r in refusals(catalog_of(made[21:]), before)] == ["lost_episodes"]
    assert [r.rule for r in refusals(catalog_of([]), before)] == ["empty"]
    assert [r.rule for r in refusals(before, None, min_coverage=0.99)] == ["vector_coverage"]
    blind = catalog_of(made, keep_vectors=False)
    assert refusals(blind, before) == refusals(before, blind) == []
    assert [r.rule for r in refusals(blind, None, min_coverage=0.99)] == ["vector_coverage"]


def test_the_example_and_the_fields_of_the_documentation_are_those_of_an_episode() -> None:
    text = (Path(__file__).parents[3] / "docs" / "episodes.md").read_text()
    example = msgspec.json.decode(text.split("```json")[1].split("```")[0].encode())
    assert read(example).bad == []
    assert example.keys() == set(Episode.__struct_fields__)
    for name in Episode.__struct_fields__:
        assert f"`{name}`" in text.split("| Field | Type |")[1].split("## ")[0], name
