"""The trigger: on `users/{uid}/engagements/{id}` and on `users/{uid}` written.

An event only names what changed, by the path of its document, so its payload is never decoded.
What cannot succeed is logged and acknowledged; what may succeed later is one line in the log and
answered 5xx, which makes Eventarc deliver the event again.
"""

import re
from contextlib import suppress
from urllib.parse import unquote

import functions_framework.aio
from cloudevents.http import CloudEvent
from starlette.exceptions import HTTPException

from feed.ports.errors import Unavailable, Unstorable
from functions.telemetry import log, log_error, take_over_logging
from functions.triggers.summary_updates import SummaryUpdates
from functions.wiring import started, wire_store

_PATH = re.compile(r"users/(?P<uid>[^/]+)(?:/engagements/(?P<engagement>[^/]+))?")

take_over_logging()
_updates = SummaryUpdates(started(wire_store))


@functions_framework.aio.cloud_event
async def update_summary(event: CloudEvent) -> None:
    """Bring the summary of the event's user up to date. Raises HTTPException."""
    attributes = event.get_attributes()
    said = attributes.get("document") or attributes.get("subject", "").removeprefix("documents/")
    named = [found for path in sorted(_meant(said)) if (found := _PATH.fullmatch(path))]
    if not named:
        log("ERROR", "an event about something else was acknowledged", document=said)
    for found in named:
        await _handle(event, found["uid"], found["engagement"])


async def _handle(event: CloudEvent, uid: str, engagement_id: str | None) -> None:
    """Handle one event. An exception of any other kind would be a trace of many lines."""
    try:
        await _updates.handle(uid, engagement_id)
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
    except Exception as error:  # noqa: BLE001  # whatever it is, the event comes again
        log_error("a summary cannot be brought up to date: its event comes again", error)
        raise HTTPException(500) from None


def _meant(said: str) -> set[str]:
    """The paths that a header may mean: one for plain ASCII, else each way it may be encoded.

    CloudEvents has header values percent-encoded; the emulator sends UTF-8, which is read as
    Latin-1. To name a document that does not exist costs a read and changes nothing.
    """
    read = {said}
    with suppress(UnicodeError):
        read.add(said.encode("latin-1").decode())
    return read | {unquote(path) for path in read}
