"""Admission control: limits concurrent requests, and the requests of one client address.

A request beyond the limits is refused before any work is done for it, so that an instance under
attack stays fast for the requests that it admits.
"""

from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from functions.http.rate_limits import RateLimits
from functions.problems import ProblemError
from functions.telemetry import Metrics, Use

UNLIMITED_PATHS = frozenset(
    {
        *("/api/health", "/api/health/regions", "/api/health/processing"),
        *("/api/metrics", "/api/metrics/performance"),
    }
)
"""answered however busy the instance is, since they report that it is"""
ASK_PATH = "/api/ask"
"""answers of which stream for seconds, so they have places of their own"""
RETRY_AFTER_S = 1
_OVERLOADED = ProblemError(
    503,
    "overloaded",
    "this instance already works on as many requests as it can: try again soon",
    headers={"Retry-After": str(RETRY_AFTER_S)},
)
_OVERLOADED_RESPONSE = _OVERLOADED.response()
"""encoded once: an overloaded instance has no time to encode it for each request"""


class AdmissionControl:
    """An ASGI application that passes admitted requests on to another one."""

    def __init__(
        self,
        app: ASGIApp,
        max_concurrent: int,
        max_asks: int,
        limits: RateLimits,
        metrics: Metrics,
    ) -> None:
        """Admit `max_asks` questions and `max_concurrent` other requests at once; 0: any number."""
        self._app = app
        self._limits = limits
        self._most = {True: max_asks, False: max_concurrent}
        """by whether it is a question"""
        self._under_way = {True: 0, False: 0}
        for name, asks in (("questions", True), ("others", False)):
            metrics.under_way[name] = partial(self._use, asks)

    def _use(self, asks: bool) -> Use:
        return Use(self._under_way[asks], self._most[asks], "requests")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with 503 or 429."""
        counts = scope["path"] not in UNLIMITED_PATHS
        asks = scope["path"] == ASK_PATH
        if counts and self._most[asks] and self._under_way[asks] >= self._most[asks]:
            scope["state"]["timings"].refusal = _OVERLOADED.detail
            await _OVERLOADED_RESPONSE(scope, receive, send)
            return
        try:
            self._limits.check_request(scope)
        except ProblemError as problem:
            scope["state"]["timings"].refusal = problem.detail
            await problem.response()(scope, receive, send)
            return
        self._under_way[asks] += counts
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way[asks] -= counts
