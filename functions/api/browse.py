"""Browsing: episodes and categories, the same for every user."""

from typing import Annotated

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from feed.catalog.catalog import Catalog
from feed.ranking.similar_episodes import POOL
from feed.session.pages import cards
from functions.api.answers import (
    Category,
    CategoryList,
    EncodedEpisodeList,
    EncodedSimilarEpisodes,
)
from functions.api.catalog_filters import CatalogFilters
from functions.api.user_context import read_user_context
from functions.http.endpoint import CACHE, json_response
from functions.http.request_body import read_query
from functions.problems import ProblemError
from functions.serving.service import RETRY_AFTER_S, Service
from functions.serving.texts import TextReader
from functions.telemetry import Timings

MAX_EPISODES = 50
MAX_SIMILAR = 50
NO_NOTES = b'{"html":"","text":""}'
NO_TRANSCRIPT = b'{"chapters":[],"parts":[]}'


class EpisodesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of `GET /api/episodes`."""

    id: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=MAX_EPISODES)]
    """ids of episodes, as `id=…&id=…`"""


class SimilarQuery(CatalogFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of `GET /api/episodes/{id}/similar`."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_SIMILAR)] = 10
    """number of episodes"""


async def episode(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the card of one episode."""
    catalog = (await service.catalog(timings)).catalog
    return json_response(catalog.cards.raw(_row(catalog, request)), cache=CACHE)


async def episodes(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the cards of the episodes with these ids, in their order. Unknown ids are left out."""
    ids = read_query(request, EpisodesQuery).id
    catalog = (await service.catalog(timings)).catalog
    rows = [row for row in dict.fromkeys(catalog.rows(ids).tolist()) if row >= 0]
    answer = EncodedEpisodeList(episodes=cards(catalog, rows), catalog_version=catalog.version)
    return json_response(answer, cache=CACHE)


async def notes(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the full notes of one episode, empty ones if it has none.

    Raises `ProblemError`: 404 if there is no such episode, 503 if they cannot be read at present.
    """
    return await _text(service, service.notes, request, timings, "notes", NO_NOTES)


async def transcript(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the chapters and the transcript of one episode, each empty if it has none.

    Raises `ProblemError`: 404 if there is no such episode, 503 if they cannot be read at present.
    """
    reader = service.transcripts
    return await _text(service, reader, request, timings, "transcript", NO_TRANSCRIPT)


async def _text(
    service: Service,
    reader: TextReader,
    request: Request,
    timings: Timings,
    name: str,
    none: bytes,
) -> Response:
    """Answer the text of one episode, or else `none`: most pages ask, and browsers log a 404."""
    loaded = await service.catalog(timings)
    catalog, row = loaded.catalog, _row(loaded.catalog, request)
    with timings.step(name):
        found, degraded = await reader.read(loaded, [row])
    timings.log_fields["degraded"] = degraded
    if degraded:
        raise ProblemError(
            503,
            f"{name}-unavailable",
            f"the {name} of this episode cannot be read just now",
            headers={"Retry-After": str(RETRY_AFTER_S)},
            causes=degraded,
        )
    text = found.get(row, none)
    about = {"episode_id": catalog.ids[row], "catalog_version": catalog.version}
    return json_response(text[:-1] + b"," + msgspec.json.encode(about)[1:], cache=CACHE)


async def similar(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the episodes most similar to one; none if it has no embedding.

    A user gets none that they mute, finished or rejected, in their languages, and of those that are
    about as similar first what suits their taste.
    """
    asked = read_query(request, SimilarQuery)
    user = await read_user_context(service, request, timings)
    catalog = user.loaded.catalog
    row, ranker = _row(catalog, request), user.loaded.rankers[service.settings.SCENARIO]
    matches, search_degraded = await service.similar(ranker, row, POOL * asked.limit, timings)
    query = None if user.summary is None else user.query(service.now_us())
    with timings.step("rank"):
        allowed = asked.mask(catalog)
        rows, scores = ranker.similar(row, asked.limit, matches, allowed=allowed, query=query)
    answer = EncodedSimilarEpisodes(
        episode_id=catalog.ids[row],
        episodes=cards(catalog, rows.tolist()),
        similarity_scores=[round(score, 6) for score in scores.tolist()],
        catalog_version=catalog.version,
        degraded=[*user.degraded, *search_degraded],
    )
    return user.response(timings, answer, answer.degraded)


async def categories(service: Service, _request: Request, timings: Timings) -> Response:
    """Answer the categories of the catalog, largest first."""
    catalog = (await service.catalog(timings)).catalog
    counts = np.bincount(catalog.category_members, minlength=len(catalog.categories))
    found = [
        Category(
            name=catalog.categories[int(category)],
            kind="major" if catalog.category_major[category] else "sub",
            episodes=int(counts[category]),
        )
        for category in np.argsort(-counts, kind="stable")
    ]
    return json_response(CategoryList(found, len(catalog), catalog.version), cache=CACHE)


def _row(catalog: Catalog, request: Request) -> int:
    name = request.path_params["episode_id"]
    row = int(catalog.rows([name])[0])
    if row < 0:
        detail = f"there is no episode {name[:200]!r} in this catalog"
        raise ProblemError(404, "not-found", detail, log_text="no such episode")
    return row
