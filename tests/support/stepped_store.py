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
    """A `SummaryAccess` for one user, with one or several sources of engagements."""

    def __init__(self, sources: Sequence[str] = ("",)) -> None:
        """`sources` are what the ids of each one's engagements begin with, up to a slash."""
        self.sources = sources
        self.engagements: dict[str, Engagement] = {}
        self.hidden: set[str] = set()
        """ids of engagements that an app keeps although the user deleted them"""
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
    def write_seen(self, _uid: str, summary: Summary, revision: str | None) -> str:
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
        return {one: self._visible(self.hidden).get(one) for one in ids}

    async def newest_engagements(
        self, _uid: str, limit: int, after: tuple[int, str] | None = None
    ) -> list[Engagement]:
        await _suspend_at("before newest_engagements")
        hidden, found = self.hidden.copy(), list[Engagement]()
        for number, source in enumerate(self.sources):
            if number:
                await _suspend_at("before another source")
            for name, one in self._visible(hidden).items():
                if name.rpartition("/")[0] == source and (
                    after is None or newest_first(one) > (-after[0], after[1])
                ):
                    found.append(one)
        await _suspend_at("after newest_engagements")
        return sorted(found, key=newest_first)[:limit]

    def _visible(self, hidden: set[str]) -> dict[str, Engagement]:
        return {name: one for name, one in self.engagements.items() if name not in hidden}

    @_stepped
    def read_profile(self, _uid: str) -> Profile:
        return self.profile

    def change_profile(self, changes: Mapping[str, Any]) -> None:
        self.profile = msgspec.structs.replace(self.profile, **changes)

    def _check(self, revision: str | None) -> None:
        current = self.summary.revision if self.summary else None
        if current != revision:
            raise Conflict(f"{current}, not {revision}")
