"""Faults of emulated models."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "status", "hang", "drop", "slow", "cut", "garble", "no_json", "block", "block_answer"
]


@dataclass
class ModelFault:
    """A fault in the next `times` requests to a region.

    The kinds: `status` responds with that status; `hang` does not respond until faults are
    cleared; `drop` closes the connection without a response; `slow` waits `pause_s` before each
    token; `cut` closes the connection after `after` tokens; `garble` responds with half of the
    JSON; `no_json` answers with text where a schema asks for JSON; `block` blocks the prompt, and
    `block_answer` the answer after `after` tokens.
    """

    kind: Kind
    times: int | None = 1
    """None: until faults are cleared"""
    region: str = ""
    """empty: any region, and an endpoint without regions"""
    status: int = 503
    pause_s: float = 0.1
    after: int = 3
    headers: Mapping[str, str] | None = None
    """headers of a `status` response, such as `Retry-After`"""


class Faults:
    """The faults that are to happen, in the order in which they were injected."""

    def __init__(self) -> None:
        self._pending: list[ModelFault] = []
        self.times_cleared = 0

    def add(self, fault: ModelFault) -> None:
        """Injects a fault."""
        self._pending.append(fault)

    def clear(self) -> None:
        """Removes all faults; what hangs goes on."""
        self._pending.clear()
        self.times_cleared += 1

    def take(self, region: str) -> ModelFault | None:
        """Returns the fault of a request to a region, if there is one, and uses it up."""
        for fault in self._pending:
            if fault.region in {"", region}:
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self._pending.remove(fault)
                return fault
        return None
