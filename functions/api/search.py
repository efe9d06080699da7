"""Search: episodes, series, people and topics that match some words, and suggestions.

What a search needs is imported by the first one.
"""

import asyncio
from typing import TYPE_CHECKING, Annotated

import msgspec
import numpy as np
import numpy.typing as npt
from starlette.requests import Request
from starlette.responses import Response

from feed.arrays.arrays import BoolArray
from feed.catalog.catalog import Catalog
from feed.model.card import Card
from feed.model.degradation import Degradation
from feed.model.engagement import Profile
from feed.model.timestamps import rfc3339, to_us
from feed.ranking import filters
from feed.session.request import Limit, Timestamp
from functions.api.answers import NamedSeries
from functions.api.catalog_filters import CatalogFilters, profile_mask
from functions.api.search_answers import (
    EncodedSearchPage,
    Snippet,
    Suggestion,
    SuggestionList,
    Understood,
)
from functions.api.user_context import UserContext, read_user_context
from functions.http.endpoint import json_response
from functions.http.request_body import read_query
from functions.serving.service import Service
from functions.telemetry import Timings

if TYPE_CHECKING:
    from feed.search.index import SearchIndex
    from feed.search.search import Results

MAX_QUERY = 200
"""characters"""
MAX_NAMES = 5
"""names of each kind in one answer"""
MAX_SUGGESTIONS = 10
_LOOKED_AT = 50
"""names that the query begins, among which those of each kind are found"""

QueryText = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_QUERY)]


class SearchQuery(CatalogFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of `GET /api/search`."""

    q: QueryText
    """words to find; "in quotes" as they stand"""
    limit: Limit = 10
    """number of episodes"""
    cursor: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,4}$")] = "0"
    """`next_cursor` of the last page"""
    since: Timestamp | None = None
    """only episodes published then or later"""
    until: Timestamp | None = None
    """only episodes published earlier"""
    max_duration_s: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    """only episodes that are known to be no longer"""


class SuggestQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of `GET /api/suggest`."""

    q: QueryText
    """the beginning of a query"""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_SUGGESTIONS)] = 8
    """number of suggestions"""


async def search(service: Service, request: Request, timings: Timings) -> Response:
    """Answer one page of the episodes that match, and the names that do."""
    from feed.search.names import matching_names  # noqa: PLC0415
    from feed.search.search import search as find  # noqa: PLC0415

    asked = read_query(request, SearchQuery)
    user = await read_user_context(service, request, timings)
    loaded, catalog = user.loaded, user.loaded.catalog
    (index, index_degraded), (vector, vector_degraded) = await asyncio.gather(
        service.search_indexes.of(loaded), service.query_embeddings.of(catalog, asked.q)
    )
    degraded = (*user.degraded, *index_degraded, *vector_degraded)
    if not catalog.embeddings.in_memory:
        degraded = (*degraded, Degradation.VECTORS_UNAVAILABLE)
    episodes, total, next_cursor, names, results = b"[]", 0, None, [], None
    if index is not None:
        async with service.ranking_lock:
            with timings.step("rank"):
                now_us = service.now_us()
                profile = user.summary.profile if user.summary else Profile()
                allowed = _allowed(catalog, index, asked, profile, now_us)
                taste = _taste(service, user, now_us)
                results = find(
                    catalog,
                    index,
                    asked.q,
                    allowed=allowed,
                    now_us=now_us,
                    vector=vector,
                    taste=taste,
                )
                names = matching_names(index, asked.q, _LOOKED_AT)
            with timings.step("encode"):
                start = int(asked.cursor)
                end = start + asked.limit
                episodes = _encoded(catalog, results, start, end)
                total, next_cursor = results.total, str(end) if end < len(results.rows) else None
    answer = EncodedSearchPage(
        episodes=msgspec.Raw(episodes),
        total=total,
        next_cursor=next_cursor,
        series=[
            NamedSeries(catalog.series_ids[one.target], one.name)
            for one in names
            if one.kind == "series"
        ][:MAX_NAMES],
        people=[one.name for one in names if one.kind == "person"][:MAX_NAMES],
        topics=[one.name for one in names if one.kind == "topic"][:MAX_NAMES],
        understood=_understood(catalog, results),
        catalog_version=catalog.version,
        degraded=[*degraded],
    )
    timings.log_fields["degraded"] = answer.degraded
    return json_response(answer)


