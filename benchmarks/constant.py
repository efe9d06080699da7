"""The floor: functions-framework answering as many bytes as a session has, and doing nothing."""

import os
import random

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

_BODY = random.Random(0).randbytes(int(os.environ["BYTES"]))  # noqa: S311  # any will do


@functions_framework.aio.http
async def constant(request: Request) -> Response:
    """Read the request, as a session does, and answer."""
    await request.body()
    return Response(_BODY, media_type="application/json")
