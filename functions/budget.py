"""Budget: how long a dependency may take."""

import time

FIRST_S = 2.0
"""what the first calls of a process share: they wait for the connection to be opened"""


class Budget:
    """The time for each call to one dependency, more until one has been answered."""

    def __init__(self, usual_s: float) -> None:
        self._usual_s = usual_s
        self._began_s: float | None = None
        """on the monotonic clock"""
        self._answered = False

    def left_s(self) -> float:
        """How long a call that begins now may take, seconds."""
        if self._answered:
            return self._usual_s
        now_s = time.monotonic()
        if self._began_s is None:
            self._began_s = now_s
        return max(self._usual_s, self._began_s + FIRST_S - now_s)

    def answered(self) -> None:
        """A call was answered: the connection is open."""
        self._answered = True
