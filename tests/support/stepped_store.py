"""A store in memory that suspends around each call, so that a test can interleave writers."""

import types
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from functools import wraps
from typing import Any

import msgspec

from feed.model.engagement import Engagement, Profile, Summary, newest_first
from feed.ports.errors import Conflict
from feed.ports.users import StoredSummary


@types.coroutine
def _suspend_at(step: str) -> Generator[str, None, None]:
    """Suspend this coroutine, and tell its driver at which step it is."""
    yield step


def run_until(work: Coroutine[Any, Any, object], step: str) -> None:
    """Drive a writer until it is at this step, such as "before read_summary"."""
    while work.send(None) != step:
        pass


def run_to_end(work: Coroutine[Any, Any, object]) -> None:
    """Drive a writer until it is done."""
    try:
        while True:
            work.send(None)
    except StopIteration:
        return


def _stepped(call: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Make a method a coroutine that suspends before it and after it."""

    @wraps(call)
    async def suspended(*given: Any, **named: Any) -> Any:
        await _suspend_at(f"before {call.__name__}")
        found = call(*given, **named)
        await _suspend_at(f"after {call.__name__}")
        return found

    return suspended


class SteppedStore:
    """A `SummaryAccess` for one user."""

    def __init__(self) -> None:
        self.engagements: dict[str, Engagement] = {}
        self.profile = Profile()
        self.summary: StoredSummary | None = None
        self.writes = 0

    @_stepped
    def read_summary(self, _uid: str) -> StoredSummary | None:
        return self.summary

    @_stepped
    def write_summary(self, _uid: str, summary: Summary, revision: str | None) -> str:
        self._check(revision)
        self.writes += 1
        self.summary = StoredSummary(summary, f"r{self.writes}")
        return self.summary.revision

    @_stepped
    def delete_summary(self, _uid: str, revision: str) -> None:
        self._check(revision)
        self.writes += 1
        self.summary = None

    @_stepped
    def read_engagements(self, _uid: str, ids: Sequence[str]) -> dict[str, Engagement | None]:
        return {one: self.engagements.get(one) for one in ids}

    @_stepped
    def newest_engagements(
        self, _uid: str, limit: int, after: tuple[int, str] | None = None
    ) -> list[Engagement]:
        in_order = sorted(self.engagements.values(), key=newest_first)
        found = [e for e in in_order if after is None or newest_first(e) > (-after[0], after[1])]
        return found[:limit]

    @_stepped
    def read_profile(self, _uid: str) -> Profile:
        return self.profile

    def change_profile(self, changes: Mapping[str, Any]) -> None:
        self.profile = msgspec.structs.replace(self.profile, **changes)

    def _check(self, revision: str | None) -> None:
        current = self.summary.revision if self.summary else None
        if current != revision:
            raise Conflict(f"{current}, not {revision}")
