"""The account: a user's engagements and profile. Every address needs a signed-in user."""

import asyncio
import base64
import binascii
import uuid
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from feed.model import limits
from feed.model.engagement import Engagement, Profile, StoredEpisodeId
from feed.model.timestamps import HOUR_US, rfc3339
from feed.session.request import SentEngagement, SentImpressions, impressions_of
from feed.summary.impressions import forget_impressions
from feed.summary.writer import Unsettled, refresh_summary
from functions.api.answers import (
    Deleted,
    EngagementList,
    Receipt,
    RecordedEngagement,
    RemovedEngagement,
    Reset,
    UserProfile,
)
from functions.api.decision_log import log_engagement, log_seen
from functions.api.languages import standard_tag
from functions.http.endpoint import json_response
from functions.http.request_body import read_body, read_query
from functions.problems import ProblemError, invalid
from functions.serving.service import Service
from functions.telemetry import Timings, log
from functions.triggers.summary_updates import pause

MAX_LISTED = 500
SETTLE_S = 10.0
"""how long a deletion tries to update the summary before it leaves that to its events"""

_Position = tuple[Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)], str]
"""of an engagement in the list: its timestamp in microseconds, within what stores take, and id"""

_Preference = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_ENTRY)]
_Preferences = Annotated[tuple[_Preference, ...], msgspec.Meta(max_length=limits.MAX_ENTRIES)]


class NewEngagement(SentEngagement, frozen=True, kw_only=True):
    """The body of `POST /api/me/engagements`. The same id twice is one engagement."""

    episode_id: StoredEpisodeId
    seen: SentImpressions = ()
    """episodes that were on the screen, which are recorded with it"""


class ProfileChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `PATCH /api/me`: the fields to set; the others stay."""

    display_name: Annotated[str, msgspec.Meta(max_length=200)] | msgspec.UnsetType = msgspec.UNSET
    category_interests: _Preferences | msgspec.UnsetType = msgspec.UNSET
    followed_series: _Preferences | msgspec.UnsetType = msgspec.UNSET
    muted_series: _Preferences | msgspec.UnsetType = msgspec.UNSET
    muted_categories: _Preferences | msgspec.UnsetType = msgspec.UNSET
    languages: _Preferences | msgspec.UnsetType = msgspec.UNSET


class EngagementsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of `GET /api/me/engagements`."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_LISTED)] = 50
    """number of engagements"""
    cursor: str | None = None
    """`next_cursor` of the previous page"""


async def record(service: Service, request: Request, timings: Timings) -> Response:
    """Record an engagement, which is stored before the answer is sent."""
    uid = await service.require_user(request)
    with timings.step("validate"):
        new = await read_body(request, NewEngagement)
        if new.id is not None:
            if not limits.is_document_id(new.id):
                raise invalid("id", "no /, no control characters, and none of . and .. and __…__")
            _check_size("id", new.id, limits.MAX_ENGAGEMENT_ID)
        _check_size("episode_id", new.episode_id, limits.MAX_EPISODE_ID)
        now_us = service.now_us()
        engagement = new.engagement(new.id or uuid.uuid4().hex, now_us)
        if new.timestamp is None:
            at_us = await _default_timestamp(service, uid, new.id, now_us)
            engagement = msgspec.structs.replace(engagement, timestamp_us=at_us)
        if engagement.timestamp_us > now_us + HOUR_US:
            raise invalid(
                "timestamp", "a time that is not in the future", rfc3339(engagement.timestamp_us)
            )
    with timings.step("store"):
        await service.store.put_engagement(uid, engagement)
    session_id = request.path_params.get("session_id")
    log_engagement(service, timings, engagement, session_id)
    answer = recorded(engagement)
    with timings.step("summarise"):
        if saw := impressions_of(new.seen, session_id or "", now_us):
            log_seen(service, timings, saw)
            unsaved = await service.summaries.record_engagement(uid, engagement.id, saw)
            answer = msgspec.structs.replace(answer, degraded=unsaved)
        await service.triggers.run()
    return json_response(answer, 201)


async def list_engagements(service: Service, request: Request, timings: Timings) -> Response:
    """Answer one page of the user's engagements, newest first."""
    uid = await service.require_user(request)
    query = read_query(request, EngagementsQuery)
    after = _decode_position(query.cursor)
    with timings.step("store"):
        newest = await service.store.newest_engagements(uid, query.limit + 1, after)
    page, has_more = newest[: query.limit], len(newest) > query.limit
    next_cursor = _encode_position(page[-1]) if has_more else None
    return json_response(EngagementList([recorded(one) for one in page], next_cursor))


async def remove(service: Service, request: Request, timings: Timings) -> Response:
    """Remove one engagement of the user."""
    uid = await service.require_user(request)
    engagement_id = request.path_params["engagement_id"]
    with timings.step("store"):
        existed = await service.store.delete_engagement(uid, engagement_id)
    if not existed:
        detail = f"you have no engagement {engagement_id!r}"
        raise ProblemError(404, "not-found", detail, log_text="no such engagement")
    with timings.step("summarise"):
        await service.triggers.run()
    return json_response(RemovedEngagement(engagement_id))


