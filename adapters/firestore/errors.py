"""The errors of Firestore's client, turned into those of `feed.ports.errors` at the edge."""

from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError

from feed.ports.errors import Conflict, Refused, Unavailable, Unstorable

LOST = (
    exceptions.Aborted,
    exceptions.AlreadyExists,
    exceptions.FailedPrecondition,
    exceptions.NotFound,
)
"""what a conditional write meets when the document is not as it should be"""
_REFUSALS = (
    exceptions.InvalidArgument,
    exceptions.FailedPrecondition,
    exceptions.NotFound,
    exceptions.OutOfRange,
)
"""what asking again changes nothing about"""


@contextmanager
def edge(doing: str) -> Iterator[None]:
    """Raises `Unavailable` for every error of the client: the vendor's own stop here."""
    try:
        yield
    except _REFUSALS as error:
        raise Refused(f"Firestore does not {doing}: {error}") from error
    except (exceptions.GoogleAPIError, GoogleAuthError, OSError) as error:
        raise Unavailable(f"Firestore cannot {doing}: {error}") from error


@contextmanager
def storable() -> Iterator[None]:
    """Tell a write that Firestore can never take from one that may succeed later."""
    try:
        yield
    except exceptions.InvalidArgument as error:
        raise Unstorable(f"Firestore does not take this: {error.message}") from error


@contextmanager
def conditional(revision: str | None) -> Iterator[None]:
    """Turn what a lost conditional write meets into `Conflict`."""
    try:
        yield
    except LOST as error:
        raise Conflict(f"the summary is no longer at {revision}") from error
