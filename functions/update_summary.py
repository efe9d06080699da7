"""The trigger: on `users/{uid}/engagements/{id}` and on `users/{uid}` written.

An event only names what changed, by the path of its document, so its payload is never decoded.
What cannot succeed is logged and acknowledged; what may succeed later is raised, which answers 5xx
and makes Eventarc deliver the event again.
"""

import re
from contextlib import suppress
from urllib.parse import unquote

import functions_framework.aio
from cloudevents.http import CloudEvent

from feed.ports import Unstorable
from functions.summary_updates import SummaryUpdates
from functions.telemetry import log
from functions.wiring import started, wire_store

_PATH = re.compile(r"users/(?P<uid>[^/]+)(?:/engagements/(?P<engagement>[^/]+))?")

_updates = SummaryUpdates(started(wire_store))


@functions_framework.aio.cloud_event
async def update_summary(event: CloudEvent) -> None:
    """Bring the summary of the event's user up to date. Raises `Unavailable`."""
    attributes = event.get_attributes()
    said = attributes.get("document") or attributes.get("subject", "").removeprefix("documents/")
    named = [found for path in sorted(_meant(said)) if (found := _PATH.fullmatch(path))]
    if not named:
        log("ERROR", "an event about something else was acknowledged", document=said)
    for found in named:
        try:
            await _updates.handle(found["uid"], found["engagement"])
        except Unstorable as error:
            log("ERROR", "an event that can never be handled was acknowledged", reason=str(error))


def _meant(said: str) -> set[str]:
    """The paths that a header may mean: one for plain ASCII, else each way it may be encoded.

    CloudEvents has header values percent-encoded; the emulator sends UTF-8, which is read as
    Latin-1. To name a document that does not exist costs a read and changes nothing.
    """
    read = {said}
    with suppress(UnicodeError):
        read.add(said.encode("latin-1").decode())
    return read | {unquote(path) for path in read}
