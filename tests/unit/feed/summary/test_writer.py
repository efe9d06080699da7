"""The writer of summaries, in interleavings that a random search seldom finds."""

from typing import Any

import pytest

import feed.model.engagement
import feed.summary.writer
from feed.model.engagement import Engagement, Summary, newest, pack
from feed.ports.errors import Conflict, Unavailable
from feed.ports.users import StoredSummary
from feed.summary.writer import refresh_summary
from tests.support.stepped_store import SteppedStore, run_to_end, run_until


def engagement(name: str, timestamp_us: int = 0, kind: Any = "click") -> Engagement:
    return Engagement(id=name, episode_id=f"of-{name}", type=kind, timestamp_us=timestamp_us)


def store_of(**timestamps_us: int) -> SteppedStore:
    """A store of some engagements whose summary is up to date."""
    store = SteppedStore()
    store.engagements = {name: engagement(name, at) for name, at in timestamps_us.items()}
    run_to_end(refresh_summary(store, "u", store.engagements))
    return store


def assert_equals_a_rebuild(store: SteppedStore) -> None:
    assert store.summary
    assert store.summary.summary
    assert pack(store.summary.summary.engagements) == pack(newest(store.engagements.values()))
    assert not store.summary.summary.incomplete


def test_a_change_that_is_undone_while_a_writer_waits_is_undone_in_the_summary() -> None:
    store = store_of(a=0)
    store.engagements["a"] = engagement("a", kind="like")
    slow = refresh_summary(store, "u", ["a"])
    run_until(slow, "before write_summary")
    store.engagements["a"] = engagement("a", kind="click")
    run_to_end(refresh_summary(store, "u", ["a"]))  # finds nothing to do
    run_to_end(slow)
    assert_equals_a_rebuild(store)


@pytest.fixture
def summaries_hold_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed.model.engagement, "MAX_ENGAGEMENTS", 3)
    monkeypatch.setattr(feed.summary.writer, "MAX_ENGAGEMENTS", 3)


@pytest.mark.usefixtures("summaries_hold_three")
@pytest.mark.parametrize("dies", [False, True])
def test_an_engagement_added_while_the_newest_are_read_is_not_lost(dies: bool) -> None:
    store = store_of(a=9, b=8, c=7, d=1)
    del store.engagements["a"]
    deleting = refresh_summary(store, "u", ["a"])
    run_until(deleting, "after newest_engagements")
    store.engagements["e"] = engagement("e", 5)  # younger than d, too old for the full summary
    run_to_end(refresh_summary(store, "u", ["e"]))  # so it finds nothing to do
    if dies:
        run_until(deleting, "after write_summary")
        deleting.close()
        deleting = refresh_summary(store, "u", ["a"])  # the event comes again
    run_to_end(deleting)
    assert_equals_a_rebuild(store)


@pytest.mark.usefixtures("summaries_hold_three")
def test_an_engagement_deleted_while_the_newest_are_read_does_not_stay() -> None:
    store = store_of(a=9, b=8, c=7, d=1)
    del store.engagements["a"]
    deleting = refresh_summary(store, "u", ["a"])
    run_until(deleting, "after newest_engagements")
    del store.engagements["d"]
    run_to_end(refresh_summary(store, "u", ["d"]))  # d is not in the summary yet: nothing to do
    run_to_end(deleting)
    assert_equals_a_rebuild(store)


def test_a_summary_that_is_up_to_date_is_not_written() -> None:
    store = store_of(a=0)
    writes = store.writes
    run_to_end(refresh_summary(store, "u", ["a", "unknown"], profile=True))
    assert store.writes == writes


@pytest.mark.parametrize(
    "stored",
    [Summary(engagements=(engagement("a"),)), Summary(), None],
    ids=["outdated", "empty", "unreadable"],
)
def test_the_summary_of_a_user_without_data_is_deleted(stored: Summary | None) -> None:
    store = SteppedStore()
    store.summary = StoredSummary(stored, "r")
    run_to_end(refresh_summary(store, "u", ["a"]))
    assert store.summary is None


def test_an_unreadable_summary_is_rebuilt_by_the_next_event() -> None:
    store = store_of(a=0, b=0)
    store.change_profile({"languages": ("en",)})
    store.summary = StoredSummary(None, "spoiled")
    run_to_end(refresh_summary(store, "u", ["a"]))
    assert_equals_a_rebuild(store)
    assert store.summary.summary is not None
    assert store.summary.summary.profile.languages == ("en",)


def test_a_rebuild_finds_changes_that_no_event_named() -> None:
    store = SteppedStore()
    store.engagements["a"] = engagement("a")
    store.summary = StoredSummary(Summary(engagements=(engagement("gone"),)), "r")
    run_to_end(refresh_summary(store, "u", rebuild=True))
    assert_equals_a_rebuild(store)


@pytest.mark.parametrize("change", ["added", "deleted"])
def test_a_rebuild_without_a_summary_reads_the_history_once_and_misses_no_change(
    change: str,
) -> None:
    class Counting(SteppedStore):
        histories = 0

        async def newest_engagements(self, uid: str, limit: int, *rest: Any) -> list[Engagement]:
            self.histories += limit > 1
            return await super().newest_engagements(uid, limit, *rest)

    store = Counting()
    store.engagements = {"a": engagement("a"), "b": engagement("b")}
    rebuilding = refresh_summary(store, "u", profile=True, rebuild=True)
    run_until(rebuilding, "before read_profile")
    run_until(rebuilding, "after newest_engagements")
    assert store.histories == 1
    if change == "added":
        store.engagements["c"] = engagement("c")
    else:
        del store.engagements["b"]
    run_to_end(refresh_summary(store, "u", ["b", "c"]))
    run_to_end(rebuilding)
    assert_equals_a_rebuild(store)
    store.summary, store.histories = None, 0
    run_to_end(refresh_summary(store, "u", profile=True, rebuild=True))
    assert store.histories == 1


def test_a_writer_that_loses_every_time_gives_up_with_an_error_that_retries() -> None:
    class AlwaysConflicting(SteppedStore):
        async def write_summary(self, *_: Any) -> str:
            raise Conflict

    store = AlwaysConflicting()
    store.engagements["a"] = engagement("a")
    pauses: list[int] = []

    async def pause(conflicts: int) -> None:
        pauses.append(conflicts)

    with pytest.raises(Unavailable, match="other writers changed it"):
        run_to_end(refresh_summary(store, "u", ["a"], pause=pause))
    assert pauses == list(range(1, feed.summary.writer.ATTEMPTS + 1))


def test_a_rebuild_ends_beside_a_writer_that_is_always_faster_than_its_reading() -> None:
    class Busy(SteppedStore):
        async def newest_engagements(self, *args: Any) -> list[Engagement]:
            found = await super().newest_engagements(*args)
            if self.summary and self.summary.summary and not self.summary.summary.incomplete:
                one = engagement(f"later-{len(self.engagements)}", len(self.engagements))
                self.engagements[one.id] = one
                await refresh_summary(self, "u", [one.id])
            return found

    store = Busy()
    store.engagements["a"] = engagement("a")
    store.summary = StoredSummary(Summary(engagements=(engagement("gone"),)), "r")
    run_to_end(refresh_summary(store, "u", rebuild=True))
    assert_equals_a_rebuild(store)
