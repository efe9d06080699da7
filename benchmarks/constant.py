"""The floor: functions-framework answering as many bytes as a session has, and doing nothing."""

import os

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

_BODY = b'"%s"' % (b"x" * (int(os.environ["BYTES"]) - 2))


@functions_framework.aio.http
async def constant(request: Request) -> Response:
    """Read the request, as a session does, and answer."""
    await request.body()
    return Response(_BODY, media_type="application/json")
