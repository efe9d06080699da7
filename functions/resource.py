"""A resource: one path, its handlers by method, and what every request gets besides.

That is an answer to whatever goes wrong, a log line, a count, and the header Server-Timing.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from feed.ports import Unavailable, Unstorable
from functions.compression import compress
from functions.errors import ProblemError
from functions.paths import decoded
from functions.service import Service
from functions.telemetry import Timings, log, log_error

Handler = Callable[[Service, Request, Timings], Awaitable[Response]]


def json_response(body: bytes, status: int = 200, cache: str = "no-store") -> Response:
    """JSON that is encoded already."""
    return Response(body, status, {"Cache-Control": cache}, "application/json")


class Resource:
    """An ASGI application for one path."""

    def __init__(self, service: Service, path: str, handlers: dict[str, Handler]) -> None:
        self._service = service
        self._path = path
        self._handlers = handlers
        if "GET" in handlers:
            handlers["HEAD"] = handlers["GET"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        self._service.begin()
        request = Request({**scope, "path_params": decoded(scope["path_params"])}, receive)
        timings = Timings()
        response = await self._answer(request, timings)
        compress(response, request.headers.get("accept-encoding", ""))
        response.headers["Server-Timing"] = timings.header()
        try:
            await response(scope, receive, send)
        finally:
            self._account(request, response, timings)

    async def _answer(self, request: Request, timings: Timings) -> Response:
        handler = self._handlers.get(request.method)
        try:
            if handler is None:
                allowed = ", ".join(self._handlers)
                raise ProblemError(
                    405,
                    "method-not-allowed",
                    f"{request.method} is not for this address",
                    expected=allowed,
                    headers={"Allow": allowed},
                )
            return await handler(self._service, request, timings)
        except ProblemError as problem:
            timings.facts["problem"] = problem.detail
            return problem.response()
        except Unstorable as error:
            timings.facts["problem"] = str(error)
            return ProblemError(
                422,
                "not-storable",
                "the store of users can never take this: do not send it again",
            ).response()
        except Unavailable as error:
            timings.facts["problem"] = str(error)
            return ProblemError(
                503,
                "store-unavailable",
                "the store of users did not answer: what was sent is not saved, try again",
                headers={"Retry-After": "1"},
            ).response()
        except Exception as error:  # noqa: BLE001  # a request never takes the process with it
            log_error(f"{request.method} {request.url.path}", error)
            return ProblemError(500, "internal-error", "this is our fault").response()

    def _account(self, request: Request, response: Response, timings: Timings) -> None:
        status, seconds = response.status_code, timings.total_s
        self._service.metrics.count(self._path, request.method, status, seconds)
        degraded = timings.facts.get("degraded", ())
        self._service.metrics.degraded.update(degraded)
        self._service.degradations.report(degraded)
        log(
            "ERROR" if status >= 500 else "INFO",  # noqa: PLR2004
            f"{request.method} {self._path} {status}",
            httpRequest={
                "requestMethod": request.method,
                "requestUrl": request.url.path,
                "status": status,
                "latency": f"{seconds:.6f}s",
                "responseSize": response.headers.get("content-length"),
            },
            timings_ms=timings.steps_ms,
            **timings.facts,
        )


def resource(service: Service, path: str, **handlers: Handler) -> Route:
    """A route with one handler per method."""
    return Route(path, Resource(service, path, handlers))
