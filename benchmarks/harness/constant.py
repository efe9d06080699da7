"""A function that answers a constant: the least time that functions-framework takes.

It answers BYTES bytes, as many as a session. With BUSY_MS it first keeps the processor busy for as
long as a session does, since a client that waits finds its processor asleep and its caches cold,
which is not the function's time.
"""

import os
import time

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

_BODY = b'"%s"' % (b"x" * (int(os.environ["BYTES"]) - 2))
_BUSY_S = float(os.environ.get("BUSY_MS", "0")) / 1000


@functions_framework.aio.http
async def constant(request: Request) -> Response:
    """Read the request, keep the processor busy, and answer."""
    await request.body()
    began_s = time.perf_counter()
    while (spent_s := time.perf_counter() - began_s) < _BUSY_S:
        pass
    timing = {"Server-Timing": f"rank;dur={spent_s * 1000}"}
    return Response(_BODY, media_type="application/json", headers=timing)
