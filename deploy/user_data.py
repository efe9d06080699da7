"""Removes the data that Earshot keeps of users, through the REST API of Firestore.

That is `users/{uid}/engagements`, `users/{uid}/summaries/engagement` and Earshot's fields of
`users/{uid}`. Other data of an app stays: the document of a user is deleted only if it has no other
fields.
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
"""Earshot's fields of `users/{uid}`."""
PAGE = 300
PASSES = 5
"""Attempts to remove documents that other writers change in the meantime."""

Document = dict[str, Any]


class Database:
    """The default database of a project, through its REST API."""

    def __init__(self, project: str, token: str) -> None:
        emulator = os.environ.get("FIRESTORE_EMULATOR_HOST")
        host = f"http://{emulator}" if emulator else "https://firestore.googleapis.com"
        self._documents = f"{host}/v1/projects/{project}/databases/(default)/documents"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def pages(self, collection: str, *, group: bool, names_only: bool) -> Iterator[list[Document]]:
        """Yields the documents of a collection, or of all of its name for `group`, in pages."""
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
    database = Database(parser.parse_args().project, sys.stdin.read().strip())
    for _ in range(PASSES):
        try:
            removed, left = remove_data(database)
        except urllib.error.HTTPError as error:
            sys.exit(f"Firestore answered {error.code}: {error.read().decode(errors='replace')}")
        except OSError as error:
            sys.exit(f"Firestore cannot be reached: {error}")
        print(f"# removed {removed} documents or their fields; {left} remain")
        if not left:
            return
    sys.exit("other writers keep changing users: stop them and run the same command again")


def remove_data(database: Database) -> tuple[int, int]:
    """Removes Earshot's data of all users in one pass.

    Returns how many documents were changed, and how many could not be.
    """
    done = left = 0
    engagements = _deletions(database, "engagements", "[^/]+")
    for writes in chain(engagements, _deletions(database, "summaries", "engagement")):
        failed = database.write(writes)
        done, left = done + len(writes) - failed, left + failed
    for page in database.pages("users", group=False, names_only=False):
        writes = [write for one in page if (write := profile_removal(one))]
        failed = database.write(writes)
        done, left = done + len(writes) - failed, left + failed
    return done, left


def _deletions(database: Database, collection: str, name: str) -> Iterator[list[dict[str, Any]]]:
    """Yields the deletions of documents in a collection below users, not in others of that name."""
    ours = re.compile(rf"/documents/users/[^/]+/{collection}/{name}$")
    for page in database.pages(collection, group=True, names_only=True):
        yield [{"delete": one["name"]} for one in page if ours.search(one["name"])]


def profile_removal(user: Document) -> dict[str, Any] | None:
    """Returns the write that removes Earshot's fields of a user; None if there are none."""
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
