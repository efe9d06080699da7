"""What can go wrong between a client and Cloud Storage, one request at a time."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple


class Seen(NamedTuple):
    """One request that came in."""

    method: str
    path: str
    """unquoted, without the query"""
    query: dict[str, str]


@dataclass
class Fault:
    """What goes wrong with the next requests that fit it.

    `status` answers so; `drop` closes the connection; `truncate` closes it after `at` bytes of the
    body; `flip` changes the byte `at` of the body; `drip` sends what comes after `at` a byte at a
    time, `pause_s` apart, `drip_head` the status line and headers too.
    """

    kind: Literal["status", "drop", "truncate", "flip", "drip", "drip_head"]
    times: int = 1
    method: str = ""
    """empty: any"""
    path: str = ""
    """a part of the unquoted path; a listing is `/o`"""
    status: int = 503
    after: bool = False
    """a status or a drop comes after the request has taken effect: only its answer is lost"""
    at: int = 0
    pause_s: float = 0.05

    def fits(self, seen: Seen) -> bool:
        """Whether it is meant."""
        return self.method in ("", seen.method) and self.path in seen.path

    def spoil(self, answer: bytes) -> Iterator[bytes]:
        """What is sent of a whole answer, part by part."""
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
