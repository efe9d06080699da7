"""A connection to Firestore that is opened at the first call, hence after any fork."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.cloud import firestore

from adapters.firestore.client import ReconnectingClient
from adapters.firestore.documents import is_document_id
from adapters.firestore.errors import translate_errors
from adapters.firestore.schema.paths import PathPattern
from feed.ports.errors import Unstorable


class Connection:
    """Opens a client for the event loop that uses it; another loop gets its own.

    Each request is tried once, with the arguments `once`: the caller decides whether to repeat it.
    """

    def __init__(self, project: str | None, database: str, timeout_s: float) -> None:
        self._project = project
        self._database = database
        self.once: dict[str, Any] = {"retry": None, "timeout": timeout_s}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening: asyncio.Future[firestore.AsyncClient] | None = None

    async def connect(self) -> None:
        """Start connecting, so that the first read need not wait for it. Reads nothing."""
        with translate_errors("connect"):
            client = await self.open()
            channel = client._firestore_api.transport.grpc_channel  # noqa: SLF001  # no other way
            channel.get_state(try_to_connect=True)

    async def close(self) -> None:
        """Close the connection. The next call opens a new one."""
        if self._opening is not None and self._loop is asyncio.get_running_loop():
            with translate_errors("close"):
                client = await self.open()
                self._opening = None
                await client._firestore_api.transport.close()  # noqa: SLF001  # as above

    def open(self) -> Awaitable[firestore.AsyncClient]:
        """The client of this event loop. Made in a thread: finding credentials may block."""
        loop, opening = asyncio.get_running_loop(), self._opening
        if opening is None or self._loop is not loop or _failed(opening):
            client: type[firestore.AsyncClient] = ReconnectingClient
            made = asyncio.to_thread(client, project=self._project, database=self._database)
            self._loop, self._opening = loop, asyncio.ensure_future(made)
            opening = self._opening
        return asyncio.shield(opening)

    async def document(self, place: PathPattern, uid: str) -> firestore.AsyncDocumentReference:
        """The document of a user at a place. Raises `Unstorable` for an impossible id."""
        check_user(uid)
        return (await self.open()).document(place.fill(uid=uid))

    async def unchanged_since(self, revision: str) -> Any:
        """The condition that a document is still at a revision, an RFC 3339 time."""
        updated = DatetimeWithNanoseconds.from_rfc3339(revision)  # type: ignore[no-untyped-call]
        return (await self.open()).write_option(last_update_time=updated)


def check_user(uid: str) -> None:
    """Raise `Unstorable` for a text that can be no document's id, hence no user's."""
    if not is_document_id(uid):
        raise Unstorable("no document of Firestore can have this user's id")


def _failed(opening: asyncio.Future[Any]) -> bool:
    return opening.done() and (opening.cancelled() or opening.exception() is not None)
