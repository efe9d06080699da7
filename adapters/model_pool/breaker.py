"""A circuit breaker that takes the time as an argument, and lets one request through as a probe.

The library `circuitbreaker` reads the clock itself and lets any number of probes through.
"""

from typing import Literal

FAILURES = 3
"""in a row, after which the circuit opens"""
OPEN_S = 2.0
"""how long it stays open at first; twice as long after each probe that fails"""
LONGEST_OPEN_S = 60.0

CircuitState = Literal["closed", "open", "half_open"]


class Breaker:
    """Counts a region's failures in a row, and says whether it may be asked."""

    def __init__(self) -> None:
        self.failures = 0
        """in a row, up to now"""
        self._open_s = 0.0
        self._opened_at = 0.0
        self._is_probing = False

    def state(self, now: float) -> CircuitState:
        """`closed`; `open`, no request is made; `half_open`, one request is made as a probe."""
        if self.failures < FAILURES:
            return "closed"
        return "open" if now < self._opened_at + self._open_s else "half_open"

    def admits(self, now: float) -> bool:
        """Whether a request may start now."""
        state = self.state(now)
        return state == "closed" or (state == "half_open" and not self._is_probing)

    def start(self, now: float) -> bool:
        """Note that a request starts; returns whether it is a probe, which `end` has to be told."""
        is_probe = self.state(now) == "half_open"
        self._is_probing = self._is_probing or is_probe
        return is_probe

    def end(self, now: float, *, succeeded: bool | None, is_probe: bool) -> None:
        """Note how a request ended; None: nothing was learned of the region."""
        if is_probe:
            self._is_probing = False
        if succeeded:
            self.failures, self._open_s = 0, 0.0
        elif succeeded is not None:
            self.failures += 1
            # The failure of a request from before the circuit opened says nothing new.
            if is_probe or self.failures == FAILURES:
                self._open_s = min(max(OPEN_S, 2 * self._open_s), LONGEST_OPEN_S)
                self._opened_at = now
