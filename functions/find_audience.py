"""The function that finds audiences: which users new episodes should be announced to, as files.

Only whoever may invoke it can call it. The body of the `POST` names episodes. It answers 200 with
`status` `done`, or `running` where its time was over: the same call again goes on. It sends nobody
anything.
"""

import asyncio
import os
import time
from dataclasses import asdict
from typing import Annotated

import functions_framework.aio
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from feed.ports.errors import Unavailable
from functions.audience.finder import AudienceReport
from functions.audience.request import MAX_CALL_S, AudienceError, AudienceRequest
from functions.audience_wiring import wire_audiences
from functions.http.endpoint import INTERNAL_ERROR, json_response
from functions.http.request_body import read_body
from functions.problems import ProblemError
from functions.settings import read_settings
from functions.telemetry import install_log_handler, log, log_error
from functions.wiring import make_or_exit


class FindRequest(AudienceRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of the `POST`: what to find, and how long the call may take."""

    max_s: Annotated[float, msgspec.Meta(gt=0, le=MAX_CALL_S)] = MAX_CALL_S
    """seconds after which the call ends and the next one goes on"""

    @property
    def audience(self) -> AudienceRequest:
        """What to find."""
        names = AudienceRequest.__struct_fields__
        return AudienceRequest(**{name: getattr(self, name) for name in names})


install_log_handler()
_finder = make_or_exit(lambda: wire_audiences(read_settings(os.environ)))


@functions_framework.aio.http
async def find_audience(request: Request) -> Response:
    """Find audiences, and answer a report or a problem document."""
    try:
        report = asdict(await _find(request))
    except ProblemError as problem:
        severity = "ERROR" if problem.status >= 500 else "WARNING"  # noqa: PLR2004
        log(severity, f"no audience was found: {problem.kind}", problem=problem.detail)
        return problem.response()
    except Exception as error:  # noqa: BLE001  # the next call goes on
        log_error("no audience was found", error)
        return ProblemError(500, "internal-error", INTERNAL_ERROR).response()
    log("INFO", f"audiences {report['status']}", **report)
    return json_response(msgspec.json.encode(report))


async def _find(request: Request) -> AudienceReport:
    if request.method != "POST":
        raise ProblemError(
            405, "method-not-allowed", "expected POST", headers={"Allow": "POST"}, expected="POST"
        )
    body = await read_body(request, FindRequest)
    deadline = time.monotonic() + body.max_s
    try:
        return await asyncio.to_thread(_finder.find, body.audience, deadline=deadline)
    except AudienceError as error:
        raise ProblemError(422, "no-audience", str(error)) from error
    except Unavailable as error:
        raise ProblemError(
            503, "source-unavailable", str(error), headers={"Retry-After": "60"}
        ) from error
