"""The indexes that Firestore keeps are those that a query uses, and no field is forgotten."""

import json
from pathlib import Path

from feed.document import to_document
from feed.engagement import Engagement, Summary

INDEXES = json.loads((Path(__file__).parents[2] / "firestore.indexes.json").read_text())


def overridden(group: str) -> dict[str, list[str]]:
    return {
        one["fieldPath"]: [index["order"] for index in one["indexes"]]
        for one in INDEXES["fieldOverrides"]
        if one["collectionGroup"] == group
    }


def test_no_field_of_a_summary_is_indexed() -> None:
    assert overridden("summaries") == {name: [] for name in to_document(Summary())}


def test_of_an_engagement_only_the_timestamp_is_indexed_both_ways() -> None:
    fields = {*Engagement.__struct_fields__} - {"id", "timestamp_us"} | {"timestamp"}
    found = overridden("engagements")
    assert found.pop("timestamp") == ["ASCENDING", "DESCENDING"]
    assert found == {name: [] for name in fields - {"timestamp"}}


def test_no_query_needs_a_composite_index() -> None:
    assert INDEXES["indexes"] == []
