"""Status: health for people and load balancers, metrics for Prometheus, the API's document."""

import asyncio

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from feed.model.degradation import Degradation
from feed.model.timestamps import rfc3339
from feed.ports.errors import Unavailable
from feed.ports.shelf import LookTimes
from functions.api.answers import CatalogHealth, DependencyHealth, Health, Looks
from functions.http.endpoint import json_response
from functions.serving.catalog_holder import NoCatalogError
from functions.serving.service import Service
from functions.telemetry import Timings

STORE_TIMEOUT_S = 2.0
DOCUMENT_CACHE = "public, max-age=3600"
_PROBE_UID = "earshot-health"


async def health(service: Service, _request: Request, timings: Timings) -> Response:
    """Answer the catalog's version and age and the state of each dependency; 503 without a catalog.

    Each failure is logged, too, with the severity of its `Degradation`.
    """
    catalog: CatalogHealth | None = None
    with timings.step("catalog"):
        try:
            current = (await service.holder.current()).catalog
            degraded = service.catalog_degraded(current)
            catalog = CatalogHealth(
                version=current.version,
                created_at=rfc3339(current.created_us),
                age_s=(service.now_us() - current.created_us) // 1_000_000,
                episodes=len(current),
                embedding_model=current.model,
            )
        except NoCatalogError:
            degraded = service.holder.degraded
    is_stale = Degradation.CATALOG_STALE in degraded
    shelf = [one for one in degraded if one != Degradation.CATALOG_STALE]
    store = await _store_failure(service, timings)
    dependencies = DependencyHealth(
        catalog="stale" if is_stale else "missing" if catalog is None else "ok",
        shelf=shelf[0] if shelf else "ok",
        store="ok" if store is None else store.removeprefix("summary_"),
        search=await _search_state(service, timings),
    )
    timings.log_fields["degraded"] = [*degraded, *([] if store is None else [store])]
    states = msgspec.structs.astuple(dependencies)
    is_well = all(one in {"ok", "unused", msgspec.UNSET} for one in states)
    looks = service.holder.looks
    answer = Health(
        status="no_catalog" if catalog is None else "ok" if is_well else "degraded",
        catalog=catalog,
        looks=None if looks is None else _looks(looks),
        dependencies=dependencies,
    )
    return json_response(answer, 503 if catalog is None else 200)


def _looks(looks: LookTimes) -> Looks:
    times = (looks.episodes_us, looks.signals_us, looks.full_us)
    return Looks(*map(rfc3339, times))


async def metrics(service: Service, request: Request, _timings: Timings) -> Response:
    """Answer the counters of this process as Prometheus text, for admins."""
    await service.require_admin(request)
    loaded = service.holder.loaded
    created_s = loaded.catalog.created_us / 1e6 if loaded else None
    text = service.metrics.text(created_s)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


async def openapi(service: Service, _request: Request, _timings: Timings) -> Response:
    """Answer the description of the API (OpenAPI 3.1)."""
    from functions.api.openapi import encoded_document  # noqa: PLC0415  # few processes are asked

    document = encoded_document(app_check=bool(service.settings.APP_CHECK))
    return json_response(document, cache=DOCUMENT_CACHE)


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


async def _search_state(service: Service, timings: Timings) -> str | msgspec.UnsetType:
    """Return the state of the external search, if one is configured and a catalog is loaded."""
    loaded = service.holder.loaded
    if service.external_search is None or loaded is None:
        return msgspec.UNSET
    if loaded.catalog.embeddings.in_memory:
        return "unused"
    with timings.step("search"):
        return await service.external_search.health(loaded.catalog.dimension)
