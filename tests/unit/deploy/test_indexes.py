"""The indexes that Earshot needs, and how they are added to those of a database."""

import json
from pathlib import Path
from typing import Any

from deploy.indexes import merge_indexes

NEEDED = json.loads((Path(__file__).parents[3] / "firestore.indexes.json").read_text())
ASCENDING = {"order": "ASCENDING", "queryScope": "COLLECTION"}
DESCENDING = {"order": "DESCENDING", "queryScope": "COLLECTION"}
CONTAINS = {"arrayConfig": "CONTAINS", "queryScope": "COLLECTION"}
GROUP = {"order": "ASCENDING", "queryScope": "COLLECTION_GROUP"}


def override(path: str, *indexes: dict[str, str], **more: object) -> dict[str, Any]:
    return {
        "collectionGroup": "engagements",
        "fieldPath": path,
        "indexes": list(indexes),
        **more,
    }


def test_a_new_database_gets_what_is_needed_and_loses_no_default() -> None:
    spec, added = merge_indexes(NEEDED, {"indexes": [], "fieldOverrides": []})
    assert spec["fieldOverrides"] == [override("timestamp", ASCENDING, DESCENDING, CONTAINS)]
    assert len(added) == 3
    assert merge_indexes(NEEDED, spec) == (spec, [])


def test_nothing_that_is_deployed_is_removed_or_changed() -> None:
    composite = {
        "collectionGroup": "posts",
        "queryScope": "COLLECTION",
        "fields": [
            {"fieldPath": "at", "order": "ASCENDING"},
            {"fieldPath": "by", "order": "ASCENDING"},
        ],
    }
    theirs = [override("type", GROUP, ttl=True), override("timestamp", GROUP, ASCENDING, ttl=True)]
    spec, added = merge_indexes(NEEDED, {"indexes": [composite], "fieldOverrides": theirs})
    assert spec["indexes"] == [composite]
    assert spec["fieldOverrides"] == [
        theirs[0],
        override("timestamp", GROUP, ASCENDING, DESCENDING, ttl=True),
    ]
    assert added == ["+ engagements.timestamp: DESCENDING"]


def test_a_field_whose_indexes_were_switched_off_has_ours_again() -> None:
    spec, added = merge_indexes(NEEDED, {"indexes": [], "fieldOverrides": [override("timestamp")]})
    assert spec["fieldOverrides"] == [override("timestamp", ASCENDING, DESCENDING)]
    assert len(added) == 2


def test_a_composite_index_that_is_there_under_its_full_name_is_not_made_again() -> None:
    fields = [{"fieldPath": "a", "order": "ASCENDING"}, {"fieldPath": "b", "order": "DESCENDING"}]
    wanted = {"collectionGroup": "g", "queryScope": "COLLECTION", "fields": fields}
    name = {"fieldPath": "__name__", "order": "DESCENDING"}
    there = {**wanted, "fields": [*fields, name], "density": "SPARSE_ALL"}
    assert merge_indexes({"indexes": [wanted]}, {"indexes": [there]}) == (
        {"indexes": [there], "fieldOverrides": []},
        [],
    )
    assert merge_indexes({"indexes": [wanted]}, {})[0]["indexes"] == [wanted]


def test_of_an_engagement_the_timestamp_is_indexed_both_ways() -> None:
    (field,) = NEEDED["fieldOverrides"]
    assert (field["collectionGroup"], field["fieldPath"]) == ("engagements", "timestamp")
    assert {(one["order"], one["queryScope"]) for one in field["indexes"]} == {
        ("ASCENDING", "COLLECTION"),
        ("DESCENDING", "COLLECTION"),
    }


def test_no_field_of_a_collection_that_a_team_may_have_is_switched_off() -> None:
    assert all(field["indexes"] for field in NEEDED["fieldOverrides"])


def test_no_query_needs_a_composite_index() -> None:
    assert NEEDED["indexes"] == []
