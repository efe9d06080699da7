"""Monitoring: what this instance works on, and how its model, caches and dependencies fare.

An instance knows of itself alone: of several, a call reaches any. Prometheus sees the counters of
all by `GET /api/metrics`.
"""

from collections import Counter
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from functions.api.monitoring_answers import (
    CachePerformance,
    CallCounts,
    Load,
    ModelLoad,
    Performance,
    ProcessingHealth,
    RegionHealth,
    RegionsHealth,
)
from functions.http.endpoint import json_response
from functions.serving.service import Service
from functions.telemetry import Metrics, Timings, Use

if TYPE_CHECKING:
    from feed.ports.language_model import PoolState, RegionState


async def regions(service: Service, request: Request, _timings: Timings) -> Response:
    """Answer how each region of the generative model fares, for admins."""
    await service.require_admin(request)
    state = _model_state(service)
    found = [_region(one) for one in state.regions] if state else []
    return json_response(RegionsHealth(service.model.name if service.model else None, found))


async def processing(service: Service, request: Request, _timings: Timings) -> Response:
    """Answer what the instance works on at present, for admins."""
    await service.require_admin(request)
    metrics, model, state = service.metrics, service.model, _model_state(service)
    load = None
    if model and state:
        load = ModelLoad(
            name=model.name,
            active=state.active,
            capacity=state.capacity,
            waiting=state.waiting,
            queue_size=state.queue_size,
            shed=state.shed,
        )
    return json_response(
        ProcessingHealth(
            requests=[_load(name, use()) for name, use in metrics.under_way.items()],
            model=load,
            caches=[_load(name, use()) for name, use in metrics.caches.items()],
        )
    )


async def performance(service: Service, request: Request, _timings: Timings) -> Response:
    """Answer what the instance has done since it started, for admins."""
    await service.require_admin(request)
    metrics, state = service.metrics, _model_state(service)
    by_status: Counter[str] = Counter()
    for (_, _, status), number in metrics.requests.items():
        by_status[str(status)] += number
    calls: dict[str, dict[str, int]] = {}
    for (name, result), number in metrics.calls.items():
        calls.setdefault(name, {})[result] = number
    capacity = {name: use().limit for name, use in metrics.under_way.items()}
    names = dict.fromkeys([*metrics.caches, *(name for name, _ in metrics.cache_lookups)])
    answer = Performance(
        requests=by_status,
        degraded=metrics.degraded,
        calls=[CallCounts(name, results) for name, results in calls.items()],
        caches=[_cache(name, metrics) for name in names],
        capacity=capacity | ({"model": state.capacity} if state else {}),
    )
    return json_response(answer)


def _model_state(service: Service) -> "PoolState | None":
    return service.model_state() if service.model_state else None


def _region(state: "RegionState") -> RegionHealth:
    was_asked = bool(state.results.keys() - {"cancelled"})
    return RegionHealth(
        name=state.name,
        state="failing" if state.failures else "ok" if was_asked else "unused",
        breaker=state.circuit,
        active=state.active,
        latency_ms=dict(state.latency_ms),
        results=dict(state.results),
    )


def _load(name: str, use: Use) -> Load:
    return Load(name=name, used=use.used, limit=use.limit, unit=use.unit)


def _cache(name: str, metrics: Metrics) -> CachePerformance:
    hits, misses = metrics.cache_lookups[name, True], metrics.cache_lookups[name, False]
    size = metrics.caches.get(name)
    use = size() if size else None
    return CachePerformance(
        name=name,
        hits=hits,
        misses=misses,
        hit_rate=round(hits / (hits + misses), 4) if hits + misses else None,
        used=use.used if use else None,
        limit=use.limit if use else None,
        unit=use.unit if use else None,
    )
