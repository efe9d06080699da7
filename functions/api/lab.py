"""Lab: the scenarios and the map of the catalog, for admins who tune the feed."""

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from feed.arrays.arrays import IntArray
from feed.arrays.hashing import mix64
from feed.catalog.catalog import Catalog
from functions.http.endpoint import json_response
from functions.serving.service import Service
from functions.telemetry import Timings

MAX_POINTS = 5000
"""a larger catalog is sampled"""


class MapPoint(msgspec.Struct, frozen=True):
    """An episode on the map of the catalog."""

    id: str
    title: str
    category: str | None
    """its first major category"""
    x: float
    y: float
    """both coordinates lie between -1 and 1"""


async def scenarios(service: Service, request: Request, _timings: Timings) -> Response:
    """Answer every scenario that a session may name, with its description."""
    await service.require_admin(request)
    body = {
        "scenarios": [
            {"name": one.name, "description": one.description} for one in service.scenarios.values()
        ],
        "default": service.settings.SCENARIO,
    }
    return json_response(msgspec.json.encode(body))


async def catalog_map(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the coordinates of the episodes; of a large catalog, a stable sample."""
    await service.require_admin(request)
    catalog = (await service.catalog(timings)).catalog
    with timings.step("map"):
        mapped = (
            np.flatnonzero(catalog.embeddings.present) if len(catalog.projection) else np.arange(0)
        )
        points = [_point(catalog, row) for row in _sample(catalog, mapped).tolist()]
        body = {
            "points": points,
            "mapped": len(mapped),
            "sampled": len(points) < len(mapped),
            "catalog_version": catalog.version,
        }
        return json_response(msgspec.json.encode(body))


def _sample(catalog: Catalog, rows: IntArray) -> IntArray:
    """Return at most `MAX_POINTS` rows, chosen by id so that most stay as a catalog grows."""
    if len(rows) <= MAX_POINTS:
        return rows
    order = mix64(catalog.id_hashes[rows], 0)
    return rows[np.sort(np.argsort(order)[:MAX_POINTS])]


def _point(catalog: Catalog, row: int) -> MapPoint:
    x, y = catalog.projection.point(row) or (0.0, 0.0)
    major = [one for one in catalog.categories_of(row).tolist() if catalog.category_major[one]]
    category = catalog.categories[major[0]] if major else None
    return MapPoint(catalog.ids[row], catalog.title(row), category, x, y)
