import pytest

from feed.model.engagement import Engagement, Profile, Summary
from feed.model.impressions import Impression, merge, unpack
from feed.ports.errors import Refused
from feed.ports.users import StoredSummary
from feed.summary.impressions import forget_impressions, record_impressions
from feed.summary.writer import refresh_summary
from tests.support.stepped_store import SteppedStore, run_to_end, run_until

ONE, TWO = (Impression(name, "", 5_000_000) for name in "ab")


def test_two_writers_of_impressions_lose_none() -> None:
    store = SteppedStore()
    slow = record_impressions(store, "u", [ONE], None)
    run_until(slow, "before write_seen")
    run_to_end(record_impressions(store, "u", [TWO], None))
    run_to_end(slow)
    assert store.summary
    assert store.summary.summary
    assert len(unpack(store.summary.summary.seen).episodes) == 2


def test_an_engagement_and_what_was_seen_are_one_write_and_its_event_none() -> None:
    store = SteppedStore()
    liked = Engagement(id="a", episode_id="a", type="like", timestamp_us=5)
    store.engagements["a"] = liked
    run_to_end(refresh_summary(store, "u", ["a"], seen=[ONE]))
    run_to_end(refresh_summary(store, "u", ["a"]))
    assert store.writes == 1
    assert store.summary
    assert store.summary.summary == Summary(engagements=(liked,), seen=merge(b"", [ONE]))
    late = refresh_summary(store, "u", ["a"], seen=[TWO])
    run_until(late, "before write_summary")
    store.engagements.clear()
    run_to_end(refresh_summary(store, "u", rebuild=True, forget_seen=True))
    run_to_end(late)
    assert store.summary is None  # what was seen is older than the deletion


def test_what_is_known_already_is_not_written_again() -> None:
    store = SteppedStore()
    run_to_end(record_impressions(store, "u", [ONE], None))
    run_to_end(record_impressions(store, "u", [ONE], store.summary))
    assert store.writes == 1


def test_a_rebuild_keeps_what_was_seen_and_a_deletion_does_not() -> None:
    store = SteppedStore()
    store.profile = Profile(muted_series=("s",))
    run_to_end(record_impressions(store, "u", [ONE], None))
    run_to_end(refresh_summary(store, "u", profile=True, rebuild=True))
    assert store.summary
    assert store.summary.summary
    assert store.summary.summary.seen
    assert store.summary.summary.profile.muted_series == ("s",)
    store.profile = Profile()
    run_to_end(refresh_summary(store, "u", profile=True, rebuild=True, forget_seen=True))
    assert store.summary is None


def test_a_writer_that_is_late_brings_no_deleted_user_back() -> None:
    store = SteppedStore()
    run_to_end(record_impressions(store, "u", [ONE], None))
    late = record_impressions(store, "u", [TWO], store.summary)
    run_until(late, "before write_seen")
    run_to_end(refresh_summary(store, "u", rebuild=True, forget_seen=True))
    run_to_end(late)
    assert store.summary is None


def test_what_was_seen_goes_with_the_last_of_what_has_events() -> None:
    store = SteppedStore()
    liked = Engagement(id="a", episode_id="a", type="like", timestamp_us=5)
    store.engagements["a"] = liked
    run_to_end(refresh_summary(store, "u", ["a"]))
    run_to_end(record_impressions(store, "u", [ONE], store.summary))
    store.engagements.clear()
    run_to_end(refresh_summary(store, "u", ["a"]))
    assert store.summary is None
    run_to_end(record_impressions(store, "u", [ONE], None))
    run_to_end(refresh_summary(store, "u", ["a"]))  # a late event of somebody who only looks
    assert store.summary


def test_what_was_seen_can_be_forgotten_alone() -> None:
    store = SteppedStore()
    known = Summary(profile=Profile(muted_series=("s",)))
    store.summary = StoredSummary(known, "r0")
    run_to_end(record_impressions(store, "u", [ONE], store.summary))
    run_to_end(forget_impressions(store, "u", store.summary))
    assert store.summary.summary == known


def test_impressions_leave_a_summary_alone_that_cannot_be_read() -> None:
    store = SteppedStore()
    store.summary = StoredSummary(None, "r0")
    with pytest.raises(Refused, match="unreadable"):
        run_to_end(record_impressions(store, "u", [ONE], store.summary))
    assert store.writes == 0
    store.summary = StoredSummary(Summary(seen=b"unreadable"), "r0")
    run_to_end(record_impressions(store, "u", [ONE], store.summary))
    assert store.summary.summary
    assert len(unpack(store.summary.summary.seen).episodes) == 1
