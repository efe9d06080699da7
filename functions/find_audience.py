"""The function that finds audiences: which users new episodes should be announced to, as files.

Only whoever may invoke it can call it. The body of the `POST` names episodes. It answers 200 with
`status` `done`, or `running` where its time was over: the same call again goes on. It sends nobody
anything.
"""

import os
import time
from typing import Annotated

import functions_framework.aio
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from functions.audience.finder import AudienceReport
from functions.audience.request import MAX_CALL_S, AudienceError, AudienceRequest
from functions.http.job import Job
from functions.settings import read_settings
from functions.telemetry import install_log_handler
from functions.wiring.audiences import wire_audiences
from functions.wiring.startup import make_or_exit


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


def _find(body: FindRequest) -> AudienceReport:
    return _finder.find(body.audience, deadline=time.monotonic() + body.max_s)


_job = Job(
    body=FindRequest,
    run=_find,
    about="audiences",
    failure="no audience was found",
    problems={AudienceError: (422, "no-audience")},
)


@functions_framework.aio.http
async def find_audience(request: Request) -> Response:
    """Find audiences, and answer a report or a problem document."""
    return await _job.answer(request)
