"""A store in memory that suspends around each call: a test interleaves writers as it likes."""

import types
from collections.abc import Coroutine, Generator, Mapping, Sequence
from typing import Any

import msgspec

from feed.model.engagement import Engagement, Profile, Summary, newest_first
from feed.ports.errors import Conflict
from feed.ports.users import StoredSummary


@types.coroutine
def _elsewhere(place: str) -> Generator[str, None, None]:
    """Suspend this coroutine and tell its driver where it stands."""
    yield place


def run_until(work: Coroutine[Any, Any, object], place: str) -> None:
    """Drive a writer until it stands at this place."""
    while work.send(None) != place:
        pass


def run_to_end(work: Coroutine[Any, Any, object]) -> None:
    """Drive a writer until it is done."""
    try:
        while True:
            work.send(None)
    except StopIteration:
        return


class SteppedStore:
    """The part of a `SummaryStore` that a writer uses, for one user."""

    def __init__(self) -> None:
        self.engagements: dict[str, Engagement] = {}
        self.profile = Profile()
        self.summary: StoredSummary | None = None
        self.writes = 0

    async def read_summary(self, _uid: str) -> StoredSummary | None:
        await _elsewhere("before read_summary")
        found = self.summary
        await _elsewhere("after read_summary")
        return found

    async def write_summary(self, _uid: str, summary: Summary, revision: str | None) -> str:
        await _elsewhere("before write_summary")
        self._check(revision)
        self.writes += 1
        revision = f"r{self.writes}"
        self.summary = StoredSummary(summary, revision)
        await _elsewhere("after write_summary")
        return revision

    async def delete_summary(self, _uid: str, revision: str) -> None:
        await _elsewhere("before delete_summary")
        self._check(revision)
        self.writes += 1
        self.summary = None
        await _elsewhere("after delete_summary")

    async def read_engagements(self, _uid: str, ids: Sequence[str]) -> dict[str, Engagement | None]:
        await _elsewhere("before read_engagements")
        found = {one: self.engagements.get(one) for one in ids}
        await _elsewhere("after read_engagements")
        return found

    async def newest_engagements(
        self, _uid: str, limit: int, after: tuple[int, str] | None = None
    ) -> list[Engagement]:
        await _elsewhere("before newest_engagements")
        in_order = sorted(self.engagements.values(), key=newest_first)
        found = [e for e in in_order if after is None or newest_first(e) > (-after[0], after[1])]
        found = found[:limit]
        await _elsewhere("after newest_engagements")
        return found

    async def read_profile(self, _uid: str) -> Profile:
        await _elsewhere("before read_profile")
        found = self.profile
        await _elsewhere("after read_profile")
        return found

    def change_profile(self, changes: Mapping[str, Any]) -> None:
        self.profile = msgspec.structs.replace(self.profile, **changes)

    def _check(self, revision: str | None) -> None:
        current = self.summary.revision if self.summary else None
        if current != revision:
            raise Conflict(f"{current}, not {revision}")