async def reset(service: Service, request: Request, timings: Timings) -> Response:
    """Remove all engagements of the user. The profile stays."""
    uid, store = await service.require_user(request), service.store
    with timings.step("store"):
        await forget_impressions(store, uid, await store.read_summary(uid))
        removal = await store.delete_engagements(uid)
    with timings.step("summarise"):
        await _refresh_summary(service, uid)
    return json_response(Reset(len(removal.ids), rfc3339(removal.until_us)))


async def show(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the user's profile."""
    uid = await service.require_user(request)
    with timings.step("store"):
        profile = await service.store.read_profile(uid)
    return json_response(_shown(uid, profile))


async def change(service: Service, request: Request, timings: Timings) -> Response:
    """Set the given fields of the user's profile, and answer all of it."""
    uid = await service.require_user(request)
    with timings.step("validate"):
        changes = msgspec.structs.asdict(await read_body(request, ProfileChange))
        given = {name: value for name, value in changes.items() if value is not msgspec.UNSET}
        for name, value in given.items():
            for index, entry in enumerate(value if isinstance(value, tuple) else ()):
                _check_size(f"{name}[{index}]", entry, limits.MAX_ENTRY)
        if "languages" in given:
            given["languages"] = _standard_tags(given["languages"])
    with timings.step("store"):
        profile = (
            await service.store.update_profile(uid, given)
            if given
            else await service.store.read_profile(uid)
        )
    with timings.step("summarise"):
        await service.triggers.run()
    return json_response(_shown(uid, profile))


async def forget(service: Service, request: Request, timings: Timings) -> Response:
    """Delete everything known of the user, which is what an export has, and answer a receipt.

    Ends in bounded time even while the user's app goes on writing: everything written before the
    request is deleted.
    """
    uid = await service.require_user(request)
    store = service.store
    with timings.step("store"):
        conversations = await service.store_breaker.call(
            lambda: service.conversations.delete_all(uid), limited=False
        )
        stored = await store.read_summary(uid)
        await forget_impressions(store, uid, stored)
        removal = await store.delete_engagements(uid)
        had_profile = await store.delete_profile(uid)
    with timings.step("summarise"):
        await _refresh_summary(service, uid)
    with timings.step("purge"):
        await store.purge()
    receipt = Receipt(
        user_id=uid,
        deleted=Deleted(len(removal.ids), had_profile, stored is not None, conversations),
        until=rfc3339(removal.until_us),
        at=rfc3339(service.now_us()),
    )
    return json_response(receipt)


async def _refresh_summary(service: Service, uid: str) -> None:
    """Rebuild the summary after a deletion, within `SETTLE_S`.

    If other writers keep it from being stored, the events of the deletion update it later: they
    name everything that was deleted, but for what the user saw, which is gone before.
    """
    try:
        async with asyncio.timeout(SETTLE_S):
            await refresh_summary(
                service.store, uid, profile=True, rebuild=True, forget_seen=True, pause=pause
            )
    except (TimeoutError, Unsettled) as error:
        log("WARNING", "a deletion leaves the summary to its events", reason=repr(error))
    await service.triggers.run()


def _check_size(field: str, text: str, max_bytes: int) -> None:
    """Raise `ProblemError` 400 for a text of too many bytes, which no JSON schema counts."""
    if (size := limits.utf8_bytes(text)) > max_bytes:
        raise invalid(field, f"at most {max_bytes} bytes of UTF-8", f"{size}")


def _standard_tags(languages: tuple[str, ...]) -> tuple[str, ...]:
    tags = []
    for index, entry in enumerate(languages):
        tag = standard_tag(entry)
        if tag is None:
            expected = "a language tag like en or pt-BR (BCP 47)"
            raise invalid(f"languages[{index}]", expected, repr(entry[:40]))
        tags.append(tag)
    return tuple(dict.fromkeys(tags))


async def _default_timestamp(
    service: Service, uid: str, engagement_id: str | None, now_us: int
) -> int:
    """Return the time of an engagement without a timestamp: now, or when it was first sent.

    Under a fixed clock (`NOW`) it is just after the user's newest engagement.
    """
    if engagement_id is not None:
        earlier = (await service.store.read_engagements(uid, [engagement_id]))[engagement_id]
        if earlier is not None:
            return earlier.timestamp_us
    if service.settings.NOW is not None:
        newest = await service.store.newest_engagements(uid, 1)
        if newest and now_us <= newest[0].timestamp_us < now_us + HOUR_US:
            return newest[0].timestamp_us + 1
    return now_us


def recorded(engagement: Engagement) -> RecordedEngagement:
    """Return an engagement as answers have it."""
    progress = engagement.progress
    return RecordedEngagement(
        id=engagement.id,
        episode_id=engagement.episode_id,
        type=engagement.type,
        progress=msgspec.UNSET if progress is None else progress,
        episode_title=engagement.episode_title,
        series_name=engagement.series_name,
        timestamp=rfc3339(engagement.timestamp_us),
    )


def _shown(uid: str, profile: Profile) -> UserProfile:
    return UserProfile(uid, **msgspec.structs.asdict(profile))


def _encode_position(engagement: Engagement) -> str:
    position = msgspec.json.encode([engagement.timestamp_us, engagement.id])
    return base64.urlsafe_b64encode(position).decode()


def _decode_position(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii"))
        position: tuple[int, str] = msgspec.json.decode(raw, type=_Position)
    except (ValueError, binascii.Error, msgspec.DecodeError) as error:
        raise invalid("cursor", "next_cursor of the previous page") from error
    return position
