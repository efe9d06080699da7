"""Endpoints: one path, its handlers by method, and what every answer has in common.

That is a problem document for every error, compression, and the header Server-Timing.
"""

from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from feed.model.degradation import Degradation
from feed.ports.errors import Unavailable, Unstorable
from functions.http.compression import compress
from functions.http.operation import Handler
from functions.http.paths import decode_params
from functions.problems import ProblemError
from functions.serving.service import Service
from functions.telemetry import Timings, log_error

INTERNAL_ERROR = "the server failed: its log says why"
STORE = Degradation.SUMMARY_UNAVAILABLE


CACHE = "public, max-age=60"
"""`Cache-Control` of answers that are the same for everybody"""
BY_USER = "Authorization, X-Demo-User"
"""the headers that say who asks, for answers that depend on it only where somebody is signed in"""


def json_response(
    answer: msgspec.Struct | bytes, status: int = 200, cache: str = "no-store", vary: str = ""
) -> Response:
    """Return a response of JSON: an answer, or one that is already encoded.

    `vary` names the headers of a request that the answer depends on, for caches.
    """
    body = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
    headers = {"Cache-Control": cache, **({"Vary": vary} if vary else {})}
    return Response(body, status, headers, "application/json")


class Endpoint:
    """An ASGI application for one path."""

    def __init__(self, service: Service, path: str, handlers: Mapping[str, Handler]) -> None:
        self._service = service
        self._path = path
        self._handlers = dict(handlers)
        if "GET" in handlers:
            self._handlers["HEAD"] = handlers["GET"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every error becomes a problem document."""
        self._service.start_connecting()
        request = Request({**scope, "path_params": decode_params(scope["path_params"])}, receive)
        timings: Timings = request.state.timings
        timings.route = self._path
        response = await self._answer(request, timings)
        if timings.writer is not None:
            self._service.wrote(timings.writer)
        compress(response, request.headers.get("accept-encoding", ""))
        response.headers["Server-Timing"] = timings.header()
        await response(scope, receive, send)

    async def _answer(self, request: Request, timings: Timings) -> Response:
        handler = self._handlers.get(request.method)
        try:
            if handler is None:
                allowed = ", ".join(self._handlers)
                raise ProblemError(
                    405,
                    "method-not-allowed",
                    f"this address does not take {request.method}",
                    expected=allowed,
                    headers={"Allow": allowed},
                )
            return await handler(self._service, request, timings)
        except ProblemError as problem:
            timings.log_fields["problem"] = problem.log_text
            if problem.causes:
                timings.log_fields["degraded"] = problem.causes
            return problem.response()
        except Unstorable as error:
            timings.log_fields["problem"] = str(error)
            return ProblemError(
                422,
                "not-storable",
                "the store of users cannot hold this: do not send it again",
            ).response()
        except Unavailable as error:
            timings.log_fields |= {"problem": str(error), "degraded": [STORE]}
            self._service.degradations.explain(STORE, str(error))
            return ProblemError(
                503,
                "store-unavailable",
                "the store of users did not answer: nothing is saved, try again",
                headers={"Retry-After": "1"},
            ).response()
        except Exception as error:  # noqa: BLE001  # a request never ends the process
            log_error(f"{request.method} {self._path}", error)
            return ProblemError(500, "internal-error", INTERNAL_ERROR).response()


def endpoint(service: Service, path: str, handlers: Mapping[str, Handler]) -> Route:
    """Return the route of a path with one handler per HTTP method."""
    return Route(path, Endpoint(service, path, handlers))
