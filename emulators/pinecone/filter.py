"""Validates Pinecone's metadata and evaluates its filters."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

MAX_METADATA_BYTES = 40 * 1024
MAX_CHOICES = 10_000
"""Most values that `$in` and `$nin` take."""

Metadata: TypeAlias = Mapping[str, Any]
Predicate: TypeAlias = Callable[[Metadata], bool]
Test: TypeAlias = Callable[[Any], bool]
"""Tests the value of one field; None stands for a missing field."""


class ApiError(Exception):
    """A request that Pinecone refuses, with the HTTP status of its response."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def check_metadata(metadata: Metadata) -> None:
    """Checks that values are strings, numbers, booleans or lists of strings, and not too large.

    Raises `ApiError`.
    """
    for name, value in metadata.items():
        strings = isinstance(value, list) and all(isinstance(one, str) for one in value)
        if name.startswith("$") or not (strings or isinstance(value, str | int | float)):
            raise ApiError(f"Invalid metadata value: field '{name}' is {value!r}")
    if len(msgspec.json.encode(metadata)) > MAX_METADATA_BYTES:
        raise ApiError(f"Metadata size exceeds the limit of {MAX_METADATA_BYTES} bytes per vector")


def predicate(condition: Any) -> Predicate:
    """Returns a function that tells whether metadata passes the filter `condition`.

    A missing field passes `{"$exists": false}` and no other condition, not even `$ne` or `$nin`.
    Raises `ApiError` for an invalid filter.
    """
    if not isinstance(condition, Mapping) or not condition:
        raise ApiError(f"Invalid filter: expected at least one condition, got {condition!r}")
    clauses = [_clause(name, wanted) for name, wanted in condition.items()]
    return lambda metadata: all(clause(metadata) for clause in clauses)


def _clause(name: str, wanted: Any) -> Predicate:
    if name in ("$and", "$or"):
        if not isinstance(wanted, list) or not wanted:
            raise ApiError(f"{name} takes a list of conditions, got {wanted!r}")
        parts = [predicate(one) for one in wanted]
        decide = all if name == "$and" else any
        return lambda metadata: decide(part(metadata) for part in parts)
    if name.startswith("$"):
        raise ApiError(f"{name} is not a valid operator here")
    if not isinstance(wanted, Mapping):
        wanted = {"$eq": wanted}
    if not wanted or not wanted.keys() <= _OPERATORS.keys():
        raise ApiError(f"Expected operators among {', '.join(_OPERATORS)}, got {wanted!r}")
    tests = [_OPERATORS[operation](operand) for operation, operand in wanted.items()]
    return lambda metadata: all(test(metadata.get(name)) for test in tests)


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Any], Test]:
    def make(operand: Any) -> Test:
        if not _is_number(operand):
            raise ApiError(f"A comparison takes a number, got {operand!r}")
        return lambda value: _is_number(value) and compare(value, operand)

    return make


def _one(operand: Any) -> Test:
    if not isinstance(operand, str | int | float):
        raise ApiError(f"$eq and $ne take a string, a number or a boolean, got {operand!r}")
    return _among([operand])


def _some(operand: Any) -> Test:
    if not isinstance(operand, list) or not all(
        isinstance(one, str) or _is_number(one) for one in operand
    ):
        raise ApiError("$in and $nin take a list of strings or numbers")
    if len(operand) > MAX_CHOICES:
        raise ApiError(f"$in and $nin take at most {MAX_CHOICES} values, got {len(operand)}")
    return _among(operand)


def _among(choices: list[Any]) -> Test:
    """A test whether a value, or one of a list, is among the choices; true is not equal to 1."""
    wanted = {(isinstance(one, bool), one) for one in choices}

    def test(value: Any) -> bool:
        values = value if isinstance(value, list) else [value]
        return any((isinstance(one, bool), one) in wanted for one in values)

    return test


def _not(make: Callable[[Any], Test]) -> Callable[[Any], Test]:
    def make_opposite(operand: Any) -> Test:
        test = make(operand)
        return lambda value: value is not None and not test(value)

    return make_opposite


def _exists(operand: Any) -> Test:
    if not isinstance(operand, bool):
        raise ApiError(f"$exists takes a boolean, got {operand!r}")
    return lambda value: (value is not None) == operand


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_OPERATORS: dict[str, Callable[[Any], Test]] = {
    "$eq": _one,
    "$ne": _not(_one),
    "$gt": _comparison(operator.gt),
    "$gte": _comparison(operator.ge),
    "$lt": _comparison(operator.lt),
    "$lte": _comparison(operator.le),
    "$in": _some,
    "$nin": _not(_some),
    "$exists": _exists,
}
