"""Faults that the emulator of Cloud Storage injects into single requests."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple


class ReceivedRequest(NamedTuple):
    """A request that the emulator received."""

    method: str
    path: str
    """percent-decoded, without the query"""
    query: dict[str, str]


@dataclass
class StorageFault:
    """A fault in the next `times` requests of a method and path.

    The kinds: `status` responds with that status; `drop` closes the connection; `truncate` closes
    it after `at` bytes of the body; `flip` inverts byte `at` of the body; `drip` sends the body
    from byte `at` on one byte at a time, `pause_s` apart; `drip_head` sends the headers so, too.
    """

    kind: Literal["status", "drop", "truncate", "flip", "drip", "drip_head"]
    times: int = 1
    method: str = ""
    """empty: any method"""
    path: str = ""
    """a part of the percent-decoded path; that of a listing ends with `/o`"""
    status: int = 503
    after: bool = False
    """whether a status or a drop comes after the request took effect, so that only the response
    is lost"""
    at: int = 0
    pause_s: float = 0.05

    def applies_to(self, seen: ReceivedRequest) -> bool:
        """Whether the fault applies to this request."""
        return self.method in ("", seen.method) and self.path in seen.path

    def corrupt(self, answer: bytes) -> Iterator[bytes]:
        """Yields the parts of a complete response that are sent in spite of the fault."""
        body_at = answer.find(b"\r\n\r\n") + 4
        if self.kind == "status":
            yield answer
        elif self.kind == "flip":
            changed = bytearray(answer)
            changed[body_at + self.at] ^= 0xFF
            yield bytes(changed)
        elif self.kind == "truncate":
            yield answer[: body_at + self.at]
        elif self.kind in ("drip", "drip_head"):
            started = 0 if self.kind == "drip_head" else body_at + self.at
            yield answer[:started]
            for place in range(started, len(answer)):
                time.sleep(self.pause_s)
                yield answer[place : place + 1]
