"""Rate limits of this instance: per user, per client address, for anonymous sessions and questions.

Each key has a bucket of requests that is refilled evenly (generic cell rate algorithm, GCRA). Only
the most recent keys have one, so that an attacker with many keys cannot fill the memory.
"""

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.types import Scope

from functions.http.client_address import client_address
from functions.problems import ProblemError
from functions.settings import Settings

if TYPE_CHECKING:
    from throttled import Throttled

MAX_KEYS = 50_000
"""of each limit; about 15 MB"""
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


class RateLimit:
    """One rate limit, for any number of keys."""

    def __init__(self, name: str, rate: str) -> None:
        """Limit to a rate like `600/minute`, or not at all: `off`."""
        self._name = name
        self._limiter = None if rate == "off" else self._make_limiter(rate)

    def _make_limiter(self, rate: str) -> "Throttled":
        # Imported only where there is a limit.
        from throttled import MemoryStore, Throttled, per_duration  # noqa: PLC0415

        count, _, unit = rate.partition("/")
        self._count, self._period_s = int(count), _SECONDS[unit]
        return Throttled(
            using="gcra",
            quota=per_duration(timedelta(seconds=self._period_s), self._count),
            store=MemoryStore(options={"MAX_SIZE": MAX_KEYS}),
        )

    def check(self, key: str) -> None:
        """Count one request of a key. Raises `ProblemError` 429 beyond the limit.

        Its headers are `Retry-After` (RFC 9110), and `RateLimit-Policy` and `RateLimit` of
        draft-ietf-httpapi-ratelimit-headers-10.
        """
        if self._limiter is None:
            return
        result = self._limiter.limit(key)
        if not result.limited:
            return
        wait_s = max(1, math.ceil(result.state.retry_after))
        raise ProblemError(
            429,
            "too-many-requests",
            f"more than {self._count} {self._name.replace('-', ' ')} in {self._period_s} s",
            expected=f"the next one in {wait_s} s",
            headers={
                "Retry-After": str(wait_s),
                "RateLimit-Policy": f'"{self._name}";q={self._count};w={self._period_s}',
                "RateLimit": f'"{self._name}";r=0;t={wait_s}',
            },
        )


class RateLimits:
    """All rate limits of one instance. Requests to other instances are not counted."""

    def __init__(self, settings: Settings) -> None:
        self._trusted_hops = settings.TRUSTED_HOPS
        # In the cloud, the connection's address is that of a proxy, which all clients share.
        self._knows_addresses = bool(settings.TRUSTED_HOPS or not settings.K_SERVICE)
        self._addresses = RateLimit("requests", settings.LIMIT_ADDRESS)
        self._anonymous = RateLimit("anonymous-sessions", settings.LIMIT_ANONYMOUS)
        self._sessions = RateLimit("sessions", settings.LIMIT_SESSIONS)
        self._writes = RateLimit("writes", settings.LIMIT_WRITES)
        self._asks = RateLimit("questions", settings.LIMIT_ASKS)
        self._exports = RateLimit("exports", settings.LIMIT_EXPORTS)
        self._photos = RateLimit("photos", settings.LIMIT_PHOTOS)

    def check_request(self, scope: Scope) -> None:
        """Count a request of a client address. Raises `ProblemError` 429 beyond the limit."""
        if self._knows_addresses:
            self._addresses.check(client_address(scope, self._trusted_hops))

    def check_session(self, uid: str | None, scope: Scope) -> None:
        """Count a new session of a user, or of an address if it is anonymous.

        Raises `ProblemError` 429 beyond the limit.
        """
        if uid is not None:
            self._sessions.check(uid)
        elif self._knows_addresses:
            self._anonymous.check(client_address(scope, self._trusted_hops))

    def check_ask(self, uid: str | None, scope: Scope) -> None:
        """Count a question of a user, or of an address if it is anonymous.

        Raises `ProblemError` 429 beyond the limit.
        """
        self._check_one_of(self._asks, uid, scope)

    def check_export(self, uid: str) -> None:
        """Count an export of a user's data. Raises `ProblemError` 429 beyond the limit."""
        self._exports.check(uid)

    def check_photo(self, uid: str | None, scope: Scope) -> None:
        """Count a photo of a user, or of an address if it is anonymous.

        Raises `ProblemError` 429 beyond the limit.
        """
        self._check_one_of(self._photos, uid, scope)

    def _check_one_of(self, limit: RateLimit, uid: str | None, scope: Scope) -> None:
        if uid is not None:
            limit.check(f"user/{uid}")
        elif self._knows_addresses:
            limit.check(client_address(scope, self._trusted_hops))

    def may_write(self, uid: str) -> bool:
        """Count a write of a user that a call may do without; whether it is within the limit."""
        try:
            self._writes.check(uid)
        except ProblemError:
            return False
        return True

    def check_write(self, uid: str, *, deletes: bool) -> None:
        """Count a write of a user. Raises `ProblemError` 429 beyond the limit.

        Deletions have a limit of their own: an app that writes without end must not keep its user
        from deleting everything.
        """
        self._writes.check(f"delete/{uid}" if deletes else uid)
