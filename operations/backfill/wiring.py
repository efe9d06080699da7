"""What a backfill needs of Firestore, as the settings name it."""

from dataclasses import dataclass
from typing import NamedTuple

from adapters.firestore.history import HistoryWriter
from adapters.firestore.listed_users import STREAM_S, ListedUsersStore
from adapters.firestore.listing import count_unlisted
from adapters.firestore.refusals import Refusals
from adapters.firestore.sample import sample_documents
from adapters.firestore.schema.schema import SchemaError, read_schema
from adapters.firestore.users import FirestoreStore
from functions.settings import CLOUD_STORE, Settings, SettingsError

MAX_REMEMBERED = 50_000
TIMEOUT_S = 60.0
"""for each request, in seconds: long, because no user waits for the answer"""


class LeftOut(NamedTuple):
    """Documents or lines that are left out, for one reason."""

    source: str
    reason: str
    number: int
    example: str
    """a path or a line; empty where none is known"""


class CountedOnce(Refusals):
    """Counts a document once although a writer reads it several times in a row.

    It remembers the last `MAX_REMEMBERED` paths, so that memory stays flat.
    """

    def __init__(self) -> None:
        super().__init__()
        self._paths: dict[tuple[str, str], None] = {}

    def add(self, source: str, reason: str, path: str, shown: str = "") -> None:
        """Count a document, unless it was counted a short time ago."""
        if (path, reason) in self._paths:
            return
        if len(self._paths) >= MAX_REMEMBERED:
            del self._paths[next(iter(self._paths))]
        self._paths[path, reason] = None
        super().add(source, reason, path, shown)


@dataclass
class Source:
    """The app's Firestore."""

    store: FirestoreStore
    history: HistoryWriter
    project: str
    count_s: float
    """limit of a count, in seconds: the emulator reads every document for it"""

    def left_out(self) -> list[LeftOut]:
        """What was read since the start and not understood."""
        refusals = self.store.refusals
        return [
            LeftOut(source, reason, count, refusals.examples[source, reason])
            for (source, reason), count in refusals.counts.most_common()
        ]

    async def unlisted(self, *, times: bool) -> list[LeftOut]:
        """Documents of collections of all users that no query for a user finds.

        They name no user, or, with `times`, have no time in the unit of the schema. They are
        counted, not read. Raises `Unavailable`.
        """
        counts = await count_unlisted(self.project, self.store.schema, self.count_s, times=times)
        return [
            LeftOut(source, f"{field} is missing or of another type", number, "")
            for source, field, number in counts
            if number
        ]

    async def sample(self, limit: int) -> tuple[int, list[LeftOut]]:
        """Read some documents of each source: how many, and what is not understood."""
        number, refusals = await sample_documents(self.project, self.store.schema, limit)
        return number, [
            LeftOut(source, reason, count, refusals.examples[source, reason])
            for (source, reason), count in refusals.counts.most_common()
        ]


def wire_source(settings: Settings, *, stream: bool) -> Source:
    """Return the Firestore that the settings name. Raises `SettingsError`.

    With `stream`, users are listed by one query for each collection.
    """
    if settings.STORE != CLOUD_STORE:
        raise SettingsError(f"STORE: expected {CLOUD_STORE}, got {settings.STORE}")
    try:
        schema = read_schema(settings.SCHEMA)
    except SchemaError as error:
        raise SettingsError(f"SCHEMA: {error}") from error
    project = settings.FIREBASE_PROJECT
    store = ListedUsersStore if stream else FirestoreStore
    return Source(
        store(project, schema, CountedOnce(), timeout_s=TIMEOUT_S),
        HistoryWriter(project, schema, timeout_s=TIMEOUT_S),
        project,
        STREAM_S if stream else TIMEOUT_S,
    )
