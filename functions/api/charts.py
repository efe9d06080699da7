"""Charts: what is popular, rising or new, the same for every user."""

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from feed.ranking import charts
from feed.ranking.catalog_features import CatalogFeatures
from feed.session.pages import cards
from feed.session.request import Limit
from functions.api.answers import EncodedEpisodePage
from functions.api.catalog_filters import CatalogFilters
from functions.http.endpoint import CACHE, json_response
from functions.http.request_body import read_query
from functions.serving.service import Service
from functions.telemetry import Timings

MAX_OFFSET = 9999
Offset = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,4}$")]


class ChartQuery(CatalogFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the queries of all charts have in common."""

    limit: Limit = 10
    """number of episodes"""
    cursor: Offset = "0"
    """`next_cursor` of the last page"""


class TrendingQuery(ChartQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of `GET /api/trending`."""

    window: Literal["day", "week", "month"] = "day"
    """listeners of that time are compared with those before"""


class PopularQuery(ChartQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of `GET /api/popular`."""

    window: charts.Window = "week"
    """half-life of a listener's weight; `ever`: all count alike"""


class NewQuery(ChartQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of `GET /api/new`."""

    window: charts.Window = "ever"
    """only episodes published in the last day, week or month"""


async def trending(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the episodes that have more listeners than before, the steepest rise first."""
    asked = read_query(request, TrendingQuery)
    return await _chart(
        service, timings, asked, lambda features: charts.trending(features, asked.window)
    )


async def popular(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the episodes with the most listeners, the most popular first."""
    asked = read_query(request, PopularQuery)
    return await _chart(
        service, timings, asked, lambda features: charts.popular(features, asked.window)
    )


async def new(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the episodes by date, the newest first."""
    asked, now_us = read_query(request, NewQuery), service.now_us()
    return await _chart(
        service, timings, asked, lambda features: charts.newest(features, asked.window, now_us)
    )


async def _chart(
    service: Service,
    timings: Timings,
    asked: ChartQuery,
    values: Callable[[CatalogFeatures], charts.Values],
) -> Response:
    loaded = await service.catalog(timings)
    catalog = loaded.catalog
    features = loaded.rankers[service.settings.SCENARIO].features
    start = int(asked.cursor)
    end = start + asked.limit
    with timings.step("rank"):
        rows = charts.chart(
            features, values(features), asked.mask(catalog), service.now_us(), end + 1
        )
    degraded: list[str] = [*service.catalog_degraded(catalog)]
    answer = EncodedEpisodePage(
        episodes=cards(catalog, rows[start:end].tolist()),
        next_cursor=str(end) if end < len(rows) and end <= MAX_OFFSET else None,
        catalog_version=catalog.version,
        degraded=degraded,
    )
    timings.log_fields["degraded"] = degraded
    return json_response(answer, cache="no-store" if degraded else CACHE)
