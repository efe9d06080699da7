"""Impressions: recording what was on the screen, by a call of its own or with another one."""

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from feed.model.degradation import Degradation
from feed.model.impressions import Impression
from feed.ports.errors import Unavailable
from feed.ports.users import StoredSummary
from feed.session.request import SentImpressions, SessionId, impressions_of
from functions.api.answers import RecordedImpressions
from functions.api.decision_log import log_seen
from functions.http.endpoint import json_response
from functions.http.request_body import read_body
from functions.serving.service import Service
from functions.telemetry import Timings


class NewImpressions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/me/impressions`."""

    session_id: SessionId
    """the session that showed the episodes"""
    seen: SentImpressions
    """episodes that were on the screen for a second or more"""


async def record(service: Service, request: Request, timings: Timings) -> Response:
    """Record what was on the screen."""
    uid = await service.require_user(request)
    body = await read_body(request, NewImpressions)
    saw = impressions_of(body.seen, body.session_id, service.now_us())
    if await record_seen(service, uid, saw, timings):
        raise Unavailable("what the user saw could not be stored")
    return json_response(RecordedImpressions(recorded=len(saw)))


async def record_with_page(
    service: Service, uid: str | None, saw: Sequence[Impression], timings: Timings
) -> tuple[Degradation, ...]:
    """Record what a user saw as `record_seen` does, but nothing beyond the limit of writes."""
    is_possible = uid is None or not saw or service.limits.may_write(uid)
    return await record_seen(service, uid, saw, timings, is_possible=is_possible)


async def record_seen(
    service: Service,
    uid: str | None,
    saw: Sequence[Impression],
    timings: Timings,
    stored: StoredSummary | None = None,
    merged: bytes | None = None,
    *,
    is_possible: bool = True,
) -> tuple[Degradation, ...]:
    """Record what a signed-in user saw, and log it; return what went wrong.

    Where the summary was just read, it is `stored`, and `merged` the union with what it has.
    Without `is_possible` nothing is tried.
    """
    if not saw:
        return ()
    log_seen(service, timings, saw)
    if not is_possible:
        return (Degradation.IMPRESSIONS_UNSAVED,)
    if uid is None:
        return ()
    with timings.step("impressions"):
        return await service.summaries.record_seen(uid, saw, stored, merged)
