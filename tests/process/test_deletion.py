"""Deletion and reset end with a receipt while the user's app keeps writing."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import httpx
import pytest

from tests.support.cloud import Cloud
from tests.support.server import Server, until

BOUND_S = 30
"""far above what a deletion takes on a busy machine, far below giving up never"""

Call = Callable[[str, str, Any], httpx.Response]


@dataclass
class Writers:
    """Threads of one user's app that record engagements one after another until they are told."""

    call: Call
    numbers: Iterator[int] = field(default_factory=itertools.count)
    acknowledged: list[int] = field(default_factory=list)
    """numbers, which are ids, in the order in which they were answered"""
    refused: list[int] = field(default_factory=list)
    """statuses of what was not recorded"""

    @contextmanager
    def running(self, count: int) -> Iterator["Writers"]:
        stop = threading.Event()
        threads = [threading.Thread(target=self._write, args=(stop,)) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            until(lambda: len(self.acknowledged) > 5 * count, BOUND_S)
            yield self
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def _write(self, stop: threading.Event) -> None:
        while not stop.is_set():
            number = next(self.numbers)
            body = {"id": f"{number}", "episode_id": "episode-3", "type": "like"}
            status = self.call("POST", "/api/me/engagements", body).status_code
            if status == 201:
                self.acknowledged.append(number)
            else:
                self.refused.append(status)


def listed(call: Call) -> set[int]:
    found: set[int] = set()
    query = "?limit=500"
    while True:
        answer = call("GET", f"/api/me/engagements{query}", None).json()
        found |= {int(one["id"]) for one in answer["engagements"]}
        if not answer["next_cursor"]:
            return found
        query = f"?limit=500&cursor={answer['next_cursor']}"


def left_by_a_deletion_under_load(call: Call, path: str) -> set[int]:
    """What is listed then: nothing from before the deletion, and all that was sent after it."""
    with Writers(call).running(3) as writers:
        before = set(writers.acknowledged)
        began = time.monotonic()
        answer = call("DELETE", path, None)
        took = time.monotonic() - began
        assert answer.status_code == 200, answer.text
        assert took < BOUND_S
        assert datetime.fromisoformat(answer.json()["until"])
        answered = next(writers.numbers)
        until(lambda: any(number > answered for number in writers.acknowledged), BOUND_S)
    assert writers.refused == []
    left = listed(call)
    assert not left & before
    assert {number for number in writers.acknowledged if number > answered} <= left
    return left


@pytest.mark.parametrize("path", ["/api/me", "/api/me/engagements"])
def test_a_deletion_ends_with_a_receipt_while_three_writers_go_on(
    server: Server, user: str, path: str
) -> None:
    assert left_by_a_deletion_under_load(partial(server.call, user=user), path)


@pytest.mark.parametrize("path", ["/api/me", "/api/me/engagements"])
def test_late_events_do_not_restore_what_was_deleted(cloud: Cloud, user: str, path: str) -> None:
    cloud.bridge.copies, cloud.bridge.delay_s = 2, 0.5
    left = left_by_a_deletion_under_load(partial(cloud.call, uid=user), path)
    cloud.quiet()
    assert {int(one.id) for one in cloud.summary(user).engagements} == left
