"""The errors that adapters raise.

An adapter translates its vendor's errors into these, so that its callers do not depend on the
vendor. `tests/conformance/` has a suite for each port that every adapter passes.
"""


class Unavailable(Exception):
    """A dependency did not answer in time, or at all. A later attempt may succeed."""


class Refused(Unavailable):
    """A dependency answered, but refused the request. The dependency itself is healthy."""


class Unstorable(Refused):
    """A store can never accept a document: its name or size is beyond a limit."""


class Conflict(Exception):
    """A conditional write lost: another writer changed what it was based on."""


class NotFound(Exception):
    """Nothing is stored under a name."""


class TooLarge(Exception):
    """Stored bytes exceed the size that the caller accepts; nothing was read."""


class Damaged(Exception):
    """Stored bytes are not those that were written, or not those that were asked for."""


class DamagedPointer(Damaged):
    """The shelf's pointer is unreadable. A promotion may replace it."""

    def __init__(self, reason: str, generation: int) -> None:
        """`generation` is the one that a promotion has to expect."""
        super().__init__(reason)
        self.generation = generation
