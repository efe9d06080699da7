"""Browsing: episodes, categories and series, the same for every user."""

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.session.pages import cards
from functions.http.endpoint import json_response
from functions.http.request_body import query_number
from functions.problems import ProblemError, invalid
from functions.serving.service import Service
from functions.telemetry import Timings

CACHE = "public, max-age=60"
MAX_SIMILAR = 50
MAX_SERIES = 200


async def episode(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the card of one episode."""
    catalog = (await service.catalog(timings)).catalog
    return json_response(catalog.cards.raw(_row(catalog, request)), cache=CACHE)


async def similar(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the episodes most similar to one; none if it has no embedding."""
    loaded = await service.catalog(timings)
    catalog, row = loaded.catalog, _row(loaded.catalog, request)
    limit = query_number(request, "limit", 10, MAX_SIMILAR)
    ranker = loaded.rankers[service.settings.SCENARIO]
    matches, degraded = await service.similar(ranker, row, limit, timings)
    timings.log_fields["degraded"] = degraded
    with timings.step("rank"):
        rows, scores = ranker.similar(row, limit, matches)
    body = b'{"episode_id":%s,"episodes":%s,%s' % (
        msgspec.json.encode(catalog.ids[row]),
        cards(catalog, rows.tolist()),
        msgspec.json.encode(
            {
                "similarity_scores": [round(score, 6) for score in scores.tolist()],
                "catalog_version": catalog.version,
                "degraded": degraded,
            }
        )[1:],
    )
    return json_response(body, cache="no-store" if degraded else CACHE)


async def categories(service: Service, _request: Request, timings: Timings) -> Response:
    """Answer the categories of the catalog, largest first."""
    catalog = (await service.catalog(timings)).catalog
    counts = np.bincount(catalog.category_members, minlength=len(catalog.categories))
    found = [
        {
            "name": catalog.categories[int(category)],
            "kind": "major" if catalog.category_major[category] else "sub",
            "episodes": int(counts[category]),
        }
        for category in np.argsort(-counts, kind="stable")
    ]
    body = {"categories": found, "catalog_version": catalog.version}
    return json_response(msgspec.json.encode(body), cache=CACHE)


async def series(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the names of the series with these ids. Unknown ids are left out."""
    ids = request.query_params.getlist("id")
    if not 1 <= len(ids) <= MAX_SERIES:
        raise invalid("id", f"1 to {MAX_SERIES} ids, as id=…&id=…", str(len(ids)))
    catalog = (await service.catalog(timings)).catalog
    rows = catalog.series_index.first(hash_strings(ids)).tolist()
    names = {catalog.series_ids[row]: catalog.series_names[row] for row in rows if row >= 0}
    found = [{"id": one, "name": names[one]} for one in dict.fromkeys(ids) if one in names]
    body = {"series": found, "catalog_version": catalog.version}
    return json_response(msgspec.json.encode(body), cache=CACHE)


def _row(catalog: Catalog, request: Request) -> int:
    name = request.path_params["episode_id"]
    row = int(catalog.rows([name])[0])
    if row < 0:
        detail = f"there is no episode {name[:200]!r} in this catalog"
        raise ProblemError(404, "not-found", detail, log_text="no such episode")
    return row
