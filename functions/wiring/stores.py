"""The stores that settings name: of snapshots, of users and of their conversations.

An adapter is imported where it is chosen, so that a function loads none that it does not use.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.locations import shelf_at
from feed.ports.conversations import Conversations
from feed.ports.shelf import Shelf
from feed.ports.users import SummaryStore
from functions.serving.user_summaries import NoTriggers, Triggers
from functions.settings import CLOUD_STORE, Settings, SettingsError
from functions.settings_checks import check_store

if TYPE_CHECKING:
    from adapters.firestore.events import EventReader
    from adapters.firestore.schema.schema import Schema


def wire_shelf(settings: Settings) -> Shelf:
    """Return the shelf that these settings name."""
    return shelf_at(settings.SHELF)


def wire_store(settings: Settings) -> SummaryStore:
    """Return the store of users, all that a trigger needs. Raises `SettingsError`."""
    check_store(settings)
    return wire_stores(settings)[0]


def wire_stores(
    settings: Settings,
) -> tuple[SummaryStore, Conversations, Triggers, Mapping[tuple[str, str], int]]:
    """Return the stores, the triggers that they need in this process, and what cannot be read."""
    if settings.STORE == CLOUD_STORE:
        from adapters.firestore.conversations import FirestoreConversations  # noqa: PLC0415
        from adapters.firestore.users import FirestoreStore  # noqa: PLC0415

        store = FirestoreStore(settings.FIREBASE_PROJECT or None, wire_schema(settings))
        conversations = FirestoreConversations(store.connection, store.schema)
        return store, conversations, NoTriggers(), store.refusals.counts
    if settings.SCHEMA:
        raise SettingsError(f"SCHEMA: expected none with STORE={settings.STORE}")
    from adapters.sqlite.conversations import SqliteConversations  # noqa: PLC0415
    from adapters.sqlite.users import SqliteStore  # noqa: PLC0415
    from functions.triggers.local_triggers import LocalTriggers  # noqa: PLC0415

    embedded = SqliteStore(Path(settings.STORE))
    return embedded, SqliteConversations(embedded.connection), LocalTriggers(embedded), {}


def wire_events(settings: Settings) -> "EventReader":
    """Return what names the users that an event is about. Raises `SettingsError`."""
    from adapters.firestore.events import EventReader  # noqa: PLC0415

    return EventReader(wire_schema(settings))


def wire_schema(settings: Settings) -> "Schema":
    """Return where an app keeps its data in Firestore. Raises `SettingsError`."""
    from adapters.firestore.schema.schema import SchemaError, read_schema  # noqa: PLC0415

    try:
        return read_schema(settings.SCHEMA)
    except SchemaError as error:
        raise SettingsError(f"SCHEMA: {error}") from error


async def sample_documents(settings: Settings, limit: int) -> tuple[int, dict[str, int]]:
    """Return how many documents of users were read, and how many are not understood, by reason.

    At most `limit` of each source are read. A reason ends with an example. Raises `Unavailable`.
    """
    if settings.STORE != CLOUD_STORE:
        return 0, {}
    from adapters.firestore import sample  # noqa: PLC0415

    project = settings.FIREBASE_PROJECT or None
    number, refusals = await sample.sample_documents(project, wire_schema(settings), limit)
    return number, {
        f"{source}: {reason}, as in {refusals.examples[source, reason]}": count
        for (source, reason), count in refusals.counts.most_common()
    }


def write_file(path: Path, data: bytes) -> None:
    """Write a file as a whole: a reader sees all of `data` or none. Raises OSError."""
    from adapters.folder.files import write_whole  # noqa: PLC0415  # only commands need it

    write_whole(path, data)
