"""Earshot asks for the indexes that a query of its own uses, and switches none off."""

import json
from pathlib import Path

INDEXES = json.loads((Path(__file__).parents[3] / "firestore.indexes.json").read_text())


def test_of_an_engagement_the_timestamp_is_indexed_both_ways() -> None:
    (field,) = INDEXES["fieldOverrides"]
    assert (field["collectionGroup"], field["fieldPath"]) == ("engagements", "timestamp")
    assert {(one["order"], one["queryScope"]) for one in field["indexes"]} == {
        ("ASCENDING", "COLLECTION"),
        ("DESCENDING", "COLLECTION"),
    }


def test_no_field_of_a_collection_that_a_team_may_have_is_switched_off() -> None:
    assert all(field["indexes"] for field in INDEXES["fieldOverrides"])


def test_no_query_needs_a_composite_index() -> None:
    assert INDEXES["indexes"] == []
