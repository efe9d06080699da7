"""The floor: functions-framework answering as many bytes as a session has, and doing nothing.

Or nothing but to keep the processor busy for as long as a session does: a client that waited finds
its machine asleep and its caches cold, which is no fault of who answers.
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
    """Read the request, as a session does, and answer."""
    await request.body()
    began_s = time.perf_counter()
    while (spent_s := time.perf_counter() - began_s) < _BUSY_S:
        pass
    timing = {"Server-Timing": f"rank;dur={spent_s * 1000}"}
    return Response(_BODY, media_type="application/json", headers=timing)
