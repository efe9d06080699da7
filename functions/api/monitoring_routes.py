"""The routes for who runs the feed: the Lab, health, metrics and the API's document."""

from collections.abc import Mapping

from functions.api import lab, monitoring, status
from functions.api.answers import CatalogMap, Health, ScenarioList
from functions.api.monitoring_answers import Performance, ProcessingHealth, RegionsHealth
from functions.http.operation import Operation

_CATALOG = ("no-catalog",)

MONITORING_ROUTES: Mapping[str, Mapping[str, Operation]] = {
    "/api/scenarios": {
        "GET": Operation(
            name="listScenarios",
            summary="lists the scenarios ([Lab](lab.md))",
            handler=lab.scenarios,
            answers={200: ScenarioList},
            user="admin",
        ),
    },
    "/api/map": {
        "GET": Operation(
            name="readMap",
            summary="answers the map of episodes ([Lab](lab.md))",
            handler=lab.catalog_map,
            answers={200: CatalogMap},
            user="admin",
            problems=_CATALOG,
        ),
    },
    "/api/health": {
        "GET": Operation(
            name="readHealth",
            summary="catalog version and age, dependencies; 503 without a catalog",
            handler=status.health,
            answers={200: Health, 503: Health},
        ),
    },
    "/api/health/regions": {
        "GET": Operation(
            name="readRegions",
            summary="answers how each region of the generative model fares ([Models](models.md))",
            handler=monitoring.regions,
            answers={200: RegionsHealth},
            user="admin",
        ),
    },
    "/api/health/processing": {
        "GET": Operation(
            name="readProcessing",
            summary="answers what an instance works on, what waits, and how full its caches are",
            handler=monitoring.processing,
            answers={200: ProcessingHealth},
            user="admin",
        ),
    },
    "/api/metrics/performance": {
        "GET": Operation(
            name="readPerformance",
            summary="answers hit rates, counts of calls and answers, and capacity",
            handler=monitoring.performance,
            answers={200: Performance},
            user="admin",
        ),
    },
    "/api/metrics": {
        "GET": Operation(
            name="readMetrics",
            summary="answers metrics as Prometheus text",
            handler=status.metrics,
            answers={200: "text/plain"},
            user="admin",
        ),
    },
    "/api/openapi.json": {
        "GET": Operation(
            name="readDocument",
            summary="answers this API's description (OpenAPI 3.1)",
            handler=status.openapi,
            answers={200: "application/json"},
        ),
    },
}
