"""Sessions: create one, go on with one."""

import asyncio
import secrets
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from feed.catalog.catalog import Catalog
from feed.session import pages as sessions
from feed.session.cursor import CursorError, CursorExpired, unseal
from feed.session.request import Ids, Limit, SessionRequest, make_query
from feed.session.state import Session
from functions.http.endpoint import json_response
from functions.http.request_body import read_body
from functions.problems import ProblemError
from functions.serving.service import Service
from functions.telemetry import Timings


class NextRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /api/sessions/{id}/next`."""

    cursor: Annotated[str, msgspec.Meta(min_length=1)]
    limit: Limit = 10
    engaged_ids: Ids = ()


async def create(service: Service, request: Request, timings: Timings) -> Response:
    """Rank a session and answer its first page."""
    with timings.step("validate"):
        asked = await read_body(request, SessionRequest)
        uid, unknown = await service.asker(request)
        service.limits.check_session(uid, request.scope)
        if asked.detail or asked.seed is not None:
            await service.check_admin(request)
        if not unknown:
            _check_user(asked.user_id, uid)
        # Who names a scenario has chosen, so no lot has.
        experiment = service.assigned(uid) if asked.scenario is None else None
        scenario = service.scenario(experiment.arm if experiment else asked.scenario)
    # Together: where there is no catalog yet, the store's first connection opens meanwhile.
    held, (summary, missing) = await asyncio.gather(
        service.catalog(timings), service.summary(uid if asked.stored else None, timings)
    )
    ranker = held.rankers[scenario]
    seed = secrets.randbits(64) if asked.seed is None else asked.seed
    query = make_query(asked, summary, seed=seed, now_us=service.now_us())
    retrieved, lacking = await service.retrieve(ranker, query, timings)
    degraded = (*unknown, *missing, *lacking)
    async with service.computing:
        with timings.step("rank"):
            session = sessions.create(
                ranker,
                query,
                retrieved,
                degraded=degraded,
                experiment=experiment,
                trace=asked.trace,
                detail=asked.detail,
            )
    if session.drawn and not asked.detail:  # no listener decides on what the Lab is shown
        timings.facts["drawn"] = session.drawn
    return _page(service, held.catalog, session, asked.limit, uid, timings)


async def next_page(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the next page of a session from its cursor."""
    with timings.step("validate"):
        asked = await read_body(request, NextRequest)
        uid = await service.verifier.uid(request)
        session_id = request.path_params["session_id"]
        session = _opened(service, asked.cursor, session_id, uid)
    held = await service.catalog(timings)
    with timings.step("resume"):
        session = sessions.resume(held.catalog, session, asked.engaged_ids)
    return _page(service, held.catalog, session, asked.limit, uid, timings)


def _page(
    service: Service,
    catalog: Catalog,
    session: Session,
    limit: int,
    uid: str | None,
    timings: Timings,
) -> Response:
    degraded = service.catalog_degraded(catalog)
    with timings.step("encode"):
        body = sessions.page(
            catalog,
            session,
            limit,
            uid=uid,
            keys=service.cursor_keys,
            expires_us=service.now_us() + service.settings.CURSOR_TTL_S * 1_000_000,
            degraded=degraded,
        )
    timings.facts |= {
        "session_id": session.session_id,
        "scenario": session.scenario,
        "catalog_version": catalog.version,
        "degraded": [*degraded, *session.degraded],
    }
    if session.experiment is not None:
        timings.facts["experiment"] = session.experiment
    return json_response(body)


def _check_user(user_id: str | None, uid: str | None) -> None:
    if user_id is not None and user_id != uid:
        raise ProblemError(
            401 if uid is None else 403,
            "not-your-user",
            "user_id is not the user who asks",
            field="user_id",
            expected="the signed-in user's own id, or none",
        )


def _opened(service: Service, token: str, session_id: str, uid: str | None) -> Session:
    now_us = service.now_us()
    try:
        return unseal(
            token, session_id=session_id, uid=uid, keys=service.cursor_keys, now_us=now_us
        )
    except CursorExpired as error:
        raise ProblemError(
            410,
            "cursor-expired",
            "this session is too old to go on: create a new one",
            field="cursor",
            expected="a cursor that has not expired",
        ) from error
    except CursorError as error:
        raise ProblemError(
            400,
            "invalid-cursor",
            f"cursor: {error}",
            field="cursor",
            expected="next_cursor of the last page of this session, unchanged",
        ) from error
