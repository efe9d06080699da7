"""Errors of the API as problem details (RFC 9457), which name the field and what it expects."""

import re
from collections.abc import Iterator, Sequence

import msgspec
from starlette.responses import Response

from feed.model.degradation import Degradation
from functions.problem_kinds import PREFIX, Problem

_MAX_ECHO_CHARS = 500
"""how much of the text of a request an answer repeats"""


class ProblemError(Exception):
    """An error answer. The last part of its type URI is `kind`, one of `KINDS`."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        field: str | None = None,
        expected: str | None = None,
        log_text: str | None = None,
        headers: dict[str, str] | None = None,
        causes: Sequence[Degradation] = (),
    ) -> None:
        """Describe an error.

        Args:
            status: The HTTP status.
            kind: The last part of the type URI.
            detail: What went wrong, for the caller.
            field: The field or header that is wrong.
            expected: What the field should hold.
            log_text: What the log says instead of a `detail` that repeats text of the request,
                which may name a person.
            headers: Further headers of the answer.
            causes: The degradations that made the answer impossible; the log has a line of each.
        """
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = _short(detail)
        self.log_text = self.detail if log_text is None else log_text
        self.field = None if field is None else _short(field)
        self.expected = expected
        self.headers = headers or {}
        self.causes = list(causes)

    def response(self) -> Response:
        """Return the problem document as an HTTP response."""
        document = Problem(
            type=f"{PREFIX}{self.kind}",
            title=self.kind.replace("-", " ").capitalize(),
            status=self.status,
            detail=self.detail,
            field=msgspec.UNSET if self.field is None else self.field,
            expected=msgspec.UNSET if self.expected is None else self.expected,
        )
        return Response(
            msgspec.json.encode(document),
            self.status,
            {"Cache-Control": "no-store", **self.headers},
            "application/problem+json",
        )


def invalid(field: str, expected: str, got: str = "", *, is_known: bool = True) -> ProblemError:
    """Return a 400 problem: a field holds `got` instead of what is expected.

    The name of a field that is not known comes from the request and is left out of the log.
    """
    log_text = f"{field if is_known else '…'}: expected {expected}"
    return ProblemError(
        400,
        "invalid-field",
        f"{field}: expected {expected}" + (f", got {got}" if got else ""),
        field=field,
        expected=expected,
        log_text=log_text,
    )


def malformed(detail: str) -> ProblemError:
    """Return a 400 problem: the body is not JSON."""
    return ProblemError(400, "malformed-json", detail, expected="one JSON object")


_MESSAGE = re.compile(
    r"(?P<text>.*?)(?: - at (?:`key` in )?`\$\.?(?P<path>[\w.\[\]]*)`)?", re.DOTALL
)
_MISSING = re.compile(r"Object missing required field `(.*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_TYPES = re.compile(r"Expected (.*), got (.*)")
_EXPECTED = {
    "Number out of range": "a number within the range of numbers",
    "Integer value out of range": "a number within the range of numbers",
    "Invalid RFC3339 encoded datetime": "a date and time as in RFC 3339",
}


def from_validation_error(
    error: msgspec.ValidationError, kind: type[msgspec.Struct]
) -> ProblemError:
    """Return a 400 problem for what msgspec found wrong while decoding a struct of type `kind`."""
    match = _MESSAGE.fullmatch(str(error))
    text, path = (match["text"], match["path"] or "") if match else (str(error), "")
    if missing := _MISSING.fullmatch(text):
        return invalid(".".join(filter(None, [path, missing[1]])), "a value: it is required")
    if unknown := _UNKNOWN.fullmatch(text):
        name = ".".join(filter(None, [path, unknown[1]]))
        return invalid(name, _known_fields(path, kind), is_known=False)
    if text.startswith("Invalid enum value"):
        known = _enumerated(msgspec.inspect.type_info(kind), re.findall(r"[^.\[\]]+", path))
        expected = f"one of {', '.join(known)}"
        return invalid(path, expected, text.removeprefix("Invalid enum value "))
    if types := _TYPES.fullmatch(text):
        return invalid(path or "body", types[1].replace("`", ""), types[2].replace("`", ""))
    expected = _EXPECTED.get(text, text.replace("`", "").removeprefix("Expected "))
    return invalid(path or "body", expected)


def _enumerated(kind: msgspec.inspect.Type, path: Sequence[str]) -> Iterator[str]:
    """Yield the values of the enumeration at this path below a type; of a table, its keys'."""
    match kind:
        case msgspec.inspect.LiteralType():
            yield from map(str, kind.values)
        case msgspec.inspect.UnionType():
            for one in kind.types:
                yield from _enumerated(one, path)
        case msgspec.inspect.StructType():
            for field in kind.fields:
                if [field.encode_name] == path[:1]:
                    yield from _enumerated(field.type, path[1:])
        case msgspec.inspect.ListType() | msgspec.inspect.VarTupleType():
            yield from _enumerated(kind.item_type, path[1:])
        case msgspec.inspect.DictType():
            yield from _enumerated(kind.value_type if path else kind.key_type, path[1:])


def _known_fields(path: str, kind: type[msgspec.Struct]) -> str:
    """Return which fields there are instead of an unknown one at this path."""
    if path:
        return "no field of this name"
    known = ", ".join(kind.__struct_fields__)
    return f"one of {known}" if known else "no parameters"


def _short(text: str) -> str:
    return text if len(text) <= _MAX_ECHO_CHARS else f"{text[:_MAX_ECHO_CHARS]}…"
