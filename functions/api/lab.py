"""Lab: the scenarios and the map of the catalog, for admins who tune the feed."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from feed.arrays.arrays import IntArray
from feed.arrays.hashing import mix64
from feed.catalog.catalog import Catalog
from feed.scenarios.scenario import Scenario
from feed.scenarios.version import deviations
from functions.api.answers import CatalogMap, MapPoint, ScenarioList, ScenarioSummary
from functions.http.endpoint import json_response
from functions.serving.service import Service
from functions.telemetry import Timings

MAX_POINTS = 5000
"""a larger catalog is sampled"""


async def scenarios(service: Service, request: Request, _timings: Timings) -> Response:
    """Answer every scenario that a session may name, with its description and parameters."""
    await service.require_admin(request)
    found = [
        ScenarioSummary(one.name, one.description, _tables(deviations(one)))
        for one in service.scenarios.values()
    ]
    defaults = _tables(msgspec.to_builtins(Scenario(name="")))
    return json_response(ScenarioList(found, defaults, service.settings.SCENARIO))


def _tables(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of a scenario without what it is called."""
    return {name: one for name, one in parameters.items() if name not in {"name", "description"}}


async def catalog_map(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the coordinates of the episodes; of a large catalog, a stable sample."""
    await service.require_admin(request)
    catalog = (await service.catalog(timings)).catalog
    with timings.step("map"):
        mapped = (
            np.flatnonzero(catalog.embeddings.present) if len(catalog.projection) else np.arange(0)
        )
        points = [_point(catalog, row) for row in _sample(catalog, mapped).tolist()]
        sampled = len(points) < len(mapped)
        return json_response(CatalogMap(points, len(mapped), sampled, catalog.version))


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
