"""Drift names every difference of a summary, and no other."""

import msgspec
import pytest

from feed.model.engagement import Summary
from feed.ports.users import StoredSummary
from operations.passes.drift import Drift, drift_between
from tests.support.drift_cases import CASES, RIGHT, found


@pytest.mark.parametrize("uid", found())
def test_drift_names_all_that_is_wrong(uid: str) -> None:
    case = CASES[uid]
    before = None if case.summary is None else StoredSummary(case.summary, "r")
    drift = drift_between(before, RIGHT if case.known else None)
    assert msgspec.json.decode(msgspec.json.encode(drift)) == case.drift
    assert drift.kinds == [name for name in Drift.__struct_fields__ if name in (case.drift or {})]
    assert all(kind.replace("_", " ") in str(drift) for kind in drift.kinds)


def test_an_unreadable_summary_has_no_further_drift_and_a_correct_one_has_none() -> None:
    unreadable = StoredSummary(None, "r")
    assert drift_between(unreadable, RIGHT) == Drift(unreadable=True)
    assert drift_between(unreadable, None) == Drift(unreadable=True, summary_superfluous=True)
    assert drift_between(StoredSummary(RIGHT, "r"), RIGHT) == Drift()
    assert not Drift().kinds


def test_drift_is_described_with_its_numbers() -> None:
    drift = drift_between(StoredSummary(CASES["much"].summary, "r"), Summary())
    said = "incomplete, engagements extra (2), profile (muted_series, languages)"
    assert str(drift) == said
