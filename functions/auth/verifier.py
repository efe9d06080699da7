"""Who is asking. Which verifier is used is decided at start-up, never by what a request carries."""

import re
from typing import Protocol

from starlette.requests import Request

from feed.model.limits import is_document_id
from functions.problems import ProblemError, invalid

DEMO_HEADER = "x-demo-user"
_UID = re.compile(r"[A-Za-z0-9_.@-]{1,128}")


class Verifier(Protocol):
    """Tells the user of a request."""

    async def uid(self, request: Request) -> str | None:
        """The user, or None for an anonymous session. Raises `ProblemError`: 400, 401, or 503."""
        ...

    async def is_admin(self, request: Request) -> bool:
        """Whether the user may use the Lab. Raises `ProblemError`, as `uid`."""
        ...


class Nobody:
    """No user can be known: every session is anonymous, and a claim to be somebody is refused."""

    def __init__(self, *, local: bool = True) -> None:
        self._local = local

    async def uid(self, request: Request) -> None:
        """None, always."""
        for header in (DEMO_HEADER, "authorization"):
            if header in request.headers:
                raise ProblemError(
                    401,
                    "not-accepted",
                    f"this server accepts no {header} header",
                    field=header,
                    expected="no such header",
                )

    async def is_admin(self, request: Request) -> bool:
        """On a laptop everybody is; in the cloud nobody can be."""
        await self.uid(request)
        return self._local


class DemoUsers:
    """Whoever the header X-Demo-User names. Local only: `settings` refuses it anywhere else."""

    async def uid(self, request: Request) -> str | None:
        """The name in the header."""
        if "authorization" in request.headers:
            raise ProblemError(
                401,
                "not-accepted",
                "this server knows its users by the header X-Demo-User",
                field="authorization",
                expected="no such header",
            )
        name = request.headers.get(DEMO_HEADER)
        if name is not None and not (_UID.fullmatch(name) and is_document_id(name)):
            raise invalid(
                "X-Demo-User",
                "1 to 128 letters, digits, or any of _ . @ -, but none of . and .. and __…__",
            )
        return name

    async def is_admin(self, request: Request) -> bool:
        """Everybody is."""
        await self.uid(request)
        return True
