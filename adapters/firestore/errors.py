"""Translates the errors of Firestore's client into those of `feed.ports.errors`."""

from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError

from feed.ports.errors import Conflict, Refused, Unavailable, Unstorable

PRECONDITION_ERRORS = (
    exceptions.Aborted,
    exceptions.AlreadyExists,
    exceptions.FailedPrecondition,
    exceptions.NotFound,
)
"""what a conditional write raises if the document does not meet the condition"""
_REFUSALS = (
    exceptions.InvalidArgument,
    exceptions.FailedPrecondition,
    exceptions.NotFound,
    exceptions.OutOfRange,
)
"""errors that a repeated request would raise again"""


@contextmanager
def translate_errors(action: str) -> Iterator[None]:
    """Context in which errors of Firestore's client are raised as `Unavailable`.

    `action` completes the message "Firestore cannot ...". Raises `Refused`, a kind of
    `Unavailable`, for errors that a repeated request would raise again.
    """
    try:
        yield
    except _REFUSALS as error:
        raise Refused(f"Firestore does not {action}: {error}") from error
    except (exceptions.GoogleAPIError, GoogleAuthError, OSError) as error:
        raise Unavailable(f"Firestore cannot {action}: {error}") from error


@contextmanager
def translate_unstorable() -> Iterator[None]:
    """Context in which a write that Firestore can never accept raises `Unstorable`."""
    try:
        yield
    except exceptions.InvalidArgument as error:
        raise Unstorable(f"Firestore does not take this: {error.message}") from error


@contextmanager
def translate_conflict(revision: str | None) -> Iterator[None]:
    """Context in which a write whose condition is not met raises `Conflict`."""
    try:
        yield
    except PRECONDITION_ERRORS as error:
        raise Conflict(f"the summary is no longer at {revision}") from error
