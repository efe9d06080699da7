"""Admission control: so many requests at once and no more, and not too many from one address.

What is beyond that is refused before any work is done for it, so that an instance under attack
stays as quick as it is for those that it lets in.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from functions.http.rate_limits import RateLimits
from functions.problems import ProblemError

ALWAYS = frozenset({"/api/health", "/api/metrics"})
"""answered however busy it is: how else should one learn that it is"""
RETRY_AFTER_S = 1
_OVERLOADED = ProblemError(
    503,
    "overloaded",
    "this instance is busy: it works on as many requests as it can",
    headers={"Retry-After": str(RETRY_AFTER_S)},
)
_OVERLOADED_RESPONSE = _OVERLOADED.response()
"""made once: an instance that has no time for requests has none for refusing them"""


class AdmissionControl:
    """An ASGI application around another."""

    def __init__(self, app: ASGIApp, most: int, limits: RateLimits) -> None:
        """Lets in `most` requests at once; any number if that is 0."""
        self._app = app
        self._most = most
        self._limits = limits
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or refuse it with 503 or 429."""
        counts = scope["path"] not in ALWAYS
        if counts and self._most and self._under_way >= self._most:
            scope["state"]["timings"].refuse(_OVERLOADED.detail)
            await _OVERLOADED_RESPONSE(scope, receive, send)
            return
        try:
            self._limits.check_request(scope)
        except ProblemError as problem:
            scope["state"]["timings"].refuse(problem.detail)
            await problem.response()(scope, receive, send)
            return
        self._under_way += counts
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way -= counts
