"""Sessions: creating one, and answering its next page."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from feed.catalog.catalog import Catalog
from feed.model.degradation import Degradation
from feed.ranking.external_search import SearchResult
from feed.ranking.pipeline import Ranker
from feed.scenarios.changes import ScenarioChanges, with_changes
from feed.scenarios.experiment import Assignment
from feed.scenarios.scenario import Scenario, ScenarioError
from feed.session import pages
from feed.session.cursor import unseal
from feed.session.decision_log import is_sampled
from feed.session.request import ListenerRequest, SessionRequest, impressions_of, make_query
from feed.session.state import Session
from feed.user.query import Query
from functions.api.decision_log import log_page, log_ranking
from functions.api.impressions import record_seen
from functions.api.next_page import PageRequest, page_input
from functions.api.seed_words import seed_words, with_words
from functions.http.endpoint import json_response
from functions.http.request_body import read_body
from functions.problems import ProblemError, from_validation_error, invalid
from functions.serving.loaded_catalog import LoadedCatalog
from functions.serving.service import Service
from functions.serving.user_summaries import with_standard_languages
from functions.telemetry import Timings

_NO_RECORDING = frozenset(
    {
        Degradation.IDENTITY_UNAVAILABLE,
        Degradation.SUMMARY_TIMEOUT,
        Degradation.SUMMARY_UNAVAILABLE,
    }
)
"""with one of these a session does not record what the user saw: it is not known who that is, or
the store was just too slow"""


class NextRequest(PageRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/sessions/{id}/next`."""

    cursor: Annotated[str, msgspec.Meta(min_length=1)]
    """`next_cursor` of the last page"""


@dataclass(frozen=True)
class RankingInput:
    """What a request of a listener is ranked from."""

    uid: str | None
    """the signed-in user; None for an anonymous one"""
    loaded: LoadedCatalog
    ranker: Ranker
    query: Query
    search_result: SearchResult | None
    """what an external search found, where one was needed and answered"""
    degraded: tuple[Degradation, ...]
    """what the request had to do without so far"""
    experiment: Assignment | None
    recording: asyncio.Task[tuple[Degradation, ...]]
    """records what the user saw, and returns what went wrong"""


async def create(service: Service, request: Request, timings: Timings) -> Response:
    """Rank a new session and answer its first page."""
    with timings.step("validate"):
        body = await read_body(request, SessionRequest)
        if body.is_for_admins:
            await service.require_admin(request)
    given = await ranking_input(service, request, body, timings)
    async with service.ranking_lock:
        with timings.step("rank"):
            session = pages.create(
                given.ranker,
                given.query,
                given.search_result,
                degraded=given.degraded,
                experiment=given.experiment,
                trace=body.trace,
                detail=body.detail,
                explained_id=body.explained_id,
                is_decision=body.is_decision,
                log_parts=is_sampled(given.query.seed, service.settings.LOG_PARTS),
            )
    timings.log_fields["scenario_version"] = given.ranker.scenario_version
    unsaved = await given.recording
    return _page(service, given.loaded.catalog, session, body.limit, given.uid, timings, unsaved)


