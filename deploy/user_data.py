"""Removes the data that Earshot keeps of users, through the REST API of Firestore.

That is all below `users/{uid}/earshot`, and the engagements in `users/{uid}/engagements`, or where
a schema puts them. Documents of an app stay.
"""

import argparse
import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any

COLLECTIONS = (
    "users/{uid}/earshot",
    "users/{uid}/earshot/conversations/earshot_conversations",
    "users/{uid}/engagements",
)
"""The collections of each user that Earshot writes."""
PAGE = 300
PASSES = 5
"""Attempts to remove documents that other writers change in the meantime."""

Document = dict[str, Any]


class Database:
    """A database of a project, through its REST API."""

    def __init__(self, project: str, database: str, token: str) -> None:
        emulator = os.environ.get("FIRESTORE_EMULATOR_HOST")
        host = f"http://{emulator}" if emulator else "https://firestore.googleapis.com"
        self._documents = f"{host}/v1/projects/{project}/databases/{database}/documents"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def pages(self, collection: str) -> Iterator[list[Document]]:
        """Yields the documents, without fields, of all collections of a name, in pages."""
        query: dict[str, Any] = {
            "from": [{"collectionId": collection, "allDescendants": True}],
            "orderBy": [{"field": {"fieldPath": "__name__"}}],
            "select": {"fields": [{"fieldPath": "__name__"}]},
            "limit": PAGE,
        }
        while True:
            answers = self._post(":runQuery", {"structuredQuery": query})
            page = [one["document"] for one in answers if "document" in one]
            yield page
            if len(page) < PAGE:
                return
            last = {"referenceValue": page[-1]["name"]}
            query["startAt"] = {"values": [last], "before": False}

    def write(self, writes: list[dict[str, Any]]) -> int:
        """Makes each of these writes on its own; returns how many failed."""
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
    """Reads an access token from standard input, removes the data and prints how much there was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", required=True)
    parser.add_argument("--database", default="(default)")
    parser.add_argument("collections", nargs="*", default=COLLECTIONS, metavar="COLLECTION")
    options = parser.parse_args()
    database = Database(options.project, options.database, sys.stdin.read().strip())
    for _ in range(PASSES):
        try:
            removed, left = remove_data(database, options.collections)
        except urllib.error.HTTPError as error:
            sys.exit(f"Firestore answered {error.code}: {error.read().decode(errors='replace')}")
        except OSError as error:
            sys.exit(f"Firestore cannot be reached: {error}")
        print(f"# removed {removed} documents; {left} remain")
        if not left:
            return
    sys.exit("other writers keep changing users: stop them and run the same command again")


def remove_data(database: Database, collections: Sequence[str] = COLLECTIONS) -> tuple[int, int]:
    """Removes Earshot's data of all users in one pass.

    `collections` are those of one user, like `users/{uid}/earshot`. Returns how many documents were
    removed, and how many could not be.
    """
    done = left = 0
    for collection in collections:
        for writes in _deletions(database, collection):
            failed = database.write(writes)
            done, left = done + len(writes) - failed, left + failed
    return done, left


def _deletions(database: Database, collection: str) -> Iterator[list[dict[str, Any]]]:
    """Yields the deletions of what is in a collection of each user, not in others of its name."""
    parts = ("[^/]+" if one == "{uid}" else re.escape(one) for one in collection.split("/"))
    ours = re.compile(f"/documents/{'/'.join(parts)}/[^/]+$")
    for page in database.pages(collection.rpartition("/")[2]):
        yield [{"delete": one["name"]} for one in page if ours.search(one["name"])]


if __name__ == "__main__":
    main()
