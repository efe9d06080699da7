"""An export has everything that a deletion deletes, in every store of users."""

import json
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
from google.cloud import firestore

from functions.api.export import UserExport
from tests.support.cloud import Cloud
from tests.support.server import Server, problem

PATH = "/api/me/export"
PROFILE = {
    "display_name": "Ada \N{HEADPHONE}",
    "category_interests": ["Chess"],
    "followed_series": ["series-Chess-0"],
    "muted_series": ["series-Bread-1"],
    "muted_categories": ["Dance"],
    "languages": ["pt-BR"],
}
LIKE = {"id": "my own", "episode_id": "gone", "type": "like", "progress": 0.5}
LIKE |= {"episode_title": "Ü", "series_name": "Ö"}
QUESTION = "What is said about chess?"

Call = Callable[[str, str, Any], httpx.Response]
Stored = Callable[[], dict[str, list[Any]]]
"""what the store has of the user, by collection or table"""


def texts(value: Any) -> set[str]:
    """Every text in a value, wherever it is."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return {text for one in value for text in texts(one)}
    return {value} if isinstance(value, str) else set()


def export_and_delete(call: Call, stored: Stored, quiet: Callable[[], None]) -> None:
    """Store something of every kind, and compare what an export and a deletion find of it."""
    places = stored().keys()
    assert call("PATCH", "/api/me", PROFILE).status_code == 200
    assert call("POST", "/api/me/engagements", LIKE).status_code == 201
    seen = {"session_id": "0" * 16, "seen": [{"episode_id": "episode-7", "ms_visible": 2000}]}
    assert call("POST", "/api/me/impressions", seen).status_code == 200
    assert "event: done" in call("POST", "/api/ask", {"question": QUESTION}).text
    quiet()
    kept = stored()
    places |= kept.keys()
    assert [place for place in places if not kept.get(place)] == [], "nothing is stored there"
    answer = call("GET", PATH, None)
    found = answer.json()
    assert texts(list(kept.values())) <= texts(found)
    typed = msgspec.json.decode(answer.content, type=UserExport)
    assert msgspec.json.decode(msgspec.json.encode(typed)) == found
    assert found["profile"] == PROFILE
    assert LIKE.items() <= found["engagements"][0].items()
    assert [one["episode_id"] for one in found["impressions"]] == ["episode-7"]
    assert [one["role"] for one in found["conversations"][0]["turns"]] == ["user", "model"]
    assert call("DELETE", "/api/me", None).status_code == 200
    quiet()
    assert [place for place, entries in stored().items() if entries] == []
    user_id, empty = found["user_id"], call("GET", PATH, None).json()
    assert texts(empty) == {"", user_id, empty["exported_at"]}


def test_an_export_from_sqlite_has_what_a_deletion_deletes(
    server: Server, folder: Path, user: str
) -> None:
    def stored() -> dict[str, list[Any]]:
        with sqlite3.connect(folder / "users.db") as db:
            db.row_factory = sqlite3.Row
            names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE sql <> ''")]
            tables = {
                one
                for one in names
                if "uid" in {c[1] for c in db.execute(f"PRAGMA table_info({one})")}
            }
            # Events name what summaries have yet to take in.
            return {one: rows(db, one) for one in tables - {"events"}}

    def rows(db: sqlite3.Connection, table: str) -> list[Any]:
        found = [dict(row) for row in db.execute(f"SELECT * FROM {table} WHERE uid = ?", (user,))]
        for row in found:
            row.pop("revision", None)
            for name, decode in (
                ("fields", msgspec.json.decode),
                ("turns", msgspec.msgpack.decode),
            ):
                if name in row:
                    row[name] = decode(row[name])
            if "document" in row:
                row["document"] = msgspec.msgpack.decode(row["document"])
        return found

    other = f"{user}.other"
    server.engage(other, id="theirs", episode_id="episode-5", type="share")
    export_and_delete(partial(server.call, user=user), stored, lambda: None)
    theirs = server.call("GET", PATH, user=other)
    assert [one["id"] for one in theirs.json()["engagements"]] == ["theirs"]
    assert theirs.headers["content-disposition"] == 'attachment; filename="earshot-2026-02-06.json"'
    assert theirs.headers["content-encoding"] == "gzip"
    plain = server.client.get(PATH, headers={"X-Demo-User": other, "Accept-Encoding": "identity"})
    assert json.loads(plain.content) == theirs.json()
    problem(server.call("GET", PATH), 401, "Authorization")


def test_an_export_from_firestore_has_what_a_deletion_deletes(cloud: Cloud, user: str) -> None:
    client = firestore.Client(cloud.project)

    def stored() -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        rest = list(client.document(f"users/{user}").collections())
        while rest:
            for one in (collection := rest.pop()).list_documents():
                rest += one.collections()
                kind = collection.id if collection.id != "earshot" else f"earshot/{one.id}"
                if fields := one.get().to_dict():
                    fields.get("change", {}).pop("at", None)
                    found.setdefault(kind, []).append(fields)
        return found

    def call(method: str, path: str, body: Any) -> httpx.Response:
        return cloud.call(method, path, body, user)

    export_and_delete(call, stored, cloud.quiet)
