"""Routing by percent-encoded paths, so that ids may hold a `/` or a line break.

ASGI servers decode a path before it is routed, which makes `x%2Fsimilar` `x/similar`.
"""

from urllib.parse import quote, unquote, unquote_to_bytes

from starlette.convertors import PathConvertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send


class AnyPath(PathConvertor):
    """Matches every path; Starlette's own `path` convertor does not match a line break."""

    regex = r"[\s\S]*"


def route_any_path() -> None:
    """Make `{path:path}` match every path, in the routes of functions-framework, too.

    functions-framework makes its routes after it has imported the function.
    """
    register_url_convertor("path", AnyPath())


class EncodedPaths:
    """An ASGI application whose routes see a percent-encoded path, in one normal form."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route one request by its encoded path."""
        raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
        parts = (quote(unquote_to_bytes(part), safe="") for part in raw.split(b"/"))
        await self._app({**scope, "path": "/".join(parts)}, receive, send)


def decode_params(path_params: dict[str, str]) -> dict[str, str]:
    """Return the parameters of a route that matched an encoded path, decoded."""
    return {name: unquote(value) for name, value in path_params.items()}
