"""Merges the indexes that Earshot needs into those of a database, and prints the additions.

Both are in the format of firestore.indexes.json. Indexes are only added: everything deployed stays.
A field that ours leaves without indexes gets none, unless its indexes were chosen before.
"""

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

Spec = dict[str, Any]

DEFAULT_INDEXES = [
    {"order": "ASCENDING", "queryScope": "COLLECTION"},
    {"order": "DESCENDING", "queryScope": "COLLECTION"},
    {"arrayConfig": "CONTAINS", "queryScope": "COLLECTION"},
]
"""The indexes of a field without an override. An override replaces them, so it has to repeat them.
It is written even if it equals them: a database may have another default, which is not listed."""


PACKED = ("engagements", "seen")
"""Fields of a summary that no query uses: up to 42 KB, of which an index takes 1,500 bytes."""


def main() -> None:
    """Reads OURS, DEPLOYED (of `firebase firestore:indexes --json`) and SCHEMA, writes MERGED."""
    ours, deployed, merged, *schema = map(Path, sys.argv[1:])
    needed = json.loads(ours.read_text())
    if schema:
        needed = schema_indexes(needed, tomllib.loads(schema[0].read_text()))
    there = json.loads(deployed.read_text())
    spec, added = merge_indexes(needed, there.get("result", there))
    merged.write_text(json.dumps(spec, indent=2) + "\n")
    for line in added or ["all needed indexes exist"]:
        print(f"# indexes: {line}")


def schema_indexes(ours: Spec, schema: dict[str, Any]) -> Spec:
    """Returns the indexes of the plain layout for the places of a schema, with those of its tables.

    The schema is checked by the functions that use it, not here.
    """
    own = schema.get("earshot", {})
    names = {
        plain: own.get(key, plain).rpartition("/")[2]
        for key, plain in (("documents", "earshot"), ("engagements", "engagements"))
    }
    moved = {
        kind: [
            {**one, "collectionGroup": names.get(one["collectionGroup"], one["collectionGroup"])}
            for one in ours[kind]
            # Another collection of the app may have the name, and be searched by such a field.
            if names["earshot"] == "earshot" or one.get("fieldPath") not in PACKED
        ]
        for kind in ("indexes", "fieldOverrides")
    }
    for source in schema.get("engagements", []):
        collection, user = source["path"].split("/")[-2], source.get("user")
        if user:
            fields = {_name(user): "ASCENDING", _name(source["timestamp"]): "DESCENDING"}
            index = [{"fieldPath": name, "order": order} for name, order in fields.items()]
            place = {"collectionGroup": collection, "queryScope": "COLLECTION"}
            moved["indexes"].append({**place, "fields": index})
    episodes = schema.get("episodes", {})
    *parents, collection, _ = episodes.get("path", "episodes/{id}").split("/")
    if any(one.startswith("{") for one in parents):
        field = _name(episodes.get("updated_at", "updated_at"))
        group = {"order": "ASCENDING", "queryScope": "COLLECTION_GROUP"}
        place = {"collectionGroup": collection, "fieldPath": field}
        moved["fieldOverrides"].append({**place, "indexes": [group]})
    return moved


def _name(field: str | dict[str, str]) -> str:
    """The name of a field, which may be in a table with its unit."""
    return field if isinstance(field, str) else field["field"]


def merge_indexes(ours: Spec, deployed: Spec) -> tuple[Spec, list[str]]:
    """Returns `deployed` with the indexes of `ours` that it lacks, and a line for each addition."""
    added: list[str] = []
    composite = list(deployed.get("indexes", []))
    for index in ours.get("indexes", []):
        if not any(_same(index, one) for one in composite):
            composite.append(index)
            added.append(f"+ {index['collectionGroup']}: {_fields(index)}")
    fields = {_field_key(one): one for one in deployed.get("fieldOverrides", [])}
    for field in ours.get("fieldOverrides", []):
        if not field["indexes"]:
            if _field_key(field) not in fields:
                fields[_field_key(field)] = field
                added.append(f"+ {'.'.join(_field_key(field))}: no index of its own")
            continue
        there = fields.get(_field_key(field), {**field, "indexes": []})
        wanted = field["indexes"]
        if _field_key(field) not in fields:
            wanted = [*DEFAULT_INDEXES, *(one for one in wanted if one not in DEFAULT_INDEXES)]
        lacking = [one for one in wanted if not _has(there, one)]
        if lacking:
            fields[_field_key(field)] = {**there, "indexes": [*there["indexes"], *lacking]}
            added += [f"+ {'.'.join(_field_key(field))}: {_kind(one)}" for one in lacking]
    return {"indexes": composite, "fieldOverrides": list(fields.values())}, added


def _field_key(field: Spec) -> tuple[str, str]:
    return field["collectionGroup"], field["fieldPath"]


def _has(field: Spec, index: Spec) -> bool:
    """Whether a field has an index of this kind and scope."""
    wanted = _kind(index), index["queryScope"]
    return any((_kind(one), one.get("queryScope")) == wanted for one in field["indexes"])


def _kind(index: Spec) -> str:
    return str(index.get("order") or index.get("arrayConfig"))


def _same(ours: Spec, deployed: Spec) -> bool:
    return all(ours[key] == deployed.get(key) for key in ("collectionGroup", "queryScope")) and (
        _fields(ours) == _fields(deployed)
    )


def _fields(index: Spec) -> str:
    """The fields of a composite index, without the `__name__` that Firestore appends."""
    fields = [one for one in index["fields"] if one["fieldPath"] != "__name__"]
    return ", ".join(f"{one['fieldPath']} {_kind(one)}" for one in fields)


if __name__ == "__main__":
    main()
