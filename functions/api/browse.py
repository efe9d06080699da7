"""Browse: episodes and categories, the same for everybody."""

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
    """One episode's card."""
    catalog = (await service.catalog(timings)).catalog
    return json_response(catalog.cards.raw(_row(catalog, request)), cache=CACHE)


async def similar(service: Service, request: Request, timings: Timings) -> Response:
    """The episodes most similar to one; none where it has no embedding."""
    held = await service.catalog(timings)
    catalog, row = held.catalog, _row(held.catalog, request)
    limit = query_number(request, "limit", 10, MAX_SIMILAR)
    ranker = held.rankers[service.settings.SCENARIO]
    matches, degraded = await service.near(ranker, row, limit, timings)
    timings.facts["degraded"] = degraded
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
    """The catalog's categories, the largest first."""
    catalog = (await service.catalog(timings)).catalog
    counts = np.bincount(catalog.category_members, minlength=len(catalog.categories))
    found = [
        {
            "name": catalog.categories[int(place)],
            "kind": "major" if catalog.category_major[place] else "sub",
            "episodes": int(counts[place]),
        }
        for place in np.argsort(-counts, kind="stable")
    ]
    body = {"categories": found, "catalog_version": catalog.version}
    return json_response(msgspec.json.encode(body), cache=CACHE)


async def series(service: Service, request: Request, timings: Timings) -> Response:
    """What the series of these ids are called. Ids that the catalog does not hold are left out."""
    asked = request.query_params.getlist("id")
    if not 1 <= len(asked) <= MAX_SERIES:
        raise invalid("id", f"1 to {MAX_SERIES} ids, as id=…&id=…", str(len(asked)))
    catalog = (await service.catalog(timings)).catalog
    places = catalog.series_index.first(hash_strings(asked)).tolist()
    names = {
        catalog.series_ids[place]: catalog.series_names[place] for place in places if place >= 0
    }
    found = [{"id": one, "name": names[one]} for one in dict.fromkeys(asked) if one in names]
    body = {"series": found, "catalog_version": catalog.version}
    return json_response(msgspec.json.encode(body), cache=CACHE)


def _row(catalog: Catalog, request: Request) -> int:
    name = request.path_params["episode_id"]
    row = int(catalog.rows([name])[0])
    if row < 0:
        detail = f"there is no episode {name[:200]!r} in this catalog"
        raise ProblemError(404, "not-found", detail, log_text="no such episode")
    return row