async def suggest(service: Service, request: Request, timings: Timings) -> Response:
    """Answer what the beginning of a query may become: names, then titles, the newest first."""
    from feed.search.names import matching_names  # noqa: PLC0415
    from feed.search.titles import matching_titles  # noqa: PLC0415

    asked = read_query(request, SuggestQuery)
    loaded = await service.catalog(timings)
    catalog = loaded.catalog
    index, degraded = await service.search_indexes.of(loaded)
    found: list[Suggestion] = []
    if index is not None:
        with timings.step("rank"):
            for one in matching_names(index, asked.q, asked.limit):
                series_id = catalog.series_ids[one.target] if one.kind == "series" else None
                found.append(Suggestion(one.kind, one.name, series_id))
            more = asked.limit - len(found)
            rows = matching_titles(catalog, index, asked.q, more, service.now_us()).tolist()
            found += [Suggestion("title", catalog.title(row), catalog.ids[row]) for row in rows]
    answer = SuggestionList(found, catalog.version, [*service.catalog_degraded(catalog), *degraded])
    timings.log_fields["degraded"] = answer.degraded
    return json_response(answer)


def _understood(catalog: Catalog, results: "Results | None") -> Understood:
    """Return what the query was understood as; without results, nothing."""
    from feed.search.interpretation import NOTHING  # noqa: PLC0415

    found = results.understood if results else NOTHING
    return Understood(
        series=[
            NamedSeries(catalog.series_ids[one], catalog.series_names[one])
            for one in sorted(found.series)
        ],
        since=None if found.since_us is None else rfc3339(found.since_us),
        until=None if found.until_us is None else rfc3339(found.until_us),
        min_duration_s=found.min_duration_s,
        max_duration_s=found.max_duration_s,
        newest=found.is_recent,
    )


def _allowed(
    catalog: Catalog, index: "SearchIndex", asked: SearchQuery, profile: Profile, now_us: int
) -> BoolArray:
    """Return (n,) which episodes pass the filters of a query and of a profile."""
    masks = [profile_mask(catalog, profile), filters.published(catalog, now_us)]
    if asked.since is not None:
        masks.append(catalog.published_us >= to_us(asked.since))
    if asked.until is not None:
        masks.append(catalog.published_us < to_us(asked.until))
    if asked.max_duration_s is not None:
        masks.append(index.durations_s <= asked.max_duration_s)
    allowed = asked.mask(catalog)
    for mask in masks:
        if mask is not None:
            allowed &= mask
    return allowed


def _taste(service: Service, user: UserContext, now_us: int) -> npt.NDArray[np.float32] | None:
    """Return the (D,) embedding of a user; None where it is not known, or vectors are elsewhere."""
    if user.summary is None or not user.loaded.catalog.embeddings.in_memory:
        return None
    return user.loaded.rankers[service.settings.SCENARIO].user_vector(user.query(now_us))


def _encoded(catalog: Catalog, results: "Results", start: int, end: int) -> bytes:
    """Return the JSON of some results: their cards, already encoded, and how each matches."""
    from feed.search.snippet import matched_fields, snippet  # noqa: PLC0415

    encoded = []
    for row, score in zip(
        results.rows[start:end].tolist(), results.scores[start:end].tolist(), strict=True
    ):
        raw = catalog.cards.raw(row)
        card = msgspec.json.decode(raw, type=Card)
        match = {
            "score": round(score, 6),
            "matched": matched_fields(card, results.terms),
            "snippet": Snippet(*snippet(card, results.terms)),
        }
        encoded.append(raw[:-1] + b"," + msgspec.json.encode(match)[1:])
    return b"[" + b",".join(encoded) + b"]"
