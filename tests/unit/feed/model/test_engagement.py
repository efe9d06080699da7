from datetime import UTC
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.model.engagement import (
    ENGAGEMENT_TYPES,
    MAX_ENGAGEMENTS,
    Engagement,
    Profile,
    Summary,
    SummaryError,
    merge,
    newest,
    pack,
    unpack,
    with_profile,
)
from feed.model.timestamps import to_us
from feed.summary.document import from_document, to_document

engagements = st.builds(
    Engagement,
    id=st.text(min_size=1, max_size=20),
    episode_id=st.text(min_size=1, max_size=20),
    type=st.sampled_from(ENGAGEMENT_TYPES),
    timestamp_us=st.datetimes().map(lambda t: to_us(t.replace(tzinfo=UTC))),
    progress=st.none() | st.floats(0, 1),
)
lists = st.lists(engagements, max_size=20, unique_by=lambda e: e.id)


def click(name: str, timestamp_us: int) -> Engagement:
    return Engagement(id=name, episode_id="x", type="click", timestamp_us=timestamp_us)


def clicks(count: int) -> list[Engagement]:
    return [click(f"{i:04}", i) for i in range(count)]


@given(lists)
def test_packed_engagements_are_unpacked_as_they_were(some: list[Engagement]) -> None:
    assert list(unpack(pack(some))) == some


@given(lists)
def test_a_document_is_read_as_the_summary_that_it_stores(some: list[Engagement]) -> None:
    summary = Summary(engagements=newest(some), profile=Profile(languages=("en",)), incomplete=True)
    assert from_document(to_document(summary)) == summary


@given(lists, lists)
def test_merging_one_by_one_or_together_in_any_order_is_the_same(
    before: list[Engagement], after: list[Engagement]
) -> None:
    start = Summary(engagements=newest(before))
    together = merge(start, {e.id: e for e in after})
    apart = start
    for one in after[::-1]:
        apart = merge(apart, {one.id: one})
    assert together == apart == merge(together, {e.id: e for e in after})


def test_titles_and_series_names_are_not_stored() -> None:
    one = Engagement(id="a", episode_id="x", type="click", timestamp_us=0)
    named = msgspec.structs.replace(one, episode_title="T", series_name="S")
    assert merge(Summary(), {"a": named}).engagements == (one,)


def test_the_newest_500_are_stored() -> None:
    every = clicks(MAX_ENGAGEMENTS + 100)
    summary = merge(Summary(), {e.id: e for e in every})
    assert summary.engagements == tuple(every[:99:-1])
    assert not summary.incomplete
    assert len(pack(summary.engagements)) < 40_000


@pytest.mark.parametrize(
    ("stored", "changed", "timestamp_us", "incomplete"),
    [
        (MAX_ENGAGEMENTS, "0100", None, True),
        (MAX_ENGAGEMENTS, "unknown", None, False),
        (MAX_ENGAGEMENTS - 1, "0100", None, False),
        (MAX_ENGAGEMENTS, "0100", -5, True),
        (MAX_ENGAGEMENTS, "0100", 9, False),
        (MAX_ENGAGEMENTS, "new", -5, False),
    ],
)
def test_a_summary_is_incomplete_where_an_older_engagement_may_belong_in_it(
    stored: int, changed: str, timestamp_us: int | None, incomplete: bool
) -> None:
    change = None if timestamp_us is None else click(changed, timestamp_us)
    summary = Summary(engagements=newest(clicks(stored)))
    assert merge(summary, {changed: change}).incomplete is incomplete


def test_a_summary_stores_a_profile_without_the_display_name() -> None:
    profile = Profile(display_name="Ada", muted_series=("s",))
    assert with_profile(Summary(), profile).profile == Profile(muted_series=("s",))
    assert with_profile(Summary(), Profile(display_name="Ada")).is_empty


def test_a_document_has_fields_for_people_to_read() -> None:
    document = to_document(
        Summary(engagements=newest(clicks(2)), profile=Profile(languages=("en",)))
    )
    assert document["counts"] == {"click": 2}
    assert document["newest_engagement_at"] == "1970-01-01T00:00:00.000001Z"
    assert document["languages"] == ["en"]
    assert "display_name" not in document


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"engagements": b""},
        {"engagements": b"\x02\x90"},
        {"engagements": b"\x01\xc1"},
        {"engagements": b"\x01" + msgspec.msgpack.encode([["a", "x", 99, 0, None]])},
        {"engagements": 3},
        {"engagements": b"\x01\x90", "languages": "en"},
    ],
)
def test_an_invalid_document_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(SummaryError):
        from_document(document)
