"""Access log: every request, however it is answered, is counted and logged here, in one place.

Requests that are not let in are counted, and logged together.
"""

from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.problems import ProblemError
from functions.serving.service import Service
from functions.telemetry import Timings, log, log_error

UNROUTED = "-"
"""the route of what is answered before it is routed: a refusal, a preflight"""
OTHER = "OTHER"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""those that are counted by name; of what else there may be there is no end"""
PRIVATE = "/api/me/"
"""of what lies below, the ids may say who asks: the route is logged in their place"""
MOST_OF_PATH = 500
"""characters"""
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500


class AccessLog:
    """An ASGI application around another."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have one request answered. What the application raises is answered 500."""
        timings = Timings(UNROUTED)
        scope["state"] = {**scope.get("state", {}), "timings": timings}
        start: Message | None = None

        async def noted(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:  # a request never takes the process with it
            log_error(f"{scope['method']} {timings.route}", error)
            if start is not None:  # there is no other answer any more: the server breaks it off
                raise
            problem = ProblemError(500, "internal-error", "this is our fault")
            await problem.response()(scope, receive, noted)
        finally:
            self._note(scope, start or {"status": _SERVER_ERROR}, timings)

    def _note(self, scope: Scope, start: Message, timings: Timings) -> None:
        status = start["status"]
        method = scope["method"] if scope["method"] in METHODS else OTHER
        self._service.metrics.count(timings.route, method, status, timings.total_s)
        if timings.refusal is not None:
            self._service.refusals.count(timings.refusal)
            return
        self._service.refusals.report()
        degraded = timings.facts.get("degraded", ())
        self._service.metrics.degraded.update(degraded)
        self._service.degradations.report(degraded)
        log(
            _severity(status, timings),
            f"{method} {timings.route} {status}",
            httpRequest={
                "requestMethod": method,
                "requestUrl": _url(scope, timings.route),
                "status": status,
                "latency": f"{timings.total_s:.6f}s",
                "responseSize": _length(start),
            },
            timings_ms=timings.steps_ms,
            **timings.facts,
        )


def _severity(status: int, timings: Timings) -> str:
    """A user's limit is no error of ours, but worth a look.

    Of what a known cause fails, every request would be an error: the cause's own line is.
    """
    if status < _SERVER_ERROR:
        return "WARNING" if status == _TOO_MANY_REQUESTS else "INFO"
    return "WARNING" if timings.facts.get("degraded") else "ERROR"


def _length(start: Message) -> str | None:
    """The header Content-Length of an answer, if it has one."""
    return dict(start.get("headers", ())).get(b"content-length", b"").decode() or None


def _url(scope: Scope, route: str) -> str:
    """The path as it was sent."""
    if route.startswith(PRIVATE) or scope["path"].startswith(PRIVATE):
        return route
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    text = raw[:MOST_OF_PATH].decode("latin-1")
    return text if len(raw) <= MOST_OF_PATH else f"{text}…"
