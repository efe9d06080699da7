"""Requests with a bearer token, and checks of how a verifier answers them."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from functions.problems import ProblemError


def request(*authorization: str, **others: str) -> Request:
    pairs = [("authorization", value) for value in authorization] + list(others.items())
    headers = [(k.lower().replace("_", "-").encode(), v.encode("latin-1")) for k, v in pairs]
    return Request({"type": "http", "headers": headers})


def ask(users: Any, sent: str, **others: str) -> str | None:
    return asyncio.run(users.uid(request(f"Bearer {sent}", **others)))


def refusal(users: Any, *authorization: str, field: str = "Authorization", **others: str) -> str:
    with pytest.raises(ProblemError) as raised:
        asyncio.run(users.uid(request(*authorization, **others)))
    problem = raised.value
    assert (problem.status, problem.kind, problem.field) == (401, "invalid-token", field)
    assert problem.headers == {"WWW-Authenticate": "Bearer"}
    assert problem.expected
    return problem.detail


def unavailable(users: Any, sent: str) -> None:
    with pytest.raises(ProblemError) as raised:
        ask(users, sent)
    assert (raised.value.status, raised.value.headers) == (503, {"Retry-After": "5"})
