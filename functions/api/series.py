"""Series: their names, what is known of one show, and the shows that are similar to it."""

from typing import Annotated

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from feed.arrays.arrays import IntArray
from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.model.degradation import Degradation
from feed.model.timestamps import rfc3339
from feed.ranking.series import SeriesFeatures
from feed.session.answers import Reason
from feed.session.pages import cards
from feed.session.reason_text import render_all
from feed.session.request import Limit
from functions.api.series_answers import (
    EncodedSeriesPage,
    ListedSeries,
    RecommendedSeriesCard,
    RecommendedSeriesList,
    SeriesCard,
    SeriesList,
    SimilarSeries,
)
from functions.api.user_context import read_user_context
from functions.http.endpoint import CACHE, json_response
from functions.http.request_body import read_query
from functions.problems import ProblemError
from functions.serving.service import Service
from functions.telemetry import Timings

MAX_SERIES = 200
MAX_TOPICS = 5
_FEATURED = 20
"""number of a series' newest episodes that its topics are taken from"""


class SeriesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of `GET /api/series`."""

    id: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=MAX_SERIES)]
    """ids of series, as `id=…&id=…`"""


class SeriesEpisodesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of `GET /api/series/{id}`."""

    limit: Limit = 10
    """number of episodes"""
    cursor: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,6}$")] = "0"
    """`next_cursor` of the last page"""


class RecommendedSeriesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of `GET /api/recommended/series`."""

    limit: Limit = 10
    """number of series"""


class SimilarSeriesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of `GET /api/series/{id}/similar`."""

    limit: Limit = 10
    """number of series"""


class _CardImage(msgspec.Struct):
    image_url: str | msgspec.UnsetType = msgspec.UNSET


async def names(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the names and artwork of the series with these ids. Unknown ids are left out."""
    ids, now_us = read_query(request, SeriesQuery).id, service.now_us()
    loaded = await service.catalog(timings)
    catalog, features = loaded.catalog, loaded.rankers[service.settings.SCENARIO].series
    numbers = catalog.series_index.first(hash_strings(ids)).tolist()
    known = {catalog.series_ids[one]: one for one in numbers if one >= 0}
    found = [
        ListedSeries(
            id=one,
            name=catalog.series_names[known[one]],
            image_url=_image(catalog, features.rows(known[one], now_us)),
        )
        for one in dict.fromkeys(ids)
        if one in known
    ]
    return json_response(SeriesList(found, catalog.version), cache=CACHE)


async def show(service: Service, request: Request, timings: Timings) -> Response:
    """Answer what is known of a series, and a page of its episodes, the newest first."""
    asked, now_us = read_query(request, SeriesEpisodesQuery), service.now_us()
    loaded = await service.catalog(timings)
    catalog, features = loaded.catalog, loaded.rankers[service.settings.SCENARIO].series
    series = _find(catalog, request)
    rows = features.rows(series, now_us)
    start = int(asked.cursor)
    end = start + asked.limit
    degraded: list[str] = [*service.catalog_degraded(catalog)]
    answer = EncodedSeriesPage(
        series=_card(catalog, features, series, now_us),
        episodes=cards(catalog, rows[start:end].tolist()),
        next_cursor=str(end) if len(rows) > end else None,
        catalog_version=catalog.version,
        degraded=degraded,
    )
    timings.log_fields["degraded"] = degraded
    return json_response(answer, cache="no-store" if degraded else CACHE)


async def similar(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the series most similar to one, by content and by who listens to it."""
    asked, now_us = read_query(request, SimilarSeriesQuery), service.now_us()
    loaded = await service.catalog(timings)
    catalog, features = loaded.catalog, loaded.rankers[service.settings.SCENARIO].series
    series = _find(catalog, request)
    published = catalog.series[catalog.published_us <= now_us]
    allowed = np.zeros(len(catalog.series_ids), np.bool_)
    allowed[published[published >= 0]] = True
    with timings.step("rank"):
        found, scores = features.similar(series, asked.limit, allowed)
    degraded: list[str] = [*service.catalog_degraded(catalog), *_vectors_degraded(catalog)]
    answer = SimilarSeries(
        series_id=catalog.series_ids[series],
        series=[_card(catalog, features, one, now_us) for one in found.tolist()],
        scores=[round(score, 6) for score in scores.tolist()],
        catalog_version=catalog.version,
        degraded=degraded,
    )
    timings.log_fields["degraded"] = degraded
    return json_response(answer, cache="no-store" if degraded else CACHE)


async def recommended(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the series that suit the user and that they neither follow, mute nor know."""
    asked = read_query(request, RecommendedSeriesQuery)
    user = await read_user_context(service, request, timings)
    catalog, ranker = user.loaded.catalog, user.loaded.rankers[service.settings.SCENARIO]
    now_us = service.now_us()
    async with service.ranking_lock:
        with timings.step("rank"):
            found = ranker.recommend_series(user.query(now_us), asked.limit)
    reasons = render_all(catalog, found.reasons)
    answer = RecommendedSeriesList(
        series=[
            recommended_card(catalog, ranker.series, one, score, reason, now_us)
            for one, score, reason in zip(
                found.series.tolist(), found.scores.tolist(), reasons, strict=True
            )
        ],
        cold_start=found.cold_start,
        catalog_version=catalog.version,
        degraded=[*user.degraded, *_vectors_degraded(catalog)],
    )
    return user.response(timings, answer, answer.degraded)


def _vectors_degraded(catalog: Catalog) -> tuple[Degradation, ...]:
    return () if catalog.embeddings.in_memory else (Degradation.VECTORS_UNAVAILABLE,)


def recommended_card(
    catalog: Catalog,
    features: SeriesFeatures,
    series: int,
    score: float,
    reason: Reason,
    now_us: int,
) -> RecommendedSeriesCard:
    """Return what is known of a series that is recommended, with its score and reason."""
    return RecommendedSeriesCard(
        **msgspec.structs.asdict(_card(catalog, features, series, now_us)),
        score=round(score, 6),
        reason=reason,
    )


def _card(catalog: Catalog, features: SeriesFeatures, series: int, now_us: int) -> SeriesCard:
    rows = features.rows(series, now_us)
    return SeriesCard(
        id=catalog.series_ids[series],
        name=catalog.series_names[series],
        episodes=len(rows),
        topics=features.topics(rows[:_FEATURED], MAX_TOPICS),
        newest_at=rfc3339(int(catalog.published_us[rows[0]])) if len(rows) else None,
        image_url=_image(catalog, rows),
    )


def _image(catalog: Catalog, rows: IntArray) -> str | msgspec.UnsetType:
    """Return the artwork of the first of some episodes, if it has any."""
    if not len(rows):
        return msgspec.UNSET
    return msgspec.json.decode(catalog.cards.raw(int(rows[0])), type=_CardImage).image_url


def _find(catalog: Catalog, request: Request) -> int:
    """Return the index of the series in a path. Raises `ProblemError` 404."""
    name = request.path_params["series_id"]
    series = int(catalog.series_index.first(hash_strings([name]))[0])
    if series < 0:
        detail = f"there is no series {name[:200]!r} in this catalog"
        raise ProblemError(404, "not-found", detail, log_text="no such series")
    return series
