"""Status: health for people and load balancers, and metrics for Prometheus."""

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

STORE_TIMEOUT_S = 2.0
_PROBE_UID = "earshot-health"


async def health(service: Service, _request: Request, timings: Timings) -> Response:
    """Answer the catalog's version and age and the state of each dependency; 503 without a catalog.

    Each failure is logged, too, with the severity of its `Degradation`.
    """
    catalog: dict[str, Any] | None = None
    with timings.step("catalog"):
        try:
            current = (await service.holder.current()).catalog
            degraded = service.catalog_degraded(current)
            catalog = {
                "version": current.version,
                "created_at": rfc3339(current.created_us),
                "age_s": (service.now_us() - current.created_us) // 1_000_000,
                "episodes": len(current),
                "embedding_model": current.model,
            }
        except NoCatalogError:
            degraded = service.holder.degraded
    is_stale = Degradation.CATALOG_STALE in degraded
    shelf = [one for one in degraded if one != Degradation.CATALOG_STALE]
    store = await _store_failure(service, timings)
    dependencies = {
        "catalog": "stale" if is_stale else "missing" if catalog is None else "ok",
        "shelf": shelf[0] if shelf else "ok",
        "store": "ok" if store is None else store.removeprefix("summary_"),
        **await _search_state(service, timings),
    }
    timings.log_fields["degraded"] = [*degraded, *([] if store is None else [store])]
    is_well = all(one in {"ok", "unused"} for one in dependencies.values())
    status = "no_catalog" if catalog is None else "ok" if is_well else "degraded"
    looks = service.holder.looks
    body = {
        "status": status,
        "catalog": catalog,
        "looks": looks
        and {
            "episodes": rfc3339(looks.episodes_us),
            "signals": rfc3339(looks.signals_us),
            "full": rfc3339(looks.full_us),
        },
        "dependencies": dependencies,
    }
    return json_response(msgspec.json.encode(body), 503 if catalog is None else 200)


async def metrics(service: Service, request: Request, _timings: Timings) -> Response:
    """Answer the counters of this process as Prometheus text, for admins."""
    await service.require_admin(request)
    loaded = service.holder.loaded
    created_s = loaded.catalog.created_us / 1e6 if loaded else None
    text = service.metrics.text(created_s)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


async def _store_failure(service: Service, timings: Timings) -> Degradation | None:
    """Return why the store does not answer, or None if it does."""
    with timings.step("store"):
        try:
            async with asyncio.timeout(STORE_TIMEOUT_S):
                await service.store.read_summary(_PROBE_UID)
        except TimeoutError:
            return Degradation.SUMMARY_TIMEOUT
        except Unavailable as error:
            service.degradations.explain(Degradation.SUMMARY_UNAVAILABLE, str(error))
            return Degradation.SUMMARY_UNAVAILABLE
    return None


async def _search_state(service: Service, timings: Timings) -> dict[str, str]:
    """Return the state of the external search, if one is configured and a catalog is loaded."""
    loaded = service.holder.loaded
    if service.external_search is None or loaded is None:
        return {}
    if loaded.catalog.embeddings.in_memory:
        return {"search": "unused"}
    with timings.step("search"):
        return {"search": await service.external_search.health(loaded.catalog.dimension)}
