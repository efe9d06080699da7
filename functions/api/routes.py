"""The routes: every address of the API and what answers it."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp

from functions.api import account, browse, lab, sessions, status
from functions.http.access_log import AccessLog
from functions.http.admission import AdmissionControl
from functions.http.endpoint import Handler, json_response, resource
from functions.http.paths import EncodedPaths
from functions.problems import ProblemError
from functions.serving.service import Service
from functions.telemetry import Timings

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def api(service: Service) -> ASGIApp:
    """The API as an ASGI application (a Router: a whole Starlette raises after it answered)."""
    routes: list[BaseRoute] = [
        resource(service, "/api/sessions/create", POST=sessions.create),
        resource(service, "/api/sessions/{session_id}/next", POST=sessions.next_page),
        resource(service, "/api/sessions/{session_id}/engage", POST=account.record),
        resource(
            service,
            "/api/me/engagements",
            GET=account.list_engagements,
            POST=account.record,
            DELETE=account.reset,
        ),
        resource(service, "/api/me/engagements/{engagement_id:path}", DELETE=account.remove),
        resource(service, "/api/me", GET=account.show, PATCH=account.change, DELETE=account.forget),
        resource(service, "/api/episodes/{episode_id:path}/similar", GET=browse.similar),
        resource(service, "/api/episodes/{episode_id:path}", GET=browse.episode),
        resource(service, "/api/categories", GET=browse.categories),
        resource(service, "/api/scenarios", GET=lab.scenarios),
        resource(service, "/api/map", GET=lab.catalog_map),
        resource(service, "/api/series", GET=browse.series),
        resource(service, "/api/health", GET=status.health),
        resource(service, "/api/metrics", GET=status.metrics),
        resource(service, "/api/{path:path}", **dict.fromkeys(_METHODS, _nothing)),
    ]
    everything_else: dict[str, Handler] = dict.fromkeys(_METHODS, _nothing)
    if service.settings.WEB:
        everything_else["GET"] = _files(service.settings.WEB)
        routes.append(resource(service, "/__/firebase/init.json", GET=_no_firebase))
    routes.append(resource(service, "/{path:path}", **everything_else))
    routed = EncodedPaths(Router(routes))
    admitted = AdmissionControl(routed, service.settings.CONCURRENCY, service.limits)
    return AccessLog(_shared(admitted, service), service)


def _shared(router: ASGIApp, service: Service) -> ASGIApp:
    """The API, open to pages of other origins where the settings name some."""
    if not service.settings.cors_origins:
        return router
    from starlette.middleware.cors import CORSMiddleware  # noqa: PLC0415  # few need it

    return CORSMiddleware(
        router,
        allow_origins=service.settings.cors_origins,
        allow_methods=_METHODS,
        allow_headers=["Authorization", "Content-Type", "X-Firebase-AppCheck", "X-Demo-User"],
        expose_headers=["RateLimit", "RateLimit-Policy", "Retry-After", "Server-Timing"],
        max_age=3600,
    )


def _files(folder: str) -> Handler:
    """Serves a folder: Firebase Hosting's part, on a laptop."""
    from starlette.staticfiles import StaticFiles  # noqa: PLC0415  # no function in the cloud does

    files = StaticFiles(directory=folder, html=True)

    async def serve(service: Service, request: Request, timings: Timings) -> Response:
        try:
            return await files.get_response(request.path_params["path"] or ".", request.scope)
        except HTTPException:
            return await _nothing(service, request, timings)

    return serve


async def _no_firebase(_service: Service, _request: Request, _timings: Timings) -> Response:
    """Where Hosting tells a page its Firebase project: there is none here."""
    return json_response(b"{}")


async def _nothing(_service: Service, request: Request, _timings: Timings) -> Response:
    detail = f"there is nothing at {request.url.path}"
    raise ProblemError(404, "not-found", detail, log_text="nothing there")
