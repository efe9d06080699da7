"""The indexes that Earshot needs, and how they are added to those of a database."""

import json
from pathlib import Path
from typing import Any

from deploy.indexes import merge_indexes, schema_indexes

NEEDED = json.loads((Path(__file__).parents[3] / "firestore.indexes.json").read_text())
ASCENDING = {"order": "ASCENDING", "queryScope": "COLLECTION"}
DESCENDING = {"order": "DESCENDING", "queryScope": "COLLECTION"}
CONTAINS = {"arrayConfig": "CONTAINS", "queryScope": "COLLECTION"}
GROUP = {"order": "ASCENDING", "queryScope": "COLLECTION_GROUP"}


CHANGE = {"collectionGroup": "earshot", "fieldPath": "change", "indexes": []}
PACKED = [{**CHANGE, "fieldPath": path} for path in ("engagements", "seen")]
CONVERSATIONS = [
    {"collectionGroup": "earshot_conversations", "fieldPath": "turns", "indexes": []},
    {
        "collectionGroup": "earshot_conversations",
        "fieldPath": "expires_at",
        "ttl": True,
        "indexes": [],
    },
]


def override(path: str, *indexes: dict[str, str], **more: object) -> dict[str, Any]:
    place = {"collectionGroup": "engagements", "fieldPath": path}
    return {**place, "indexes": list(indexes), **more}


def test_a_new_database_gets_what_is_needed_and_loses_no_default() -> None:
    spec, added = merge_indexes(NEEDED, {"indexes": [], "fieldOverrides": []})
    timestamp = override("timestamp", ASCENDING, DESCENDING, CONTAINS)
    overrides = [timestamp, CHANGE, *PACKED, *CONVERSATIONS]
    assert spec == {"indexes": NEEDED["indexes"], "fieldOverrides": overrides}
    assert len(added) == 9
    assert merge_indexes(NEEDED, spec) == (spec, [])


def test_nothing_that_is_deployed_is_removed_or_changed() -> None:
    fields = [{"fieldPath": path, "order": "ASCENDING"} for path in ("at", "by")]
    composite = {"collectionGroup": "posts", "queryScope": "COLLECTION", "fields": fields}
    theirs = [override("type", GROUP, ttl=True), override("timestamp", GROUP, ASCENDING, ttl=True)]
    theirs += [{**one, "indexes": [GROUP]} for one in (CHANGE, PACKED[1])]
    spec, added = merge_indexes(NEEDED, {"indexes": [composite], "fieldOverrides": theirs})
    assert spec["indexes"] == [composite, *NEEDED["indexes"]]
    timestamp = override("timestamp", GROUP, ASCENDING, DESCENDING, ttl=True)
    assert spec["fieldOverrides"] == [theirs[0], timestamp, *theirs[2:], PACKED[0], *CONVERSATIONS]
    assert added[1] == "+ engagements.timestamp: DESCENDING"


def test_a_field_whose_indexes_were_switched_off_has_ours_again() -> None:
    spec, added = merge_indexes(NEEDED, {"indexes": [], "fieldOverrides": [override("timestamp")]})
    timestamp = override("timestamp", ASCENDING, DESCENDING)
    assert spec["fieldOverrides"] == [timestamp, CHANGE, *PACKED, *CONVERSATIONS]
    assert len(added) == 8


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


def test_indexes_are_where_a_schema_says_and_an_apps_field_keeps_its_own() -> None:
    schema = {
        "earshot": {"documents": "people/{uid}/feed", "engagements": "people/{uid}/played"},
        "engagements": [
            {"path": "people/{uid}/likes/{id}", "timestamp": "at"},
            {"path": "listens/{id}", "user": {"field": "by"}, "timestamp": {"field": "at"}},
        ],
        "episodes": {"path": "shows/{show}/items/{id}", "updated_at": "modified"},
    }
    spec, _ = merge_indexes(schema_indexes(NEEDED, schema), {})
    assert [one["collectionGroup"] for one in spec["indexes"]] == ["feed", "listens"]
    # A collection "feed" elsewhere in the app may be searched by "seen".
    assert [one for one in spec["fieldOverrides"] if one["collectionGroup"] == "feed"] == [
        {**CHANGE, "collectionGroup": "feed"}
    ]
    fields = [{"fieldPath": "by", "order": "ASCENDING"}, {"fieldPath": "at", "order": "DESCENDING"}]
    assert spec["indexes"][1]["fields"] == fields
    indexes = {one["collectionGroup"]: one["indexes"] for one in spec["fieldOverrides"]}
    assert indexes == {
        "played": [ASCENDING, DESCENDING, CONTAINS],
        "feed": [],
        "earshot_conversations": [],
        "items": [ASCENDING, DESCENDING, CONTAINS, GROUP],
    }
    assert schema_indexes(NEEDED, {}) == NEEDED
