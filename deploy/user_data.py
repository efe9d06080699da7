"""Removes what Earshot keeps of users in Firestore, through its REST API.

That is `users/{uid}/engagements`, `users/{uid}/summaries/engagement` and Earshot's fields of
`users/{uid}`. What an app keeps there of its own stays: a document of a user goes only if nothing
else is in it.
"""

import argparse
import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from itertools import chain
from typing import Any

PROFILE = (
    "category_interests",
    "followed_series",
    "muted_series",
    "muted_categories",
    "languages",
    "display_name",
)
"""Earshot's fields of `users/{uid}`"""
PAGE = 300
PASSES = 5
"""how often what was changed meanwhile is tried again"""

Document = dict[str, Any]


class Database:
    """The default database of a project, over HTTP."""

    def __init__(self, project: str, token: str) -> None:
        emulator = os.environ.get("FIRESTORE_EMULATOR_HOST")
        host = f"http://{emulator}" if emulator else "https://firestore.googleapis.com"
        self._documents = f"{host}/v1/projects/{project}/databases/(default)/documents"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def every(self, collection: str, *, group: bool, names_only: bool) -> Iterator[list[Document]]:
        """All documents of a collection, or of all collections of that name, a page at a time."""
        query: dict[str, Any] = {
            "from": [{"collectionId": collection, "allDescendants": group}],
            "orderBy": [{"field": {"fieldPath": "__name__"}}],
            "limit": PAGE,
        }
        if names_only:
            query["select"] = {"fields": [{"fieldPath": "__name__"}]}
        while True:
            answers = self._post(":runQuery", {"structuredQuery": query})
            page = [one["document"] for one in answers if "document" in one]
            yield page
            if len(page) < PAGE:
                return
            last = {"referenceValue": page[-1]["name"]}
            query["startAt"] = {"values": [last], "before": False}

    def write(self, writes: list[dict[str, Any]]) -> int:
        """Make these writes, each by itself; returns how many were not made."""
        if not writes:
            return 0
        answer = self._post(":batchWrite", {"writes": writes})
        return sum(bool(one.get("code")) for one in answer["status"])

    def _post(self, method: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(  # noqa: S310  # http only to an emulator
            self._documents + method, json.dumps(body).encode(), self._headers
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # as above
            return json.load(answer)


def main() -> None:
    """Read an access token from standard input and remove; print how much there was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", required=True)
    database = Database(parser.parse_args().project, sys.stdin.read().strip())
    for _ in range(PASSES):
        try:
            removed, left = erase(database)
        except urllib.error.HTTPError as error:
            sys.exit(f"Firestore answered {error.code}: {error.read().decode(errors='replace')}")
        except OSError as error:
            sys.exit(f"Firestore cannot be reached: {error}")
        print(f"# removed {removed} documents or their fields, {left} to do again")
        if not left:
            return
    sys.exit("other writers are at work: stop them, and run the same command again")


def erase(database: Database) -> tuple[int, int]:
    """Remove all once; returns how many documents were changed, and how many could not be."""
    done = left = 0
    engagements = _below(database, "engagements", "[^/]+")
    for writes in chain(engagements, _below(database, "summaries", "engagement")):
        failed = database.write(writes)
        done, left = done + len(writes) - failed, left + failed
    for page in database.every("users", group=False, names_only=False):
        writes = [write for one in page if (write := without_profile(one))]
        failed = database.write(writes)
        done, left = done + len(writes) - failed, left + failed
    return done, left


def _below(database: Database, collection: str, name: str) -> Iterator[list[dict[str, Any]]]:
    """Deletions of what lies in that collection of a user, and not in others of the same name."""
    ours = re.compile(rf"/documents/users/[^/]+/{collection}/{name}$")
    for page in database.every(collection, group=True, names_only=True):
        yield [{"delete": one["name"]} for one in page if ours.search(one["name"])]


def without_profile(user: Document) -> dict[str, Any] | None:
    """The write that takes Earshot's fields from a user's document; None if there are none."""
    fields = user.get("fields", {})
    ours = [name for name in PROFILE if name in fields]
    if not ours:
        return None
    unchanged = {"currentDocument": {"updateTime": user["updateTime"]}}
    if len(ours) == len(fields):
        return {"delete": user["name"], **unchanged}
    return {
        "update": {"name": user["name"], "fields": {}},
        "updateMask": {"fieldPaths": ours},
        **unchanged,
    }


if __name__ == "__main__":
    main()