async def ranking_input(
    service: Service, request: Request, body: ListenerRequest, timings: Timings
) -> RankingInput:
    """Read all that a request is ranked from: one document of its user, at most.

    Raises `ProblemError`, also beyond the limit of new sessions.
    """
    with timings.step("validate"):
        uid, user_degraded = await service.optional_user(request)
        service.limits.check_session(uid, request.scope)
        if not user_degraded:
            _check_user(body.user_id, uid)
        words = seed_words(service, body.feed_seed)
        # A request that names or changes its scenario takes no part in the experiment.
        chooses = body.scenario is not None or body.changes is not None
        experiment = None if chooses else service.assignment(uid)
        scenario = service.scenario_name(experiment.arm if experiment else body.scenario)
    # At once: while the first catalog is loaded, the store's connection is opened.
    loaded, (stored, summary_degraded) = await asyncio.gather(
        service.catalog(timings),
        service.summaries.read_stored(uid if body.stored else None, timings),
    )
    summary = stored.summary if stored else None
    if summary is not None:
        summary, unreadable = with_standard_languages(summary)
        summary_degraded = (*summary_degraded, *unreadable)
    ranker = loaded.rankers[scenario]
    if body.changes is not None:
        with timings.step("change"):
            # Takes a second for half a million episodes, in which others are answered.
            ranker = await asyncio.to_thread(_changed, ranker, body.changes)
    seed = secrets.randbits(64) if body.random_seed is None else body.random_seed
    query = make_query(body, summary, seed=seed, now_us=service.now_us())
    saw = impressions_of(body.seen, pages.session_id(seed), query.now_us)
    is_possible = _NO_RECORDING.isdisjoint((*user_degraded, *summary_degraded))
    merged = query.seen if body.stored else None
    recording = asyncio.create_task(
        record_seen(service, uid, saw, timings, stored, merged, is_possible=is_possible)
    )
    query, seed_degraded = await with_words(service, loaded, ranker, query, words, timings)
    search_result, search_degraded = await service.retrieve(ranker, query, timings)
    return RankingInput(
        uid=uid,
        loaded=loaded,
        ranker=ranker,
        query=query,
        search_result=search_result,
        degraded=(*user_degraded, *summary_degraded, *seed_degraded, *search_degraded),
        experiment=experiment,
        recording=recording,
    )


def _changed(ranker: Ranker, changes: ScenarioChanges) -> Ranker:
    """Return a ranker for this request alone. Raises `ProblemError` 400 that names the key."""
    try:
        return Ranker(ranker.catalog, with_changes(ranker.scenario, changes))
    except ScenarioError as error:
        text = str(error).removeprefix("scenario: ").removeprefix("expected ")
        found = from_validation_error(msgspec.ValidationError(text), Scenario)
        field = f"scenario_changes.{found.field}".removesuffix(".body")
        raise invalid(field, found.expected or "", is_known=False) from error


async def next_page(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the next page of the session that a cursor carries."""
    with timings.step("validate"):
        body = await read_body(request, NextRequest)
    expected = "next_cursor of the last page of this session, unchanged"
    given = await page_input(service, request, body, unseal, expected, timings)
    catalog = given.loaded.catalog
    with timings.step("resume"):
        session = pages.resume(catalog, given.session_id, given.payload, body.engaged_ids)
    return _page(service, catalog, session, body.limit, given.uid, timings, given.unsaved)


def _page(
    service: Service,
    catalog: Catalog,
    session: Session,
    limit: int,
    uid: str | None,
    timings: Timings,
    unsaved: tuple[Degradation, ...],
) -> Response:
    degraded = (*service.catalog_degraded(catalog), *unsaved)
    with timings.step("encode"):
        body = pages.page(
            catalog,
            session,
            limit,
            uid=uid,
            keys=service.cursor_keys,
            expires_us=service.now_us() + service.settings.CURSOR_TTL_S * 1_000_000,
            degraded=degraded,
        )
        log_page(service, timings, catalog, session, limit)
    causes = session.degraded
    if session.scenario not in service.scenarios:
        causes = tuple(map(str, causes))  # what an admin tries is no line of an error
    log_ranking(
        timings,
        session_id=session.session_id,
        scenario=session.scenario,
        catalog=catalog,
        degraded=[*degraded, *causes],
        experiment=session.experiment,
    )
    return json_response(body)


def _check_user(user_id: str | None, uid: str | None) -> None:
    if user_id is not None and user_id != uid:
        raise ProblemError(
            401 if uid is None else 403,
            "not-your-user",
            "user_id is not the signed-in user",
            field="user_id",
            expected="the signed-in user's own id, or none",
        )
