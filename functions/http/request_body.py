"""Reading and validating the body and the query of a request, within limits."""

import asyncio
from collections.abc import Callable
from functools import cache
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from functions.problems import ProblemError, from_validation_error, invalid, malformed

MAX_BYTES = 256 * 1024
MAX_S = 10.0
"""how long a body may take to arrive; meanwhile its request counts as concurrent"""

T = TypeVar("T", bound=msgspec.Struct)


async def read_body(request: Request, kind: type[T]) -> T:
    """Return the JSON body as a struct of type `kind`; an empty body counts as `{}`.

    Raises `ProblemError`: 400 if invalid, 408 if too slow, 413 if too large.
    """
    chunks: list[bytes] = []
    await read_limited(request, chunks.append, max_bytes=MAX_BYTES, max_s=MAX_S)
    raw = b"".join(chunks)
    try:
        return msgspec.json.decode(raw or b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise from_validation_error(error, kind) from error
    except msgspec.DecodeError as error:
        raise malformed(str(error)) from error
    except UnicodeDecodeError as error:
        raise malformed("not UTF-8") from error
    except RecursionError as error:
        raise malformed("nested too deeply") from error


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of a call that takes no parameters."""


def read_query(request: Request, kind: type[T]) -> T:
    """Return the query as a struct of type `kind`, whose lists take a parameter several times.

    Raises `ProblemError` 400 for a parameter that is unknown, invalid, or given twice.
    """
    given: dict[str, object] = {}
    for name in request.query_params:
        values = request.query_params.getlist(name)
        given[name] = values if len(values) > 1 or name in _lists(kind) else values[0]
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        problem = from_validation_error(error, kind)
        value = given.get(problem.field or "")
        if problem.field in kind.__struct_fields__ and isinstance(value, str):
            problem = invalid(problem.field, problem.expected or "", repr(value[:40]))
        raise problem from error


@cache
def _lists(kind: type[msgspec.Struct]) -> frozenset[str]:
    """Return the names of a query's parameters that may be given several times."""
    fields = msgspec.inspect.type_info(kind)
    assert isinstance(fields, msgspec.inspect.StructType)  # noqa: S101  # for the type checker
    lists = (msgspec.inspect.ListType, msgspec.inspect.VarTupleType)
    return frozenset(one.encode_name for one in fields.fields if isinstance(one.type, lists))


async def read_limited(
    request: Request, consume: Callable[[bytes], object], *, max_bytes: int, max_s: float
) -> None:
    """Pass the body to `consume`, piece by piece as it arrives.

    Raises `ProblemError`: 400 if it ends early, 408 if it takes longer than `max_s`, 413 if it is
    larger than `max_bytes`.
    """
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > max_bytes:
        raise _too_large(max_bytes)
    size = 0
    try:
        async with asyncio.timeout(max_s):
            async for chunk in request.stream():
                size += len(chunk)
                if size > max_bytes:
                    raise _too_large(max_bytes)
                consume(chunk)
    except TimeoutError:
        raise ProblemError(
            408,
            "too-slow",
            "the body did not arrive in time",
            field="body",
            expected=f"all of it within {max_s:.0f} s",
        ) from None
    except ClientDisconnect as error:
        raise malformed("the body ended early") from error


def _too_large(max_bytes: int) -> ProblemError:
    return ProblemError(
        413,
        "too-large",
        "the body is too large",
        field="body",
        expected=f"at most {max_bytes} bytes",
    )
