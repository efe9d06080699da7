"""The page of the app as the demo serves it: with a place for the demo's line."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from functions.demo.listeners import with_history
from functions.serving.service import Service
from functions.telemetry import Timings

PATH = "/"
MAIN = '<main id="main" tabindex="-1">'
_HEAD = "</head>"
_LOADED = """\
  <link rel="stylesheet" href="styles/developer.css">
  <link rel="modulepreload" href="js/auth/local.js">
  <link rel="modulepreload" href="js/developer/demo.js">
"""
_LINE = '\n    <aside class="demo"></aside>'


async def page(service: Service, _request: Request, _timings: Timings) -> Response:
    """Answer the app's page. If there are listeners, the line's place and files are named in it.

    So nothing moves when the line comes, and no card waits for its modules one after the other.
    """
    index = Path(service.settings.WEB) / "index.html"
    if not await with_history(service):
        return FileResponse(index)
    html = index.read_text(encoding="utf-8")
    html = html.replace(_HEAD, _LOADED + _HEAD, 1).replace(MAIN, MAIN + _LINE, 1)
    return Response(html, headers={"Cache-Control": "no-cache"}, media_type="text/html")
