"""Errors as problem details (RFC 9457) that name the field and what it should be."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from feed.model.degradation import Degradation
from feed.model.engagement import TYPES

_MOST = 500
"""How many characters of what was sent an answer repeats."""


class ProblemError(Exception):
    """An answer that is an error. `kind` is the last part of its type URI, see docs/api.md."""

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
        """`log_text` is for a `detail` that repeats what was sent, which may name a person.

        `causes` are what the answer would have needed; the log has a line of each.
        """
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = _short(detail)
        self.log_text = self.detail if log_text is None else log_text
        """what the log says in place of `detail`: nothing of what was sent"""
        self.field = None if field is None else _short(field)
        self.expected = expected
        self.headers = headers or {}
        self.causes = list(causes)

    def response(self) -> Response:
        """The problem document."""
        document: dict[str, Any] = {
            "type": f"urn:earshot:problem:{self.kind}",
            "title": self.kind.replace("-", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
        }
        if self.field is not None:
            document["field"] = self.field
        if self.expected is not None:
            document["expected"] = self.expected
        return Response(
            msgspec.json.encode(document),
            self.status,
            {"Cache-Control": "no-store", **self.headers},
            "application/problem+json",
        )


def invalid(field: str, expected: str, got: str = "", *, is_known: bool = True) -> ProblemError:
    """400: a field is wrong. Where it `is_known` its name is ours, not something that was sent."""
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
    """400: no JSON at all."""
    return ProblemError(400, "malformed-json", detail, expected="one JSON object")


_MESSAGE = re.compile(r"(?P<text>.*?)(?: - at `(?:key in )?\$\.?(?P<path>[\w.\[\]]*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_TYPES = re.compile(r"Expected (.*), got (.*)")
_EXPECTED = {
    "Number out of range": "a number within the range of numbers",
    "Integer value out of range": "a number within the range of numbers",
    "Invalid RFC3339 encoded datetime": "a date and time as in RFC 3339",
}


def from_validation(error: msgspec.ValidationError, kind: type[msgspec.Struct]) -> ProblemError:
    """The problem that msgspec found while it decoded a `kind`."""
    found = _MESSAGE.fullmatch(str(error))
    text, path = (found["text"], found["path"] or "") if found else (str(error), "")
    if missing := _MISSING.fullmatch(text):
        return invalid(".".join(filter(None, [path, missing[1]])), "a value: it is required")
    if unknown := _UNKNOWN.fullmatch(text):
        known = ", ".join(kind.__struct_fields__)
        name = ".".join(filter(None, [path, unknown[1]]))
        return invalid(name, f"one of the fields {known}", is_known=False)
    if text.startswith("Invalid enum value"):
        return invalid(path, f"one of {', '.join(TYPES)}", text.removeprefix("Invalid enum value "))
    if types := _TYPES.fullmatch(text):
        return invalid(path or "body", types[1].replace("`", ""), types[2].replace("`", ""))
    expected = _EXPECTED.get(text, text.replace("`", "").removeprefix("Expected "))
    return invalid(path or "body", expected)


def _short(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"
