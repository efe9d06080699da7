"""What makes an episode valid, and how others are reported."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from catalog_builder.episodes.validation import ValidationResult, load_fields, validate_episodes
from catalog_builder.errors import CommandError
from feed.model.episode import Episode
from feed.ports.episodes import SourceProblem, SourceRecord

MINIMAL = {"id": "a", "title": "A", "published_at": "2026-02-05T10:00:00Z"}
EXPECTED_DATE = "published_at: expected a date like 2026-02-05T10:00:00Z,"


def read(*records: dict[str, Any]) -> ValidationResult:
    return validate_episodes(SourceRecord(f"f:{i}", one) for i, one in enumerate(records, 1))


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
        ({"published_at": "yesterday"}, f"{EXPECTED_DATE} got 'yesterday'"),
        ({"published_at": "2026-02-30T00:00:00Z"}, f"{EXPECTED_DATE} got '2026-02-30"),
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
    assert [one.where for one in found.problems] == ["f:2"]
    assert reason in found.problems[0].reason


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
    assert "published_at" in read({"id": "a", "title": "A"}).problems[0].reason


def test_of_two_episodes_with_one_id_the_first_stays() -> None:
    found = read(MINIMAL, {**MINIMAL, "title": "B"})
    assert [e.title for e in found.episodes] == ["A"]
    assert found.problems == [SourceProblem("f:2", "duplicate id 'a', first at f:1")]


def test_problems_of_the_source_are_kept_in_their_place() -> None:
    assert validate_episodes(
        [SourceProblem("f:1", "broken"), SourceRecord("f:2", MINIMAL)]
    ).problems == [SourceProblem("f:1", "broken")]


def test_other_names_are_mapped_onto_the_fields(tmp_path: Any) -> None:
    file = tmp_path / "fields.toml"
    file.write_text('id = "key"\n"series.name" = "podcast.title"\n"scores.insight" = "rating"\n')
    record = {"key": "k", "title": "T", "published_at": "2026-02-05T10:00:00Z", "rating": 4}
    record["podcast"] = {"title": "Show"}
    found = validate_episodes([SourceRecord("f:1", record)], load_fields(file)).episodes[0]
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


def test_the_example_and_the_fields_of_the_documentation_are_those_of_an_episode() -> None:
    text = (Path(__file__).parents[4] / "docs" / "episodes.md").read_text()
    example = msgspec.json.decode(text.split("```json")[1].split("```")[0].encode())
    assert read(example).problems == []
    names = {"notes", *Episode.__struct_fields__} - {
        "estimated",
        "notes_digest",
        "transcript_digest",
        "spoken",
    }
    assert example.keys() == names
    for name in names:
        assert f"`{name}`" in text.split("| Field | Type |")[1].split("## ")[0], name
