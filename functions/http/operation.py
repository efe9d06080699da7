"""Operations: one method of one path, its handler, and what the API's document says of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from functions.http.request_body import NoQuery, read_query
from functions.serving.service import Service
from functions.telemetry import Timings

Handler = Callable[[Service, Request, Timings], Awaitable[Response]]

EVERY_PROBLEM = ("invalid-field", "too-many-requests", "overloaded", "internal-error")
"""what any operation may answer"""
UPLOAD_PROBLEMS = ("too-slow", "too-large")
BODY_PROBLEMS = ("malformed-json", *UPLOAD_PROBLEMS)
USER_PROBLEMS = {
    "none": (),
    "optional": ("not-accepted", "invalid-token", "identity-unavailable"),
    "required": ("not-signed-in", "not-accepted", "invalid-token", "identity-unavailable"),
    "admin": ("not-accepted", "invalid-token", "identity-unavailable", "admins-only"),
}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one path. It is a handler: calling it answers a request."""

    name: str
    """the name of the call in clients that are generated from the document"""
    summary: str
    handler: Handler
    answers: Mapping[int, type[msgspec.Struct] | str]
    """by status: the struct of a JSON answer, or a media type"""
    events: Mapping[str, type[msgspec.Struct]] | None = None
    """by name: the struct of each event, where the answer may also be a stream of them"""
    body: type[msgspec.Struct] | None = None
    upload: str = ""
    """name of the one file of a multipart body, where that is what the operation takes"""
    query: type[msgspec.Struct] = NoQuery
    user: Literal["none", "optional", "required", "admin"] = "none"
    problems: tuple[str, ...] = ()
    """kinds of problems beside those that follow from the rest"""

    async def __call__(self, service: Service, request: Request, timings: Timings) -> Response:
        """Answer a request. Raises `ProblemError` 400 for query parameters it does not take."""
        if self.query is NoQuery:
            read_query(request, NoQuery)
        return await self.handler(service, request, timings)

    @property
    def all_problems(self) -> tuple[str, ...]:
        """Every kind of problem that the operation may answer."""
        of_body: tuple[str, ...] = () if self.body is None else BODY_PROBLEMS
        if self.upload:
            of_body = UPLOAD_PROBLEMS
        return (*EVERY_PROBLEM, *of_body, *USER_PROBLEMS[self.user], *self.problems)
