"""An app's Firestore: collections, names and units of its own."""

from datetime import UTC, datetime
from typing import Any

from google.cloud import firestore

from adapters.firestore.schema.schema import parse_schema
from feed.model.engagement import Engagement
from feed.model.timestamps import from_us

SCHEMA = """
[earshot]
engagements = "users/{uid}/earshot_engagements"

[[engagements]]
path = "listens/{id}"
user = "userId"
episode = "media.ref"
type = {field = "action", values = {play = "listen", done = "complete", fav = "bookmark"}}
timestamp = {field = "at", unit = "milliseconds"}
progress = {position = "pos", duration = "len"}

[[engagements]]
path = "members/{uid}/likes/{id}"
episode = "episode"
type = "like"
timestamp = "created"

[[engagements]]
path = "ratings/{id}"
user = {field = "who", collection = "members"}
episode = "episode"
type = {field = "stars", values = {"5" = "like", "1" = "not_interested"}}
timestamp = {field = "on", unit = "iso"}
owned = true

[profile]
path = "members/{uid}"
category_interests = "prefs.topics"
"""
APP = parse_schema(SCHEMA.encode())
WORDS = {"listen": "play", "complete": "done", "bookmark": "fav"}


def listen(uid: str, at_us: int, kind: str = "play", episode: str = "x") -> dict[str, Any]:
    """A document of `listens`."""
    fields = {"userId": uid, "media": {"ref": episode}, "action": kind, "at": at_us / 1000}
    return {**fields, "pos": 30, "len": 40}


def document_of(
    client: firestore.Client, uid: str, engagement: Engagement
) -> tuple[str, dict[str, Any]]:
    """The document in which the app keeps an engagement: its path and its fields."""
    source, _, name = engagement.id.partition("/")
    at = from_us(engagement.timestamp_us)
    if source == "listens":
        return f"listens/{name}", listen(uid, engagement.timestamp_us, WORDS[engagement.type])
    if source == "likes":
        fields = {"episode": client.document("shows/s/episodes/x"), "created": at}
        return f"members/{uid}/likes/{name}", fields
    zone = UTC if len(name) % 2 else None
    local = at if zone else at.astimezone(datetime.fromisoformat("2026-01-01T00:00+05:30").tzinfo)
    stars = 5 if engagement.type == "like" else 1
    who = client.document(f"members/{uid}")
    return f"ratings/{name}", {"who": who, "episode": "x", "stars": stars, "on": local.isoformat()}
