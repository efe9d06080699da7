"""Jobs: functions that take one `POST`, work on it for minutes, and answer a report."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from feed.ports.errors import Unavailable
from functions.http.endpoint import INTERNAL_ERROR, json_response
from functions.http.request_body import read_body
from functions.problems import ProblemError
from functions.telemetry import log, log_error

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

B = TypeVar("B", bound=msgspec.Struct)


@dataclass(frozen=True, kw_only=True)
class Job(Generic[B]):
    """What a function does with a `POST`, and how it reports what came of it."""

    body: type[B]
    run: "Callable[[B], DataclassInstance]"
    """does the work in a thread, and returns a report with a `status`, which is answered and logged
    field by field"""
    about: str
    """what the log says the status of: `catalog` for `catalog published`"""
    failure: str
    """what the log says of a call that fails"""
    problems: Mapping[type[Exception], tuple[int, str]]
    """status and kind of the problem that answers an error of `run`, of subclasses first;
    `Unavailable` is a 503 in any job"""
    alarming: Collection[str] = ()
    """kinds of problems below 500 that are logged as errors all the same"""

    async def answer(self, request: Request) -> Response:
        """Do the work, and answer its report or a problem document. Never raises."""
        try:
            report = asdict(await self._report(request))
        except ProblemError as problem:
            failed = problem.status >= 500 or problem.kind in self.alarming  # noqa: PLR2004
            severity = "ERROR" if failed else "WARNING"
            log(severity, f"{self.failure}: {problem.kind}", problem=problem.detail)
            return problem.response()
        except Exception as error:  # noqa: BLE001  # whatever it is, the process stays
            log_error(self.failure, error)
            return ProblemError(500, "internal-error", INTERNAL_ERROR).response()
        log("INFO", f"{self.about} {report['status']}", **report)
        return json_response(msgspec.json.encode(report))

    async def _report(self, request: Request) -> "DataclassInstance":
        if request.method != "POST":
            raise ProblemError(
                405,
                "method-not-allowed",
                "expected POST",
                headers={"Allow": "POST"},
                expected="POST",
            )
        body = await read_body(request, self.body)
        try:
            return await asyncio.to_thread(self.run, body)
        except tuple(self.problems) as error:
            found = (self.problems[one] for one in self.problems if isinstance(error, one))
            status, kind = next(found)
            raise ProblemError(status, kind, str(error)) from error
        except Unavailable as error:
            raise ProblemError(
                503, "source-unavailable", str(error), headers={"Retry-After": "60"}
            ) from error
