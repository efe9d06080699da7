"""The page of the app as the local server serves it, which names local sign-in and the demo."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from functions.demo.listeners import with_history
from functions.serving.service import Service
from functions.telemetry import Timings

PATH = "/"
_MAIN = '<main id="main" tabindex="-1">'
_HEAD = "</head>"
_SIGN_IN = '  <link rel="modulepreload" href="js/auth/local.js">\n'
_DEMO = """\
  <link rel="stylesheet" href="styles/developer.css">
  <link rel="modulepreload" href="js/developer/demo.js">
"""
_LINE = '\n    <aside class="demo"></aside>'


async def page(service: Service, _request: Request, _timings: Timings) -> Response:
    """Answer the app's page: it names local sign-in and, if there are listeners, the demo's line.

    So no card waits for their modules one after the other, and nothing moves when the line comes.
    """
    html = (Path(service.settings.WEB) / "index.html").read_text(encoding="utf-8")
    html = html.replace(_HEAD, _SIGN_IN + _HEAD, 1)
    if await with_history(service):
        html = html.replace(_HEAD, _DEMO + _HEAD, 1).replace(_MAIN, _MAIN + _LINE, 1)
    return Response(html, headers={"Cache-Control": "no-cache"}, media_type="text/html")
