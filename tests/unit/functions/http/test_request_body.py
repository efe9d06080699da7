"""A body has a time limit."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.types import Message

from feed.session.request import SessionRequest
from functions.http import request_body as incoming
from functions.http.request_body import read_body
from functions.problems import ProblemError


def test_a_body_that_does_not_arrive_in_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "MAX_S", 0.01)
    parts: list[Message] = [{"type": "http.request", "body": b'{"limit"', "more_body": True}]

    async def receive() -> Message:
        return parts.pop() if parts else await asyncio.Event().wait()  # type: ignore[return-value]

    request = Request({"type": "http", "headers": []}, receive)
    with pytest.raises(ProblemError) as caught:
        asyncio.run(read_body(request, SessionRequest))
    assert (caught.value.status, caught.value.field) == (408, "body")
