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


def full(count: int = MAX_ENGAGEMENTS) -> list[Engagement]:
    return [
        Engagement(id=f"{i:04}", episode_id="x", type="click", timestamp_us=i) for i in range(count)
    ]


@given(lists)
def test_packed_engagements_come_back(some: list[Engagement]) -> None:
    assert list(unpack(pack(some))) == some


@given(lists)
def test_a_document_gives_its_summary_back(some: list[Engagement]) -> None:
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


def test_names_that_are_only_for_reading_are_not_packed() -> None:
    one = Engagement(
        id="a", episode_id="x", type="like", timestamp_us=0, episode_title="T", series_name="S"
    )
    assert merge(Summary(), {"a": one}).engagements == (one.without_names(),)
    assert not one.without_names().episode_title


def test_the_newest_500_are_kept() -> None:
    summary = merge(Summary(), {e.id: e for e in full(MAX_ENGAGEMENTS + 100)})
    assert [e.id for e in summary.engagements] == [
        e.id for e in full(MAX_ENGAGEMENTS + 100)[:99:-1]
    ]
    assert not summary.incomplete
    assert len(pack(summary.engagements)) < 40_000


@pytest.mark.parametrize(
    ("kept", "change", "incomplete"),
    [
        (MAX_ENGAGEMENTS, {"0100": None}, True),
        (MAX_ENGAGEMENTS, {"unknown": None}, False),
        (MAX_ENGAGEMENTS - 1, {"0100": None}, False),
        (
            MAX_ENGAGEMENTS,
            {"0100": Engagement(id="0100", episode_id="x", type="like", timestamp_us=-5)},
            True,
        ),
        (
            MAX_ENGAGEMENTS,
            {"0100": Engagement(id="0100", episode_id="x", type="like", timestamp_us=9)},
            False,
        ),
        (
            MAX_ENGAGEMENTS,
            {"new": Engagement(id="new", episode_id="x", type="like", timestamp_us=-5)},
            False,
        ),
    ],
)
def test_a_summary_knows_when_something_cut_off_may_have_been_uncovered(
    kept: int, change: Any, incomplete: bool
) -> None:
    assert merge(Summary(engagements=newest(full(kept))), change).incomplete is incomplete


def test_a_summary_takes_all_of_a_profile_but_the_display_name() -> None:
    profile = Profile(display_name="Ada", muted_series=("s",))
    assert with_profile(Summary(), profile).profile == Profile(muted_series=("s",))
    assert with_profile(Summary(), Profile(display_name="Ada")).is_empty


def test_a_document_can_be_read_by_people() -> None:
    document = to_document(Summary(engagements=newest(full(2)), profile=Profile(languages=("en",))))
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
def test_a_document_that_is_no_summary_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(SummaryError):
        from_document(document)
