"""A clock that a test sets."""


class Clock:
    """A clock in seconds, from 1000 on; call it to read it."""

    now_s = 1000.0

    def __call__(self) -> float:
        """Return the time that the test has set."""
        return self.now_s
