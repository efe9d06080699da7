"""The account: a user's engagements and profile. Every call needs a user."""

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
from feed.session.request import SentEngagement
from feed.summary.writer import Unsettled, update_summary
from functions.api.languages import standard_tag
from functions.http.endpoint import json_response
from functions.http.request_body import query_number, read_body
from functions.problems import ProblemError, invalid
from functions.serving.service import Service
from functions.telemetry import Timings, log
from functions.triggers.summary_updates import pause

MAX_LISTED = 500
SETTLE_S = 10.0
"""how long a deletion tries to bring the summary up to date before it leaves that to its events"""

_Place = tuple[Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)], str]
"""Of an engagement in the list: timestamp in microseconds, within what a store takes, and id."""

_Preference = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_ENTRY)]
_Preferences = Annotated[tuple[_Preference, ...], msgspec.Meta(max_length=limits.MAX_ENTRIES)]


class NewEngagement(SentEngagement, frozen=True, kw_only=True):
    """`POST /api/me/engagements`. Without an id it gets one; the same id twice is one."""

    episode_id: StoredEpisodeId


class ProfileChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`PATCH /api/me`: the fields given are set, the others stay."""

    display_name: Annotated[str, msgspec.Meta(max_length=200)] | msgspec.UnsetType = msgspec.UNSET
    category_interests: _Preferences | msgspec.UnsetType = msgspec.UNSET
    followed_series: _Preferences | msgspec.UnsetType = msgspec.UNSET
    muted_series: _Preferences | msgspec.UnsetType = msgspec.UNSET
    muted_categories: _Preferences | msgspec.UnsetType = msgspec.UNSET
    languages: _Preferences | msgspec.UnsetType = msgspec.UNSET


async def record(service: Service, request: Request, timings: Timings) -> Response:
    """Record an engagement. It is stored before this answers."""
    uid = await service.user(request)
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
            at_us = await _moment(service, uid, new.id, now_us)
            engagement = msgspec.structs.replace(engagement, timestamp_us=at_us)
        if engagement.timestamp_us > now_us + HOUR_US:
            raise invalid(
                "timestamp", "a time that is not in the future", rfc3339(engagement.timestamp_us)
            )
    with timings.step("store"):
        await service.store.put_engagement(uid, engagement)
    with timings.step("summarise"):
        await service.triggers.run()
    return json_response(msgspec.json.encode(_shown(engagement)), 201)


async def list_engagements(service: Service, request: Request, timings: Timings) -> Response:
    """The user's engagements, newest first, page by page."""
    uid = await service.user(request)
    limit = query_number(request, "limit", 50, MAX_LISTED)
    after = _after(request.query_params.get("cursor"))
    with timings.step("store"):
        found = await service.store.newest_engagements(uid, limit + 1, after)
    page, more = found[:limit], len(found) > limit
    body = {
        "engagements": [_shown(e) for e in page],
        "next_cursor": _place(page[-1]) if more else None,
    }
    return json_response(msgspec.json.encode(body))


async def remove(service: Service, request: Request, timings: Timings) -> Response:
    """Remove one engagement."""
    uid = await service.user(request)
    engagement_id = request.path_params["engagement_id"]
    with timings.step("store"):
        there = await service.store.delete_engagement(uid, engagement_id)
    if not there:
        detail = f"you have no engagement {engagement_id!r}"
        raise ProblemError(404, "not-found", detail, log_text="no such engagement")
    with timings.step("summarise"):
        await service.triggers.run()
    return json_response(msgspec.json.encode({"removed": engagement_id}))


async def reset(service: Service, request: Request, timings: Timings) -> Response:
    """Remove all engagements: the feed starts again. The profile stays."""
    uid = await service.user(request)
    with timings.step("store"):
        removal = await service.store.delete_engagements(uid)
    with timings.step("summarise"):
        await _summarise(service, uid)
    answer = {"removed": len(removal.ids), "until": rfc3339(removal.until_us)}
    return json_response(msgspec.json.encode(answer))


async def show(service: Service, request: Request, timings: Timings) -> Response:
    """The profile."""
    uid = await service.user(request)
    with timings.step("store"):
        profile = await service.store.read_profile(uid)
    return json_response(_profile(uid, profile))


