"""Insights: people, things and topics, with the episodes behind them."""

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from feed.arrays.arrays import BoolArray
from feed.catalog.catalog import Catalog
from feed.catalog.insights import KINDS, InsightKind
from feed.insights.reasons import reason
from feed.insights.selection import Taste, find, largest, taste_of, trending
from feed.model.degradation import Degradation
from feed.model.timestamps import DAY_US, rfc3339
from feed.ranking import filters
from feed.session.pages import cards
from feed.session.request import Limit
from feed.user.features import UserFeatures
from feed.user.hydration import hydrate
from functions.api.catalog_filters import CatalogFilters, profile_mask
from functions.api.insights_answers import (
    EncodedInsight,
    EncodedInsightList,
    EncodedInsightPage,
)
from functions.api.user_context import read_user_context
from functions.http.endpoint import CACHE, json_response
from functions.http.request_body import read_query
from functions.problems import ProblemError
from functions.serving.loaded_catalog import LoadedCatalog
from functions.serving.service import Service
from functions.telemetry import Timings

SHOWN = 3
"""episodes of each insight in a list"""


class TrendingInsightsQuery(CatalogFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of `GET /api/insights/trending`."""

    limit: Limit = 10
    """number of insights"""


class InsightsQuery(CatalogFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of `GET /api/insights`."""

    kind: InsightKind
    """a topic is a category"""
    limit: Limit = 10
    """number of insights"""


class InsightQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of `GET /api/insights/{kind}/{name}`."""

    limit: Limit = 10
    """number of episodes"""


async def trending_insights(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the names that rise; of a known user those that suit their taste come earlier."""
    asked = read_query(request, TrendingInsightsQuery)
    context = await read_user_context(service, request, timings)
    loaded, summary = context.loaded, context.summary
    catalog, now_us = loaded.catalog, service.now_us()
    allowed, taste = asked.mask(catalog) & _shown(service, loaded, now_us), None
    async with service.ranking_lock:
        with timings.step("rank"):
            if summary is not None:
                allowed &= profile_mask(catalog, summary.profile)
                ranker = loaded.rankers[service.settings.SCENARIO]
                query = hydrate(context.query(now_us), catalog)
                user = UserFeatures(catalog, query, ranker.scenario.interests)
                taste = taste_of(ranker.features, user)
                allowed[user.disliked] = False
            places = trending(catalog, allowed, asked.limit, taste).tolist()
    answer = EncodedInsightList(
        insights=[_insight(catalog, place, allowed, SHOWN, taste) for place in places],
        until=_until(catalog),
        catalog_version=catalog.version,
        degraded=[*context.degraded, *_missing(catalog)],
    )
    return context.response(timings, answer, answer.degraded)


async def largest_insights(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the names of a kind: those that rise first, then the most heard and published."""
    asked = read_query(request, InsightsQuery)
    loaded = await service.catalog(timings)
    catalog = loaded.catalog
    allowed = asked.mask(catalog) & _shown(service, loaded, service.now_us())
    places = largest(catalog, allowed, asked.limit, asked.kind).tolist()
    degraded: list[str] = [*service.catalog_degraded(catalog), *_missing(catalog)]
    answer = EncodedInsightList(
        insights=[_insight(catalog, place, allowed, SHOWN) for place in places],
        until=_until(catalog),
        catalog_version=catalog.version,
        degraded=degraded,
    )
    timings.log_fields["degraded"] = degraded
    return json_response(answer, cache="no-store" if degraded else CACHE)


async def show(service: Service, request: Request, timings: Timings) -> Response:
    """Answer one insight, whether it rises or not. Raises `ProblemError` 404 if there is none."""
    limit = read_query(request, InsightQuery).limit
    loaded = await service.catalog(timings)
    catalog = loaded.catalog
    kind, name = request.path_params["kind"], request.path_params["name"]
    place = find(catalog, kind, name)
    if place is None:
        detail = f"there is no insight of kind {kind[:20]!r} and name {name[:200]!r}"
        raise ProblemError(404, "not-found", detail, log_text="no such insight")
    degraded: list[str] = [*service.catalog_degraded(catalog), *_missing(catalog)]
    allowed = _shown(service, loaded, service.now_us())
    answer = EncodedInsightPage(
        insight=_insight(catalog, place, allowed, limit),
        until=_until(catalog),
        catalog_version=catalog.version,
        degraded=degraded,
    )
    timings.log_fields["degraded"] = degraded
    return json_response(answer, cache="no-store" if degraded else CACHE)


def _shown(service: Service, loaded: LoadedCatalog, now_us: int) -> BoolArray:
    """Return (n,) which episodes are published, and pass the scenario's quality floors."""
    features = loaded.rankers[service.settings.SCENARIO].features
    allowed = np.ones(len(loaded.catalog), np.bool_)
    for mask in (features.floors, filters.published(loaded.catalog, now_us)):
        if mask is not None:
            allowed &= mask
    return allowed


def _missing(catalog: Catalog) -> tuple[Degradation, ...]:
    return (Degradation.INSIGHTS_MISSING,) if catalog.insights.is_missing else ()


def _until(catalog: Catalog) -> str | None:
    """Return the last day that is counted, such as `2026-02-06`; None without insights."""
    day = catalog.insights.day
    return rfc3339(int(day[0]) * DAY_US)[:10] if len(day) else None


def _insight(
    catalog: Catalog, place: int, allowed: BoolArray, count: int, taste: Taste | None = None
) -> EncodedInsight:
    insights = catalog.insights
    rows = insights.episodes(place)
    rows = rows[allowed[rows]][:count]
    listeners, series = insights.momentum[place].tolist()
    return EncodedInsight(
        kind=KINDS[insights.kinds[place]],
        name=insights.names[place],
        rising=bool(insights.rising[place]),
        listeners=int(insights.listeners[place]),
        series=int(insights.series[place]),
        listener_momentum=round(listeners, 2) if listeners else None,
        series_momentum=round(series, 2) if series else None,
        listeners_by_day=insights.listeners_by_day[place].tolist(),
        series_by_day=insights.series_by_day[place].tolist(),
        reason=reason(catalog, place, taste),
        episodes=cards(catalog, rows.tolist()),
    )
