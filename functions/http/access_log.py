"""Access log: counts and logs every request, whatever answers it.

Refused requests are counted each and logged together, see `functions.http.refusal_log`.
"""

from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feed.model.timestamps import rfc3339
from functions.http.endpoint import INTERNAL_ERROR
from functions.problems import ProblemError
from functions.serving.service import Service
from functions.telemetry import Timings, log, log_error

UNROUTED = "-"
"""the route of requests that are answered before routing: refusals, preflights"""
OTHER = "OTHER"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""counted by name; any other method counts as `OTHER`, to bound the number of metrics"""
PRIVATE = "/api/me/"
"""the log has the route instead of paths below this one, whose ids may tell who the user is"""
MAX_PATH_BYTES = 500
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500


class AccessLog:
    """An ASGI application that logs the requests of another one."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on and log it. An exception of the application is answered 500."""
        timings = Timings(UNROUTED)
        scope["state"] = {**scope.get("state", {}), "timings": timings}
        start: Message | None = None

        async def record_start(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            await send(message)

        try:
            await self._app(scope, receive, record_start)
        except Exception as error:  # a request never ends the process
            log_error(f"{scope['method']} {timings.route}", error)
            if start is not None:  # an answer has begun: the server breaks it off
                raise
            problem = ProblemError(500, "internal-error", INTERNAL_ERROR)
            await problem.response()(scope, receive, record_start)
        finally:
            self._log(scope, start or {"status": _SERVER_ERROR}, timings)

    def _log(self, scope: Scope, start: Message, timings: Timings) -> None:
        status = start["status"]
        method = scope["method"] if scope["method"] in METHODS else OTHER
        self._service.metrics.count(timings.route, method, status, timings.total_s)
        if timings.refusal is not None:
            self._service.refusals.count(timings.refusal)
            return
        self._service.refusals.report()
        degraded = timings.log_fields.get("degraded", ())
        self._service.metrics.degraded.update(degraded)
        self._service.degradations.report(degraded)
        log(
            _severity(status, timings),
            f"{method} {timings.route} {status}",
            time=rfc3339(self._service.now_us()),
            httpRequest={
                "requestMethod": method,
                "requestUrl": _url(scope, timings.route),
                "status": status,
                "latency": f"{timings.total_s:.6f}s",
                "responseSize": _length(start),
            },
            timings_ms=timings.steps_ms,
            **timings.log_fields,
        )


def _severity(status: int, timings: Timings) -> str:
    """Return the severity of a request's line.

    A rate limit is a warning, and so is a failure with a known cause: the cause has an error line
    of its own, and each request would repeat it.
    """
    if status < _SERVER_ERROR:
        return "WARNING" if status == _TOO_MANY_REQUESTS else "INFO"
    return "WARNING" if timings.log_fields.get("degraded") else "ERROR"


def _length(start: Message) -> str | None:
    """Return the header Content-Length of an answer, if it has one."""
    return dict(start.get("headers", ())).get(b"content-length", b"").decode() or None


def _url(scope: Scope, route: str) -> str:
    """Return the path as it was sent, shortened, or the route where the path is private."""
    if route.startswith(PRIVATE) or scope["path"].startswith(PRIVATE):
        return route
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    text = raw[:MAX_PATH_BYTES].decode("latin-1")
    return text if len(raw) <= MAX_PATH_BYTES else f"{text}…"
