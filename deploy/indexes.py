"""Merges the indexes that Earshot needs into those that a database has, and shows the difference.

Both are in the format of firestore.indexes.json. What is deployed stays: an index is only ever
added, and a field that Earshot needs indexed keeps every index that it has.
"""

import json
import sys
from pathlib import Path
from typing import Any

Spec = dict[str, Any]

BY_DEFAULT = [
    {"order": "ASCENDING", "queryScope": "COLLECTION"},
    {"order": "DESCENDING", "queryScope": "COLLECTION"},
    {"arrayConfig": "CONTAINS", "queryScope": "COLLECTION"},
]
"""What Firestore indexes of a field that has no override. An override takes its place, and so
repeats it. It is written even so: a database may have another default, which is not listed."""


def main() -> None:
    """Merge OURS into DEPLOYED, as `firebase firestore:indexes --json` says it; write MERGED."""
    ours, deployed, merged = map(Path, sys.argv[1:])
    there = json.loads(deployed.read_text())
    spec, added = merge(json.loads(ours.read_text()), there.get("result", there))
    merged.write_text(json.dumps(spec, indent=2) + "\n")
    for line in added or ["what is needed is there"]:
        print(f"# indexes: {line}")


def merge(ours: Spec, deployed: Spec) -> tuple[Spec, list[str]]:
    """What is deployed with what ours lacks there, and a line for each thing added."""
    added: list[str] = []
    composite = list(deployed.get("indexes", []))
    for index in ours.get("indexes", []):
        if not any(_same(index, one) for one in composite):
            composite.append(index)
            added.append(f"+ {index['collectionGroup']}: {_fields(index)}")
    fields = {_place(one): one for one in deployed.get("fieldOverrides", [])}
    for field in ours.get("fieldOverrides", []):
        there = fields.get(_place(field), {**field, "indexes": []})
        wanted = field["indexes"] if _place(field) in fields else BY_DEFAULT
        lacking = [one for one in wanted if not _has(there, one)]
        if lacking:
            fields[_place(field)] = {**there, "indexes": [*there["indexes"], *lacking]}
            added += [f"+ {'.'.join(_place(field))}: {_kind(one)}" for one in lacking]
    return {"indexes": composite, "fieldOverrides": list(fields.values())}, added


def _place(field: Spec) -> tuple[str, str]:
    return field["collectionGroup"], field["fieldPath"]


def _has(field: Spec, index: Spec) -> bool:
    """Whether a field is indexed so."""
    wanted = _kind(index), index["queryScope"]
    return any((_kind(one), one.get("queryScope")) == wanted for one in field["indexes"])


def _kind(index: Spec) -> str:
    return str(index.get("order") or index.get("arrayConfig"))


def _same(ours: Spec, deployed: Spec) -> bool:
    return all(ours[key] == deployed.get(key) for key in ("collectionGroup", "queryScope")) and (
        _fields(ours) == _fields(deployed)
    )


def _fields(index: Spec) -> str:
    """The fields of a composite index; the name that Firestore adds at its end is left out."""
    fields = [one for one in index["fields"] if one["fieldPath"] != "__name__"]
    return ", ".join(f"{one['fieldPath']} {_kind(one)}" for one in fields)


if __name__ == "__main__":
    main()
