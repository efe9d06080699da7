"""What the core asks of the outside. Every adapter in `adapters/` offers one of these.

An adapter translates its vendor's errors into the ones named here, so that nothing above it
knows which vendor it is. `tests/conformance/` holds one suite per port that each adapter passes.
"""


class Unavailable(Exception):
    """The other side did not answer, in time or at all. A later try may succeed."""


class Refused(Unavailable):
    """The other side answered that it does not take what it was asked: it is there, and well."""


class Unstorable(Refused):
    """The other side can never take this: a name or a size beyond its limits. No try succeeds."""


class Conflict(Exception):
    """Somebody else wrote first: what this write was based on is no longer current."""


class NotFound(Exception):
    """There is nothing under that name."""


class TooLarge(Exception):
    """What is there is larger than the caller can take; nothing of it was read."""


class Damaged(Exception):
    """What is there is not what was put there, or not what was asked for."""


class DamagedPointer(Damaged):
    """The shelf's pointer cannot be read as one. A promotion replaces it, as any other."""

    def __init__(self, reason: str, generation: int) -> None:
        """`generation` is what that promotion has to expect."""
        super().__init__(reason)
        self.generation = generation


# --- episodes and their vectors, read by the builder ---


# --- the shelf: immutable snapshots and the pointer to the current one ---


# --- users ---
