"""The home page: shelves of one user, and the next episodes of one shelf."""

from itertools import islice
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from feed.catalog.catalog import Catalog
from feed.home.cursor import UnknownShelf, next_of_shelf, seal_home, unseal_home
from feed.home.page import HomePage, joined
from feed.ranking.pipeline import MILLION, Ranker
from feed.session.decision_log import shown_list
from feed.session.pages import encode_each, encode_episodes
from feed.session.reason_text import render_all
from feed.session.request import ListenerRequest
from feed.session.state import Queue
from functions.api.decision_log import log_ranking, log_shown
from functions.api.home_answers import EncodedHomeAnswer, EncodedHomeShelf, EncodedShelfPage
from functions.api.next_page import PageRequest, page_input
from functions.api.series import recommended_card
from functions.api.series_answers import RecommendedSeriesCard
from functions.api.sessions import ranking_input
from functions.http.endpoint import json_response
from functions.http.request_body import read_body
from functions.problems import invalid
from functions.serving.loaded_catalog import LoadedCatalog
from functions.serving.service import Service
from functions.telemetry import Timings


class HomeRequest(ListenerRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/home`."""


class ShelfRequest(PageRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/home/{id}/next`."""

    cursor: Annotated[str, msgspec.Meta(min_length=1)]
    """`cursor` of the home page; it stays valid for all its shelves"""
    shelf: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    """`id` of the shelf"""
    shown: Annotated[int, msgspec.Meta(ge=0, le=1000)] | None = None
    """`shown_count` of the last answer about this shelf; null: of the home page"""


async def create(service: Service, request: Request, timings: Timings) -> Response:
    """Rank a home page and answer the beginning of each shelf."""
    with timings.step("validate"):
        body = await read_body(request, HomeRequest)
    given = await ranking_input(service, request, body, timings)
    async with service.ranking_lock:
        with timings.step("rank"):
            page = given.loaded.home_ranker(given.ranker, service.home).assemble(
                given.query,
                given.search_result,
                given=given.degraded,
                experiment=given.experiment,
            )
    unsaved = await given.recording
    catalog = given.loaded.catalog
    degraded = [*service.catalog_degraded(catalog), *unsaved, *page.degraded]
    with timings.step("encode"):
        answer = EncodedHomeAnswer(
            session_id=page.session_id,
            shelves=encode_shelves(given.loaded, page, service.now_us()),
            cursor=seal_home(
                page,
                catalog,
                uid=given.uid,
                keys=service.cursor_keys,
                expires_us=service.now_us() + service.settings.CURSOR_TTL_S * 1_000_000,
                is_decision=body.stored,
            ),
            cold_start=page.cold_start,
            user_vector_episodes=page.user_vector_episodes,
            catalog_version=catalog.version,
            home=page.home,
            scenario=page.scenario,
            degraded=[*degraded],
            experiment=page.experiment or msgspec.UNSET,
        )
        encoded = msgspec.json.encode(answer)
    if body.stored:
        _log_shelves(service, timings, catalog, page)
    log_ranking(
        timings,
        session_id=page.session_id,
        scenario=page.scenario,
        catalog=catalog,
        degraded=degraded,
        experiment=page.experiment,
    )
    return json_response(encoded)


async def next_page(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the next episodes of one shelf of the home page that a cursor carries."""
    with timings.step("validate"):
        body = await read_body(request, ShelfRequest)
    expected = "cursor of this home page, unchanged"
    given = await page_input(service, request, body, unseal_home, expected, timings)
    catalog = given.loaded.catalog
    with timings.step("resume"):
        try:
            page = next_of_shelf(
                catalog,
                given.session_id,
                given.payload,
                body.shelf,
                shown=body.shown,
                limit=body.limit,
                engaged_ids=body.engaged_ids,
            )
        except UnknownShelf as error:
            expected = f"a shelf of which the cursor holds the rest: {error}"
            raise invalid("shelf", expected, repr(body.shelf)) from error
    degraded = [*service.catalog_degraded(catalog), *given.unsaved, *page.degraded]
    with timings.step("encode"):
        answer = EncodedShelfPage(
            session_id=given.session_id,
            shelf=page.shelf,
            episodes=(
                msgspec.UNSET
                if page.is_of_series
                else encode_episodes(catalog, page.queue, page.positions)
            ),
            series=(
                _series(
                    given.loaded.rankers[service.settings.SCENARIO], page.queue, service.now_us()
                )
                if page.is_of_series
                else msgspec.UNSET
            ),
            total=page.total,
            shown_count=page.shown,
            remaining_count=page.remaining,
            catalog_version=catalog.version,
            scenario=page.scenario,
            degraded=degraded,
            experiment=page.experiment or msgspec.UNSET,
        )
        encoded = msgspec.json.encode(answer)
    if page.positions and not page.is_of_series and given.payload.session.is_decision:
        rows, sources, first = page.queue.rows, page.queue.sources, page.positions[0]
        shown = shown_list(
            catalog, rows, first, service.now_us(), sources=sources, shelf=page.shelf
        )
        log_shown(service, timings, catalog, [shown])
    log_ranking(
        timings,
        session_id=given.session_id,
        scenario=page.scenario,
        catalog=catalog,
        degraded=degraded,
        experiment=page.experiment,
    )
    return json_response(encoded)


def encode_shelves(loaded: LoadedCatalog, page: HomePage, now_us: int) -> list[EncodedHomeShelf]:
    """Return the beginning of each shelf, with episodes that are already encoded."""
    ranker = loaded.rankers[page.scenario]
    shown = [shelf.shown for shelf in page.shelves if not shelf.is_of_series]
    places = [place for one in shown for place in range(1, len(one) + 1)]
    # Together: shelves give some reasons alike, and each is rendered once.
    episodes = encode_each(loaded.catalog, joined(shown), places) if shown else iter(())
    found = []
    for shelf in page.shelves:
        count = min(shelf.first, len(shelf.queue))
        of_episodes: Any = msgspec.UNSET
        of_series: Any = msgspec.UNSET
        if shelf.is_of_series:
            of_series = _series(ranker, shelf.shown, now_us)
        else:
            of_episodes = msgspec.Raw(b"[%s]" % b",".join(islice(episodes, count)))
        found.append(
            EncodedHomeShelf(
                id=shelf.id,
                title=shelf.title,
                reason=shelf.reason,
                episodes=of_episodes,
                series=of_series,
                total=len(shelf.queue),
                shown_count=count,
                remaining_count=len(shelf.queue) - count,
            )
        )
    return found


def _series(ranker: Ranker, queue: Queue, now_us: int) -> list[RecommendedSeriesCard]:
    reasons, scores = render_all(ranker.catalog, queue.reasons), queue.scores[:, -1] / MILLION
    return [
        recommended_card(ranker.catalog, ranker.series, one, score, reason, now_us)
        for one, score, reason in zip(queue.rows.tolist(), scores.tolist(), reasons, strict=True)
    ]


def _log_shelves(service: Service, timings: Timings, catalog: Catalog, page: HomePage) -> None:
    lists = [
        shown_list(
            catalog,
            shelf.shown.rows,
            1,
            service.now_us(),
            sources=shelf.shown.sources,
            shelf=shelf.id,
        )
        for shelf in page.shelves
        if not shelf.is_of_series
    ]
    log_shown(service, timings, catalog, lists)
