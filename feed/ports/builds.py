"""Ports of a catalog build: leases, and a cache of what sources read last time."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Lease:
    """The exclusive right to do some work, until it expires or is released."""

    name: str
    """of the work"""
    owner: str
    """of the process that holds it"""
    expires_at: float
    """seconds since 1970, UTC"""
    generation: int
    """version of the stored lease, so that a process releases only its own"""


class Leases(Protocol):
    """Grants leases, so that one process at a time does some work.

    A lease saves duplicate work; it does not protect data, whose writes have conditions of their
    own. Every call may raise `Unavailable`.
    """

    def acquire(self, name: str, owner: str, ttl_s: float, now: float, timeout_s: float) -> Lease:
        """Take a lease that is free or has expired.

        `now` is seconds since 1970, UTC; `ttl_s` has to outlast the work and the difference
        between two clocks. Raises `Conflict` while the lease is held, also by the same `owner`, and
        `NotFound` for an invalid name.
        """

    def release(self, lease: Lease, timeout_s: float) -> None:
        """Give a lease back. Does nothing if it expired and another process has taken it."""


class BuildCache(Protocol):
    """Keeps what a source read, so that the next build reads only changes, or survives an outage.

    An entry that is lost costs one full read and nothing else. So neither call raises: failures
    are logged.
    """

    def load(self, name: str) -> bytes | None:
        """The bytes saved under a name; None if there are none, or they are damaged."""

    def save(self, name: str, data: bytes) -> None:
        """Save bytes under a plain file name, atomically, in place of earlier ones."""
