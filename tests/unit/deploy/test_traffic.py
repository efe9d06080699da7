"""Which revisions get which share of the traffic."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.traffic import back, hold, latest, share

TIMES = {"a": "2026-11-01T10:00:00Z", "b": "2026-11-02T10:00:00Z", "c": "2026-11-03T10:00:00Z"}


def service(newest: str, **shares: int) -> dict[str, Any]:
    traffic: list[dict[str, Any]] = [{"revisionName": newest, "tag": "preview"}]
    traffic += [{"revisionName": name, "percent": percent} for name, percent in shares.items()]
    return {"status": {"latestReadyRevisionName": newest, "traffic": traffic}}


def revisions(**ready: str) -> list[dict[str, Any]]:
    return [
        {
            "metadata": {"name": name, "creationTimestamp": TIMES[name]},
            "status": {"conditions": [{"type": "Ready", "status": one}]},
        }
        for name, one in ready.items()
    ]


ALL = revisions(a="True", b="True", c="True")


def test_a_share_is_taken_from_the_older_version_with_most_traffic() -> None:
    assert share(service("c", b=100), 10) == "c=10,b=90"
    assert share(service("c", a=30, b=60, c=10), 50) == "c=50,b=50"
    assert share(service("c", c=80, b=20), 90) == "c=90,b=10"
    with pytest.raises(ValueError, match="no version is newer"):
        share(service("c", c=100), 10)


def test_going_back_is_to_the_older_version_that_is_ready() -> None:
    assert back(service("c", c=100), ALL) == "b=100"
    assert back(service("c", b=100), ALL) == "a=100"
    assert back(service("c", c=90, a=10), ALL) == "a=100"
    assert back(service("c", c=100), revisions(a="True", b="False", c="True")) == "a=100"
    with pytest.raises(ValueError, match="no earlier version"):
        back(service("a", a=100), ALL)


@given(first=st.integers(1, 99), percent=st.integers(1, 99))
def test_all_traffic_is_always_given_to_somebody(first: int, percent: int) -> None:
    one = service("c", b=first, c=100 - first)
    assert hold(one) == ""
    given_to = dict(part.split("=") for part in share(one, percent).split(","))
    assert sum(map(int, given_to.values())) == 100
    assert latest(one) == "LATEST=100"
    assert latest(service("c", c=first)) == ""
