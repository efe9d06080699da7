"""Asks hosts politely, within the limits of one build."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from urllib.parse import urlsplit

from feed.ports.errors import Unavailable
from feed.ports.web import Validators, WebFile, WebFiles

AT_ONCE = 16
"""files under way"""
OF_ONE_HOST = 2
"""of them, of one host"""
MAX_FAILURES = 5
"""failures of a host in a row, after which its other files are left for an hour"""
_MISSING = frozenset({"HTTP 404", "HTTP 410"})
"""what says nothing of the host: it has no such file"""
MAX_BYTES = 256 * 2**20
"""after which no further file is asked for"""
MAX_S = 120.0
"""after which no further file is asked for"""


class LeftForLaterError(Exception):
    """A file that is left to a later build; nothing new is known of it."""


class HostLeftAloneError(LeftForLaterError):
    """A file of a host that keeps failing."""


class _Host:
    def __init__(self) -> None:
        self.turns = asyncio.Semaphore(OF_ONE_HOST)
        self.failures = 0


class PoliteFiles:
    """`WebFiles` that spares hosts, for one build. Belongs to one event loop."""

    def __init__(
        self,
        files: WebFiles,
        max_s: float = MAX_S,
        max_bytes: int = MAX_BYTES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin now: no file is asked for after `max_s` seconds or `max_bytes` bytes."""
        self._files = files
        self._all = asyncio.Semaphore(AT_ONCE)
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)
        self._monotonic = monotonic
        self._ends_at = monotonic() + max_s
        self._bytes_left = max_bytes

    async def get(self, url: str, known: Validators | None) -> WebFile | None:
        """The file at an address; None if it has not changed since it had the `known` validators.

        Raises `Unavailable` with the reason, and `LeftForLaterError`.
        """
        host = self._hosts[_host_of(url)]
        async with host.turns, self._all:
            if self._bytes_left <= 0 or self._monotonic() >= self._ends_at:
                raise LeftForLaterError
            if host.failures >= MAX_FAILURES:
                raise HostLeftAloneError
            try:
                found = await self._files.get(url, known)
            except Unavailable as error:
                host.failures += str(error) not in _MISSING
                raise
            host.failures = 0
            self._bytes_left -= len(found.body) if found else 0
            return found


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
