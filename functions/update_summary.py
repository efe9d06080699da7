"""The trigger: on `users/{uid}/engagements/{id}` and on `users/{uid}` written.

An event only names what changed, by the path of its document, so its payload is never decoded.
What cannot succeed is logged and acknowledged; what may succeed later is raised, which answers 5xx
and makes Eventarc deliver the event again.
"""

import re

import functions_framework.aio
from cloudevents.http import CloudEvent

from functions.summary_updates import SummaryUpdates
from functions.telemetry import log
from functions.wiring import started, wire_store

_PATH = re.compile(r"users/(?P<uid>[^/]+)(?:/engagements/(?P<engagement>[^/]+))?")

_updates = SummaryUpdates(started(wire_store))


@functions_framework.aio.cloud_event
async def update_summary(event: CloudEvent) -> None:
    """Bring the summary of the event's user up to date. Raises `Unavailable`."""
    attributes = event.get_attributes()
    path = attributes.get("document") or attributes.get("subject", "").removeprefix("documents/")
    found = _PATH.fullmatch(path)
    if found is None:
        log("ERROR", "an event about something else was acknowledged", document=path)
        return
    await _updates.handle(found["uid"], found["engagement"])