async def change(service: Service, request: Request, timings: Timings) -> Response:
    """Set some fields of the profile."""
    uid = await service.user(request)
    with timings.step("validate"):
        changes = msgspec.structs.asdict(await read_body(request, ProfileChange))
        given = {name: value for name, value in changes.items() if value is not msgspec.UNSET}
        for name, value in given.items():
            for place, entry in enumerate(value if isinstance(value, tuple) else ()):
                _check_size(f"{name}[{place}]", entry, limits.MAX_ENTRY)
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
    return json_response(_profile(uid, profile))


async def forget(service: Service, request: Request, timings: Timings) -> Response:
    """Delete everything known of the user, with a receipt.

    Ends in bounded time though the user's app goes on writing: what was written before is deleted.
    """
    uid = await service.user(request)
    store = service.store
    with timings.step("store"):
        summary = await store.read_summary(uid) is not None
        removal = await store.delete_engagements(uid)
        profile = await store.delete_profile(uid)
    with timings.step("summarise"):
        await _summarise(service, uid)
    with timings.step("purge"):
        await store.purge()
    receipt = {
        "user_id": uid,
        "deleted": {"engagements": len(removal.ids), "profile": profile, "summary": summary},
        "until": rfc3339(removal.until_us),
        "at": rfc3339(service.now_us()),
    }
    return json_response(msgspec.json.encode(receipt))


async def _summarise(service: Service, uid: str) -> None:
    """Bring the summary up to date after a deletion, unless others write it all the while.

    Then the events of the deletion do, which name all that was deleted.
    """
    try:
        async with asyncio.timeout(SETTLE_S):
            await update_summary(service.store, uid, profile=True, rebuild=True, pause=pause)
    except (TimeoutError, Unsettled) as error:
        log("WARNING", "a deletion leaves the summary to its events", reason=repr(error))
    await service.triggers.run()


def _check_size(field: str, text: str, most: int) -> None:
    """Raise `ProblemError` 400 for a text of too many bytes: no schema can count those."""
    if (size := limits.size(text)) > most:
        raise invalid(field, f"at most {most} bytes of UTF-8", f"{size}")


def _standard_tags(languages: tuple[str, ...]) -> tuple[str, ...]:
    tags = []
    for place, entry in enumerate(languages):
        tag = standard_tag(entry)
        if tag is None:
            expected = "a language tag like en or pt-BR (BCP 47)"
            raise invalid(f"languages[{place}]", expected, repr(entry[:40]))
        tags.append(tag)
    return tuple(dict.fromkeys(tags))


async def _moment(service: Service, uid: str, engagement_id: str | None, now_us: int) -> int:
    """When an engagement without a timestamp happened: now, or when it was first sent.

    Under a fixed clock (`NOW`) everything happens at once; there it is after the user's newest.
    """
    if engagement_id is not None:
        before = (await service.store.read_engagements(uid, [engagement_id]))[engagement_id]
        if before is not None:
            return before.timestamp_us
    if service.settings.NOW is not None:
        newest = await service.store.newest_engagements(uid, 1)
        if newest and now_us <= newest[0].timestamp_us < now_us + HOUR_US:
            return newest[0].timestamp_us + 1
    return now_us


def _shown(engagement: Engagement) -> dict[str, object]:
    shown = msgspec.structs.asdict(engagement)
    shown["timestamp"] = rfc3339(shown.pop("timestamp_us"))
    return {name: value for name, value in shown.items() if value not in (None, "")}


def _profile(uid: str, profile: Profile) -> bytes:
    return msgspec.json.encode({"user_id": uid, **msgspec.structs.asdict(profile)})


def _place(engagement: Engagement) -> str:
    place = msgspec.json.encode([engagement.timestamp_us, engagement.id])
    return base64.urlsafe_b64encode(place).decode()


def _after(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii"))
        place: tuple[int, str] = msgspec.json.decode(raw, type=_Place)
    except (ValueError, binascii.Error, msgspec.DecodeError) as error:
        raise invalid("cursor", "next_cursor of the page before") from error
    return place
