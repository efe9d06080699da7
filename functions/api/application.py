"""The application: the routes behind admission control, the access log and CORS."""

from contextlib import suppress
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp

from functions.api import share_page
from functions.api.routes import ROUTES
from functions.http.access_log import AccessLog
from functions.http.admission import AdmissionControl
from functions.http.endpoint import endpoint
from functions.http.operation import Handler
from functions.http.paths import EncodedPaths
from functions.problems import ProblemError
from functions.serving.service import Service
from functions.telemetry import Timings

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_PACKED = ("text/", "application/javascript", "application/json", "image/svg")
"""types of files that are served compressed, by their beginning"""


def api(service: Service) -> ASGIApp:
    """Return the API as an ASGI application.

    It is a Router, since a Starlette application raises an error again after answering it.
    """
    routes: list[BaseRoute] = [
        endpoint(service, path, operations) for path, operations in ROUTES.items()
    ]
    not_found: dict[str, Handler] = dict.fromkeys(_METHODS, _not_found)
    routes.append(endpoint(service, "/api/{path:path}", not_found))
    routes.append(endpoint(service, share_page.PATH, {"GET": share_page.episode}))
    everything_else = dict(not_found)
    if service.settings.WEB:
        everything_else["GET"] = _static_files(service.settings.WEB)
        routes += _demo_routes(service)
    routes.append(endpoint(service, "/{path:path}", everything_else))
    routed = EncodedPaths(Router(routes))
    admitted = AdmissionControl(
        routed,
        service.settings.CONCURRENCY,
        service.settings.max_asks,
        service.limits,
        service.metrics,
    )
    return AccessLog(_with_cors(admitted, service), service)


def _with_cors(app: ASGIApp, service: Service) -> ASGIApp:
    """Return the application, open to pages of the origins that CORS_ORIGINS names."""
    if not service.settings.cors_origins:
        return app
    from starlette.middleware.cors import CORSMiddleware  # noqa: PLC0415  # few deployments need it

    return CORSMiddleware(
        app,
        allow_origins=service.settings.cors_origins,
        allow_methods=_METHODS,
        allow_headers=["Authorization", "Content-Type", "X-Firebase-AppCheck", "X-Demo-User"],
        expose_headers=["RateLimit", "RateLimit-Policy", "Retry-After", "Server-Timing"],
        max_age=3600,
    )


def _static_files(folder: str) -> Handler:
    """Return a handler that serves a folder as Hosting does, and the demo's own files beside it."""
    from starlette.responses import FileResponse  # noqa: PLC0415  # local only
    from starlette.staticfiles import StaticFiles  # noqa: PLC0415  # local only

    from functions.demo import WEB  # noqa: PLC0415  # local only

    shelves = [StaticFiles(directory=one, html=True) for one in (folder, WEB)]

    async def serve(service: Service, request: Request, timings: Timings) -> Response:
        for files in shelves:
            with suppress(HTTPException):
                answer = await files.get_response(request.path_params["path"], request.scope)
                packed = (answer.media_type or "").startswith(_PACKED)
                if isinstance(answer, FileResponse) and packed:
                    body = Path(answer.path).read_bytes()  # noqa: ASYNC240  # local and small
                    answer = Response(body, answer.status_code, answer.headers)  # to be compressed
                return answer
        return await _not_found(service, request, timings)

    return serve


def _demo_routes(service: Service) -> list[BaseRoute]:
    """Return the routes of the demo: its page, its episodes' audio, and its listeners."""
    from functions.demo import audio, listeners, page  # noqa: PLC0415  # local only

    home = Path(service.settings.WEB) / "index.html"
    return [
        *([endpoint(service, page.PATH, {"GET": page.page})] if home.is_file() else []),
        endpoint(service, audio.PATH, {"GET": audio.audio}),
        endpoint(service, listeners.PATH, {"GET": listeners.sign_in}),
    ]


async def _not_found(_service: Service, request: Request, _timings: Timings) -> Response:
    detail = f"there is nothing at {request.url.path}"
    raise ProblemError(404, "not-found", detail, log_text="no such address")
