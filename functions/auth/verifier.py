"""Verifiers tell which user makes a request. The settings choose one at start-up.

Nothing in a request can change which verifier is used.
"""

import re
from typing import Protocol

from starlette.requests import Request

from feed.model.limits import is_document_id
from functions.problems import ProblemError, invalid

DEMO_HEADER = "x-demo-user"
_UID = re.compile(r"[A-Za-z0-9_.@-]{1,128}")


class Verifier(Protocol):
    """Tells which user makes a request, and whether that user is an admin."""

    async def uid(self, request: Request) -> str | None:
        """Return the user id, or None for an anonymous request.

        Raises `ProblemError`: 400, 401, or 503.
        """

    async def is_admin(self, request: Request) -> bool:
        """Return whether the user may use the Lab. Raises `ProblemError`: 400, 401, or 503."""


class AnonymousVerifier:
    """Every request is anonymous; one that carries a token or names a user is refused."""

    def __init__(self, *, local: bool = True) -> None:
        """Make every request an admin's if `local`, and none otherwise."""
        self._local = local

    async def uid(self, request: Request) -> None:
        """Return None. Raises `ProblemError` 401 for a header that claims a user."""
        for header in (DEMO_HEADER, "authorization"):
            _refuse_header(request, header, f"this server accepts no {header} header")

    async def is_admin(self, request: Request) -> bool:
        """Return whether the server is local. Raises `ProblemError` 401 for a claim of a user."""
        await self.uid(request)
        return self._local


class DemoVerifier:
    """Takes the user id from the header X-Demo-User. Local only: settings refuse it elsewhere."""

    async def uid(self, request: Request) -> str | None:
        """Return the user id in the header. Raises `ProblemError` 400 or 401."""
        detail = "this server knows its users by the header X-Demo-User"
        _refuse_header(request, "authorization", detail)
        name = request.headers.get(DEMO_HEADER)
        if name is not None and not (_UID.fullmatch(name) and is_document_id(name)):
            raise invalid(
                "X-Demo-User",
                "1 to 128 letters, digits, or any of _ . @ -, but none of . and .. and __…__",
            )
        return name

    async def is_admin(self, request: Request) -> bool:
        """Return True: locally, every user is an admin. Raises `ProblemError` 400 or 401."""
        await self.uid(request)
        return True


def _refuse_header(request: Request, header: str, detail: str) -> None:
    if header in request.headers:
        expected = "no such header"
        raise ProblemError(401, "not-accepted", detail, field=header, expected=expected)
