"""The Firestore trigger for writes of engagements and of Earshot's own profiles.

An event names what changed: by the path of the document, and where that does not name the user, by
the user's id in its payload. An event that can never succeed is logged and acknowledged. A failure
that may pass is logged in one line and answered 5xx, so that Eventarc delivers the event again.
"""

import os
from contextlib import suppress
from urllib.parse import unquote

import functions_framework.aio
from cloudevents.http import CloudEvent
from starlette.exceptions import HTTPException

from feed.ports.errors import Unavailable, Unstorable
from feed.ports.users import Change
from functions.auth.pseudonyms import Pseudonyms
from functions.settings import read_settings
from functions.telemetry import install_log_handler, log, log_error, set_pseudonyms
from functions.triggers.summary_updates import EventBatcher
from functions.wiring.startup import make_or_exit
from functions.wiring.stores import wire_events, wire_store

install_log_handler()
_settings = make_or_exit(lambda: read_settings(os.environ))
set_pseudonyms(Pseudonyms(next(iter(_settings.cursor_keys), b"")))
_events = make_or_exit(lambda: wire_events(_settings))
_batcher = EventBatcher(
    make_or_exit(lambda: wire_store(_settings)), always_profile=_events.app_profile
)


@functions_framework.aio.cloud_event
async def update_summary(event: CloudEvent) -> None:
    """Update the summary of the event's user. Raises HTTPException 5xx if it must come again."""
    attributes = event.get_attributes()
    path = attributes.get("document") or attributes.get("subject", "").removeprefix("documents/")
    payload = event.get_data()
    named = set()
    for one in _decodings(path):
        try:
            named |= set(_events.changes(one, payload if isinstance(payload, bytes) else b""))
        except ValueError as error:
            log("WARNING", "an event that names no user was acknowledged", reason=str(error))
            return
    if not named:
        log("ERROR", "an event about another document was acknowledged", document=path)
    for change in sorted(named, key=str):
        await _handle(event, change)


async def _handle(event: CloudEvent, change: Change) -> None:
    """Handle one event. Raises HTTPException 5xx if it has to be delivered again."""
    try:
        await _batcher.handle(change.uid, change.engagement_id, rebuild=change.rebuild)
    except Unstorable as error:
        log("ERROR", "an event that can never be handled was acknowledged", reason=str(error))
    except Unavailable as error:
        log(
            "ERROR",
            "a summary is not up to date: its event comes again",
            event=event["id"],
            reason=str(error),
        )
        raise HTTPException(503) from None
    except Exception as error:  # noqa: BLE001  # whatever it is, the event is delivered again
        log_error("a summary cannot be brought up to date: its event comes again", error)
        raise HTTPException(500) from None


def _decodings(header: str) -> set[str]:
    """Return the paths that a header may mean: one if it is plain ASCII, else up to four.

    CloudEvents headers are percent-encoded; the emulator sends UTF-8, which is read as Latin-1.
    Handling a path that names no document costs a read and changes nothing.
    """
    paths = {header}
    with suppress(UnicodeError):
        paths.add(header.encode("latin-1").decode())
    return paths | {unquote(path) for path in paths}
