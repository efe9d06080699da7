"""Paths as they were sent: a `/` or a line break inside an id stays percent-encoded until routed.

ASGI servers decode a path before it is routed, and then `x%2Fsimilar` is `x/similar`.
"""

from urllib.parse import quote, unquote, unquote_to_bytes

from starlette.convertors import PathConvertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send


class AnyPath(PathConvertor):
    """Matches every path; Starlette's own `path` convertor refuses a line break."""

    regex = r"[\s\S]*"


def route_any_path() -> None:
    """Lets `{path:path}` match every path, in the routes of functions-framework, too.

    functions-framework makes its routes after it has imported the function.
    """
    register_url_convertor("path", AnyPath())


class EncodedPaths:
    """An ASGI application whose routes see the path percent-encoded, each character one way."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route one request."""
        raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
        parts = (quote(unquote_to_bytes(part), safe="") for part in raw.split(b"/"))
        await self._app({**scope, "path": "/".join(parts)}, receive, send)


def decoded(path_params: dict[str, str]) -> dict[str, str]:
    """Returns the parameters of a route that matched an encoded path, decoded."""
    return {name: unquote(value) for name, value in path_params.items()}
