"""Status: health for people and load balancers, metrics for Prometheus."""

import asyncio
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from feed.model.degradation import Degradation
from feed.model.timestamps import rfc3339
from feed.ports.errors import Unavailable
from functions.http.endpoint import json_response
from functions.serving.catalog_holder import NoCatalogError
from functions.serving.service import Service
from functions.telemetry import Timings

STORE_S = 2.0
_PROBE = "earshot-health"


async def health(service: Service, _request: Request, timings: Timings) -> Response:
    """Catalog version and age, and whether each dependency answers; 503 without a catalog.

    What is wrong is in the log, too, with the severity of its `Degradation`.
    """
    catalog: dict[str, Any] | None = None
    found = service.holder.degraded
    with timings.step("catalog"):
        try:
            held = (await service.holder.current()).catalog
            found = service.catalog_degraded(held)
            catalog = {
                "version": held.version,
                "created_at": rfc3339(held.created_us),
                "age_s": (service.now_us() - held.created_us) // 1_000_000,
                "episodes": len(held),
                "embedding_model": held.model,
            }
        except NoCatalogError:
            found = service.holder.degraded
    is_stale = Degradation.CATALOG_STALE in found
    shelf = [one for one in found if one != Degradation.CATALOG_STALE]
    store = await _store(service, timings)
    dependencies = {
        "catalog": "stale" if is_stale else "missing" if catalog is None else "ok",
        "shelf": shelf[0] if shelf else "ok",
        "store": "ok" if store is None else store.removeprefix("summary_"),
        **await _search(service, timings),
    }
    timings.facts["degraded"] = [*found, *([] if store is None else [store])]
    well = all(one in {"ok", "unused"} for one in dependencies.values())
    status = "no_catalog" if catalog is None else "ok" if well else "degraded"
    body = {
        "status": status,
        "catalog": catalog,
        "dependencies": dependencies,
    }
    return json_response(msgspec.json.encode(body), 503 if catalog is None else 200)


async def metrics(service: Service, request: Request, _timings: Timings) -> Response:
    """Counts since this process started, as Prometheus text. For admins."""
    await service.check_admin(request)
    held = service.holder.held
    created_s = held.catalog.created_us / 1e6 if held else None
    text = service.metrics.text(created_s)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


async def _store(service: Service, timings: Timings) -> Degradation | None:
    """What is wrong with the store, if anything is."""
    with timings.step("store"):
        try:
            async with asyncio.timeout(STORE_S):
                await service.store.read_summary(_PROBE)
        except TimeoutError:
            return Degradation.SUMMARY_TIMEOUT
        except Unavailable as error:
            service.degradations.explain(Degradation.SUMMARY_UNAVAILABLE, str(error))
            return Degradation.SUMMARY_UNAVAILABLE
    return None


async def _search(service: Service, timings: Timings) -> dict[str, str]:
    """How the search is, where there is one; a catalog that holds its vectors does not use it."""
    held = service.holder.held
    if service.retrieval is None or held is None:
        return {}
    if held.catalog.embeddings.in_memory:
        return {"search": "unused"}
    with timings.step("search"):
        return {"search": await service.retrieval.health(held.catalog.dimension)}
