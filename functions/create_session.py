"""The HTTP function: the whole API, served by functions-framework's `aio.http`.

This module is imported before the server forks, so that its workers share the catalog.
"""

import gc
import os
from typing import cast

# Before numpy is imported. A session multiplies small matrices: more threads would only wait for
# each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response
from uvicorn_worker import UvicornWorker

from functions.api.application import api
from functions.http.paths import route_any_path
from functions.telemetry import install_log_handler, set_pseudonyms
from functions.wiring.service import wire
from functions.wiring.startup import make_or_exit

# Not uvloop, which accepts one connection per turn of the loop, however many wait (ADR 19).
UvicornWorker.CONFIG_KWARGS = {**UvicornWorker.CONFIG_KWARGS, "loop": "asyncio"}
install_log_handler()
route_any_path()
_service = make_or_exit(wire)
set_pseudonyms(_service.pseudonyms)
_service.holder.load()
_api = api(_service)
# Everything so far stays in memory: garbage collection would traverse it during requests.
gc.freeze()
# A worker's first session takes twice as long.
os.register_at_fork(after_in_child=_service.holder.warm_up)


@functions_framework.aio.http
async def create_session(_request: Request) -> Response:
    """Return the API, which functions-framework then calls as an ASGI application."""
    return cast("Response", _api)
