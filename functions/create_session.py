"""The HTTP function: the whole API, under functions-framework's `aio.http`.

Imported once, before the server forks: the catalog loaded here is shared by its workers.
"""

import gc
import os
from typing import cast

# Before numpy is imported. A session's products are small: more threads than one wait for each
# other, and on a busy processor for long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response
from uvicorn_worker import UvicornWorker

from functions.api.routes import api
from functions.http.paths import route_any_path
from functions.telemetry import name_users, take_over_logging
from functions.wiring import started, wire

# Not uvloop where it is installed: it accepts one connection a turn, however many wait (ADR 19).
UvicornWorker.CONFIG_KWARGS = {**UvicornWorker.CONFIG_KWARGS, "loop": "asyncio"}
take_over_logging()
route_any_path()
_service = started(wire)
name_users(_service.pseudonyms)
_service.holder.load()
_api = api(_service)
# All of this stays: a collection that looked through it would hold a request up for long.
gc.freeze()
# So that no listener waits for a worker's first session, which takes twice as long.
os.register_at_fork(after_in_child=_service.holder.warm_up)


@functions_framework.aio.http
async def create_session(_request: Request) -> Response:
    """Hand the request to the API: what a function returns is called as an ASGI application."""
    return cast("Response", _api)
