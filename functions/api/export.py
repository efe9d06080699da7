"""The export: everything that is stored of a user, as one JSON document to download.

It has what `DELETE /api/me` deletes. Whoever stores something else of a user adds it to both.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import TypeVar

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from feed.catalog.catalog import Catalog
from feed.model.degradation import Degradation
from feed.model.engagement import Profile
from feed.model.impressions import ImpressionsError, unpack
from feed.model.timestamps import rfc3339
from feed.ports.conversations import ListedConversation
from feed.ports.users import StoredSummary
from functions.api.account import recorded
from functions.api.answers import RecordedEngagement, Time
from functions.http.compression import accepts_gzip
from functions.http.download import Download
from functions.serving.catalog_holder import NoCatalogError
from functions.serving.service import Service
from functions.telemetry import Timings

PAGE = 500
"""engagements that are read, and in memory, at once"""
CONVERSATIONS_PAGE = 20
"""conversations that are read at once, of up to 64 KB each"""

T = TypeVar("T", bound=msgspec.Struct)


class ExportedImpression(msgspec.Struct, frozen=True):
    """An episode that was on the screen."""

    episode_id: str | None
    """null if the catalog does not have it, or none is loaded: only the hash of its id is stored"""
    episode_hash: str
    """16 hexadecimal digits"""
    at: Time


class ExportedTurn(msgspec.Struct, frozen=True):
    """A question, or its answer."""

    role: str
    """`user` or `model`"""
    text: str


class ExportedConversation(msgspec.Struct, frozen=True):
    """Questions of the user, with their answers."""

    id: str
    expires_at: Time | None
    """when it is deleted by itself; null if the stored time is malformed"""
    turns: list[ExportedTurn]
    """oldest first"""


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    user_id: str
    exported_at: Time
    degraded: tuple[str, ...]
    """what is missing: `summary_unreadable` if the impressions cannot be read, and why there is no
    catalog, which names their episodes, if there is none"""
    profile: Profile
    impressions: list[ExportedImpression]
    """newest first"""


class UserExport(_Head, frozen=True, kw_only=True):
    """Everything that is stored of a user."""

    engagements: list[RecordedEngagement]
    """newest first"""
    conversations: list[ExportedConversation]
    """by id"""


async def export(service: Service, request: Request, timings: Timings) -> Response:
    """Answer everything that is stored of the user, as a file.

    The answer begins once the profile, the summary and the newest engagements are read, so that a
    store that is away is a problem and no broken file.
    """
    uid = await service.require_user(request)
    service.limits.check_export(uid)
    now_us = service.now_us()
    document = _document(service, uid, now_us)
    with timings.step("store"):
        first = await anext(document)

    async def pieces() -> AsyncGenerator[bytes, None]:
        yield first
        async for piece in document:
            yield piece

    name = f"earshot-{rfc3339(now_us)[:10]}.json"
    gzip = accepts_gzip(request.headers.get("accept-encoding", ""))
    return Download(pieces(), name=name, gzip=gzip)


async def _document(service: Service, uid: str, now_us: int) -> AsyncGenerator[bytes, None]:
    """Yield the JSON of a `UserExport`, a piece for each page that is read."""
    profile = await service.store.read_profile(uid)
    stored = await service.store.read_summary(uid)
    catalog, no_catalog = await _catalog(service)
    impressions, unreadable = _impressions(stored, catalog)
    head = _Head(
        user_id=uid,
        exported_at=rfc3339(now_us),
        degraded=(*no_catalog, *unreadable),
        profile=profile,
        impressions=impressions,
    )
    before = msgspec.json.encode(head)[:-1] + b',"engagements":'
    async for piece in _array(_engagements(service, uid)):
        yield before + piece
        before = b""
    before = b',"conversations":'
    async for piece in _array(_conversations(service, uid)):
        yield before + piece
        before = b""
    yield b"}"


async def _array(pages: AsyncIterator[Sequence[T]]) -> AsyncIterator[bytes]:
    """Yield the JSON array of what pages have together, a piece for each page that has some."""
    start = b"["
    async for page in pages:
        if page:
            yield start + msgspec.json.encode(page)[1:-1]
            start = b","
    yield b"]" if start == b"," else b"[]"


async def _engagements(service: Service, uid: str) -> AsyncIterator[list[RecordedEngagement]]:
    after = None
    while True:
        page = await service.store.newest_engagements(uid, PAGE, after)
        yield [recorded(one) for one in page]
        if len(page) < PAGE:
            return
        after = page[-1].timestamp_us, page[-1].id


async def _conversations(service: Service, uid: str) -> AsyncIterator[list[ExportedConversation]]:
    after = ""
    while True:
        page = await _page(service, uid, after)
        yield [_conversation(one) for one in page]
        if len(page) < CONVERSATIONS_PAGE:
            return
        after = page[-1].id


async def _page(service: Service, uid: str, after: str) -> list[ListedConversation]:
    return await service.store_breaker.call(
        lambda: service.conversations.page(uid, CONVERSATIONS_PAGE, after), limited=False
    )


def _conversation(one: ListedConversation) -> ExportedConversation:
    return ExportedConversation(
        id=one.id,
        expires_at=None if one.expires_us is None else rfc3339(one.expires_us),
        turns=[ExportedTurn(turn.role, turn.text) for turn in one.turns],
    )


async def _catalog(service: Service) -> tuple[Catalog | None, Sequence[Degradation]]:
    """Return the catalog, or None and why there is none: most of an export needs none."""
    try:
        return (await service.holder.current()).catalog, ()
    except NoCatalogError:
        return None, service.holder.degraded


def _impressions(
    stored: StoredSummary | None, catalog: Catalog | None
) -> tuple[list[ExportedImpression], tuple[Degradation, ...]]:
    """Return the impressions of a summary, newest first, and what went wrong.

    What else a summary has are copies of engagements and of the profile.
    """
    if stored is None:
        return [], ()
    try:
        if stored.summary is None:
            return [], (Degradation.SUMMARY_UNREADABLE,)
        seen = unpack(stored.summary.seen)
    except ImpressionsError:
        return [], (Degradation.SUMMARY_UNREADABLE,)
    order = np.lexsort((seen.episodes, -seen.at_s))
    hashes, at_s = seen.episodes[order], seen.at_s[order]
    rows = np.full(len(hashes), -1) if catalog is None else catalog.rows_by_hash(hashes)
    return [
        ExportedImpression(
            episode_id=None if catalog is None or row < 0 else catalog.ids[row],
            episode_hash=f"{episode:016x}",
            at=rfc3339(at * 1_000_000),
        )
        for row, episode, at in zip(rows.tolist(), hashes.tolist(), at_s.tolist(), strict=True)
    ], ()
