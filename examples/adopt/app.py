"""Stands for a podcast app that has run for a while, on the Firestore emulator: see docs/adopt.md.

`seed` writes its made-up data: shows with episodes and drafts, 12 listeners with settings, listens
and favorites, and a few documents that went wrong. `listen` and `publish` write what the app does.
"""

import argparse
import os
import random
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud import firestore

TOPICS = {
    "Science": "stars comets fossils genes oceans volcanoes glaciers orbits",
    "Food": "bread salt knives markets soups harvests spices kitchens",
    "Music": "drums choirs strings tapes concerts melodies pianos rhythms",
    "History": "maps empires letters harbors treaties archives ruins castles",
}
SHOWS_PER_TOPIC, ITEMS_PER_SHOW, PEOPLE, LISTENS = 3, 5, 12, 12


def documents(client: firestore.Client) -> dict[str, dict[str, Any]]:
    """Returns the fields of each document of the app, by its path."""
    chance, now = random.Random(7), datetime.now(UTC).replace(microsecond=0)  # noqa: S311
    found: dict[str, dict[str, Any]] = {}
    by_topic: dict[str, list[str]] = {topic: [] for topic in TOPICS}
    for topic, words in TOPICS.items():
        for show in (f"{topic.lower()}-{number}" for number in range(1, SHOWS_PER_TOPIC + 1)):
            found[f"shows/{show}"] = {"name": f"The {show.replace('-', ' ').title()} Show"}
            for number in range(1, ITEMS_PER_SHOW + 1):
                path = f"shows/{show}/items/{show}-{number}"
                about = " ".join(chance.sample(words.split(), 4))
                released = now - timedelta(days=chance.randrange(1, 60), hours=number)
                draft = number == ITEMS_PER_SHOW
                found[path] = item(f"{number}: {about}", topic, released, draft=draft)
                by_topic[topic] += [] if draft else [path]
    for number in range(PEOPLE):
        uid, topic = f"person-{number}", chance.choice(list(TOPICS))
        seen = now - timedelta(minutes=number)
        found[f"users/{uid}"] = {"name": uid, "lastSeen": seen, "prefs": {"topics": [topic]}}
        for one in range(LISTENS):
            path = chance.choice(by_topic[topic if one % 4 else chance.choice(list(TOPICS))])
            when = now - timedelta(days=1, hours=3 * one, minutes=number)
            found[f"listens/{uid}-{one}"] = listen(client.document(path), uid, when)
        saved = chance.choice(by_topic[topic])
        favorite = {"item": client.document(saved), "saved": now - timedelta(days=2)}
        found[f"users/{uid}/favorites/{saved.rpartition('/')[2]}"] = favorite
    broken = listen(client.document(path), "person-1", now)
    found["listens/broken-1"] = broken | {"what": "hummed"}
    found["listens/broken-2"] = broken | {"percent": 250}
    found["listens/broken-3"] = {name: broken[name] for name in ("media", "what", "when")}
    found["listens/broken-4"] = {name: broken[name] for name in ("media", "what", "person")}
    found["listens/paused"] = broken | {"what": "paused"}
    found["users/person-1/favorites/broken"] = {"saved": now}
    return found


def item(headline: str, topic: str, released: datetime, *, draft: bool = False) -> dict[str, Any]:
    """Returns the fields of an episode."""
    return {
        "headline": headline,
        "about": {"summary": f"About {headline}", "sound": "https://example.com/sound.mp3"},
        "topics": [topic],
        "lang": "en",
        "runtime": "00:41:30",
        "released": released,
        "state": "draft" if draft else "live",
        "modified": firestore.SERVER_TIMESTAMP,
    }


def listen(episode: firestore.DocumentReference, uid: str, when: datetime) -> dict[str, Any]:
    """Returns the fields of a listen."""
    at = int(when.timestamp() * 1000)
    return {
        "person": uid,
        "media": {"item": episode},
        "what": "played",
        "percent": 90,
        "when": at,
    }


def seed(client: firestore.Client, _options: argparse.Namespace) -> None:
    """Writes all documents."""
    writer = client.bulk_writer()
    for path, fields in documents(client).items():
        writer.set(client.document(path), fields)
    writer.close()  # type: ignore[no-untyped-call]


def record(client: firestore.Client, options: argparse.Namespace) -> None:
    """Writes a listen, as the app does when somebody has heard an episode."""
    fields = listen(client.document(options.episode), options.person, datetime.now(UTC))
    client.collection("listens").add(fields)


def publish(client: firestore.Client, options: argparse.Namespace) -> None:
    """Publishes a draft, as an editor does."""
    changes = {"state": "live", "modified": firestore.SERVER_TIMESTAMP}
    client.document(options.episode).update(changes)


def main() -> None:
    """Runs one command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run in (("seed", seed), ("listen", record), ("publish", publish)):
        command = commands.add_parser(name, help=run.__doc__)
        command.set_defaults(run=run)
        if run is record:
            command.add_argument("person", help="the id of a user")
        if run is not seed:
            command.add_argument("episode", help="the path of its document")
    options = parser.parse_args()
    if not os.environ.get("FIRESTORE_EMULATOR_HOST"):
        sys.exit("FIRESTORE_EMULATOR_HOST is not set: this app exists on an emulator only")
    options.run(firestore.Client(), options)


if __name__ == "__main__":
    main()
