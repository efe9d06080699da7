"""The ports of a build: leases, and copies of what was read."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Lease:
    """The right to do something alone, until it expires or is given back."""

    name: str
    owner: str
    expires_at: float
    """seconds since 1970, UTC"""
    generation: int
    """which taking of it this is, so that nobody gives back another's"""


class Leases(Protocol):
    """Of many who want to do the same, one does it at a time. Every call may raise `Unavailable`.

    A lease keeps work from being done twice; what must not be written twice has a condition of its
    own.
    """

    def acquire(self, name: str, owner: str, ttl_s: float, now: float, timeout_s: float) -> Lease:
        """Take a lease that is free or has expired. Raises `Conflict` while another is held.

        `now` is seconds since 1970, UTC; `ttl_s` has to outlast the work and the difference
        between two clocks. `owner` is for whoever reads the refusal: the same one is refused too.
        Raises `NotFound` for what is not the name of one.
        """
        ...

    def release(self, lease: Lease, timeout_s: float) -> None:
        """Give a lease back. Nothing happens if it expired and somebody else has taken it."""
        ...


class BuildCache(Protocol):
    """What a source keeps of its last reading, to read only what changed, and for bad days.

    Losing a copy costs a whole reading and nothing else. So neither call raises: what goes wrong
    is logged.
    """

    def load(self, name: str) -> bytes | None:
        """The bytes kept under a name; None if there are none, or they are not as they were."""
        ...

    def save(self, name: str, data: bytes) -> None:
        """Keep bytes under a plain file name, whole or not at all, in place of earlier ones."""
        ...
