"""A Firestore that is out of reach is unavailable in time."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.firestore import listing
from adapters.firestore.users import FirestoreStore
from emulators.firestore import FirestoreEmulator
from feed.ports.errors import Unavailable
from feed.ports.users import SummaryStore
from tests.conformance.test_summary_store import engagement, summary_of
from tests.support.timing import within

Call = Callable[[SummaryStore], Any]
CALLS: dict[str, Call] = {
    "read_summary": lambda s: s.read_summary("u"),
    "create_summary": lambda s: s.write_summary("u", summary_of("a"), None),
    "write_summary": lambda s: s.write_summary("u", summary_of("a"), "2026-01-01T00:00:00Z"),
    "delete_summary": lambda s: s.delete_summary("u", "2026-01-01T00:00:00Z"),
    "read_engagements": lambda s: s.read_engagements("u", ["a"]),
    "newest_engagements": lambda s: s.newest_engagements("u", 10, (5, "a")),
    "put_engagement": lambda s: s.put_engagement("u", engagement("a")),
    "delete_engagement": lambda s: s.delete_engagement("u", "a"),
    "delete_engagements": lambda s: s.delete_engagements("u"),
    "read_profile": lambda s: s.read_profile("u"),
    "update_profile": lambda s: s.update_profile("u", {"display_name": "Ada"}),
    "delete_profile": lambda s: s.delete_profile("u"),
    "users": lambda s: s.users(10, "u"),
    "count": lambda s: s.count(),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    ("outage", "timeout_s", "count_s"),
    [("hanging_firestore", 0.1, 0.1), ("unreachable_firestore", 5.0, listing.COUNT_S)],
)
async def test_every_call_is_unavailable_in_time(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    call: Call,
    outage: str,
    timeout_s: float,
    count_s: float,
) -> None:
    monkeypatch.setattr(listing, "COUNT_S", count_s)
    store = FirestoreStore(request.getfixturevalue(outage), timeout_s=timeout_s)
    least_s = 0.08 if outage == "hanging_firestore" else 0
    with within(4, at_least_s=least_s), pytest.raises(Unavailable, match="Firestore cannot"):
        await call(store)


@pytest.mark.usefixtures("hanging_firestore")
async def test_a_session_that_waits_no_longer_leaves_a_store_that_works(
    firestore_emulator: FirestoreEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FirestoreStore("demo-nowhere")
    with within(1), pytest.raises(TimeoutError):
        async with asyncio.timeout(0.25):
            await store.read_summary("u")
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator.host)
    await store.close()
    assert await store.read_summary("u") is None


async def test_without_credentials_it_is_unavailable_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    store = FirestoreStore("demo-nowhere", timeout_s=1)
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"none\.json"):
            await store.read_summary("u")
