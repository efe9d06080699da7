"""An app's documents become the fields of an episode, as the table `[episodes]` says."""

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.firestore.schema.episodes import EpisodesTable
from adapters.firestore.schema.schema import SchemaError, parse_schema
from adapters.firestore.schema.values import Refusal
from adapters.firestore.update_times import UpdateTimes

APP = b"""
[episodes]
path = "podcasts/{podcast}/episodes/{id}"
condition = {field = "state.live", equals = true}
updated_at = {field = "modified", unit = "milliseconds"}
title = "name"
published_at = {field = "aired", unit = "seconds"}
duration_s = {field = "length", unit = "clock"}
audio_url = "media.file"
people = ""
categories.major = "genre"
series = {id = "{podcast}", document = "podcasts/{series}", document_name = "title"}
"""
PATH = "podcasts/p/episodes/e"
DOCUMENT = {
    "state": {"live": True},
    "name": "One",
    "aired": 1_000,
    "length": "1:00:01",
    "media": {"file": "https://a.example/1.mp3"},
    "genre": "Science",
    "people": 7,
    "language": "",
    "internal": "not an episode's",
}


def table(text: bytes = APP) -> EpisodesTable:
    found = parse_schema(text).episodes
    assert found is not None
    return found


def test_names_units_and_placeholders_are_those_of_the_schema() -> None:
    assert table().episode(PATH, DOCUMENT) == {
        "id": "e",
        "title": "One",
        "published_at": "1970-01-01T00:16:40Z",
        "duration_s": 3601.0,
        "audio_url": "https://a.example/1.mp3",
        "categories": {"major": ["Science"]},
        "series": {"id": "p"},
    }
    assert table().series_document(PATH, DOCUMENT) == "podcasts/p"
    assert table().episode("drafts/p/episodes/e", DOCUMENT) is None


@pytest.mark.parametrize(
    ("condition", "state", "published"),
    [
        (b"equals = true", {"live": True}, True),
        (b"equals = true", {"live": 1}, False),
        (b"equals = true", {}, False),
        (b'equals = "yes"', {"live": "yes"}, True),
        (b"differs_from = true", {}, True),
        (b"differs_from = true", {"live": True}, False),
    ],
)
def test_only_what_meets_the_condition_is_published(
    condition: bytes, state: dict[str, Any], published: bool
) -> None:
    changed = table(APP.replace(b"equals = true", condition))
    assert (changed.episode(PATH, DOCUMENT | {"state": state}) is not None) == published


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"length": "an hour"}, "length is no duration like 1:02:03"),
        ({"aired": "today"}, "aired is no number"),
    ],
)
def test_a_value_that_is_not_understood_has_a_reason(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refusal) as refusal:
        table().episode(PATH, DOCUMENT | change)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"episodes/{id}", b"episodes", "path: expected"),
        (b'id = "{podcast}"', b'id = "{show}"', "{show}"),
        (b"podcasts/{series}", b"podcasts/{show}", "series.document"),
        (b', document_name = "title"', b"", "document_name: expected"),
        (b'"clock"', b'"hours"', "unit"),
        (b"equals = true", b"is = true", "is"),
        (b", equals = true", b"", "condition: expected"),
        (b'title = "name"', b'title = ""', "title: expected"),
        (b'title = "name"', b'titel = "name"', "titel"),
        (b"podcasts/{podcast}/episodes/{id}", b"users/{podcast}/earshot/{id}", "overlap"),
    ],
)
def test_what_the_table_cannot_mean_is_refused(old: bytes, new: bytes, said: str) -> None:
    with pytest.raises(SchemaError) as error:
        parse_schema(APP.replace(old, new, 1))
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        ("timestamp", datetime(1970, 1, 2, tzinfo=UTC)),
        ("iso", "1970-01-02T00:00:00Z"),
        ("seconds", 86_400),
        ("milliseconds", 86_400_000),
    ],
)
def test_times_of_change_compare_in_their_own_unit(unit: str, value: Any) -> None:
    text = b'[episodes]\nupdated_at = {field = "at", unit = "%s"}' % unit.encode()
    updates = UpdateTimes(table(text).updated)
    mark = updates.mark({"at": value})
    assert updates.us(mark) == 86_400_000_000
    assert updates.value(mark) == value
    assert updates.mark_at(86_400_000_000 - 1) < mark <= updates.mark_at(86_400_000_000)
    assert updates.mark({"at": None}) is None
