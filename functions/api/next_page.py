"""What the next page of a session or of a home page is made from: its cursor, and the catalog."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, Protocol, TypeVar

import msgspec
from starlette.requests import Request

from feed.model.degradation import Degradation
from feed.session.cursor import CursorError, CursorExpired
from feed.session.request import Ids, Limit, SentImpressions, impressions_of
from functions.api.impressions import record_with_page
from functions.problems import ProblemError
from functions.serving.loaded_catalog import LoadedCatalog
from functions.serving.service import Service
from functions.telemetry import Timings

P_co = TypeVar("P_co", covariant=True)
P = TypeVar("P")


class PageRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the bodies of all calls that continue a queue have in common."""

    cursor: Annotated[str, msgspec.Meta(min_length=1)]
    """where the queue continues"""
    limit: Limit = 10
    """number of episodes on the page"""
    engaged_ids: Ids = ()
    """episodes that are skipped, by id or content id"""
    seen: SentImpressions = ()
    """episodes that were on the screen; a signed-in user's are recorded"""


class Unseal(Protocol[P_co]):
    """Verifies a cursor and returns what it carries. Raises `CursorError`."""

    def __call__(
        self, token: str, *, session_id: str, uid: str | None, keys: Sequence[bytes], now_us: int
    ) -> P_co:
        """Return the payload of a token, signed with any of the keys for this user."""
        ...


@dataclass(frozen=True)
class PageInput(Generic[P]):
    """What a next page is made from."""

    uid: str | None
    """the signed-in user; None for an anonymous one"""
    session_id: str
    payload: P
    """what the cursor carries"""
    loaded: LoadedCatalog
    unsaved: tuple[Degradation, ...]
    """why what was on the screen is not recorded; empty if it is"""


async def page_input(
    service: Service,
    request: Request,
    body: PageRequest,
    unseal: Unseal[P],
    expected: str,
    timings: Timings,
) -> PageInput[P]:
    """Read what a next page is made from, and record what was on the screen.

    Raises `ProblemError`: 410 for a cursor that expired, 400 for one that is not as `expected`.
    """
    with timings.step("validate"):
        uid = await service.verifier.uid(request)
        session_id, now_us = request.path_params["session_id"], service.now_us()
        keys = service.cursor_keys
        try:
            payload = unseal(body.cursor, session_id=session_id, uid=uid, keys=keys, now_us=now_us)
        except CursorExpired as error:
            raise ProblemError(
                410,
                "cursor-expired",
                "this session has expired: create a new one",
                field="cursor",
                expected="a cursor that has not expired",
            ) from error
        except CursorError as error:
            raise ProblemError(
                400, "invalid-cursor", f"cursor: {error}", field="cursor", expected=expected
            ) from error
    saw = impressions_of(body.seen, session_id, now_us)
    loaded, unsaved = await asyncio.gather(
        service.catalog(timings), record_with_page(service, uid, saw, timings)
    )
    return PageInput(uid, session_id, payload, loaded, unsaved)
