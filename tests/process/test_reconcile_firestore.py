"""`python -m operations.reconcile` on the real Firestore emulator."""

import asyncio
import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.firestore.users import FirestoreStore
from emulators.firestore import FirestoreEmulator
from feed.model.engagement import MAX_ENGAGEMENTS, Engagement, Summary
from operations.passes.checkpoint import Checkpoint
from operations.passes.cost import FirestorePrices, Meter
from operations.passes.run import RebuildRun, UserResult
from tests.support.counting_proxy import CountingProxy
from tests.support.drift_cases import CASES, assert_exact, found, seed
from tests.support.reconcile import Reconcile
from tests.support.rules import encoded

USERS = sorted(uid for uid in CASES if uid != "nobody")


@pytest.fixture
def reconcile(
    tmp_path: Path, firestore_project: str, firestore_emulator: FirestoreEmulator
) -> Reconcile:
    settings = {"STORE": "firestore", "FIREBASE_PROJECT": firestore_project}
    return Reconcile(tmp_path, FIRESTORE_EMULATOR_HOST=firestore_emulator.host, **settings)


@pytest.fixture
def drifted(firestore_project: str, firestore_emulator: FirestoreEmulator) -> FirestoreStore:
    """Every way in which a summary can be wrong, one unreadable, and some of an app's own."""
    store = FirestoreStore(firestore_project)
    asyncio.run(seed(store))
    unreadable = {
        "engagements": {"bytesValue": base64.b64encode(b"\xc1").decode()},
        "change": encoded({"shard": 0, "at": datetime.now(UTC)}),
    }
    firestore_emulator.write(firestore_project, "users/unreadable/earshot/summary", unreadable)
    firestore_emulator.write(firestore_project, "users/has-devices/devices/phone", {})
    firestore_emulator.write(firestore_project, "users/right/engagements/malformed", {})
    return store


def test_drift_of_every_kind_is_reported_and_repaired_and_gone_the_second_time(
    reconcile: Reconcile, drifted: FirestoreStore
) -> None:
    drift = found() | {"unreadable": {"unreadable": True, "summary_superfluous": True}}
    totals, reported, _ = reconcile.report("--check", code=4)
    assert (reported, totals["writes"]) == (drift, 0)
    totals, reported, _ = reconcile.report()
    assert reported == drift
    assert totals["users"] == len(USERS) + 2
    asyncio.run(assert_exact(drifted, [*CASES, "unreadable", "has-devices"]))
    again, reported, _ = reconcile.report()
    assert (reported, again["writes"]) == ({}, 0)


@pytest.mark.usefixtures("drifted")
def test_a_dry_run_counts_and_reads_no_user(reconcile: Reconcile, firestore_project: str) -> None:
    done = reconcile.run("--dry-run")
    assert done.returncode == 0, done.stderr
    known = sum(case.known for case in CASES.values())
    assert done.stdout.startswith(
        f"firestore: emulator of {firestore_project}: {known} profiles, 13 summaries, "
        f"{3 * known + 1} engagements: 13 users or more\n"
    )


def test_a_firestore_out_of_reach_is_said_plainly(tmp_path: Path) -> None:
    settings = {"STORE": "firestore", "FIREBASE_PROJECT": "demo-nowhere"}
    nowhere = Reconcile(tmp_path, FIRESTORE_EMULATOR_HOST="127.0.0.1:9", **settings)
    for kind in ("--dry-run", "--check"):
        done = nowhere.run(kind)
        assert done.returncode == 1
        assert "failed: Firestore cannot" in done.stderr
        assert "Traceback" not in done.stderr
    done = nowhere.run("--user", "ada")
    assert done.returncode == 1
    assert "ada: failed: Firestore cannot read a summary" in done.stdout


class TestCost:
    """What is counted, against what goes over the wire."""

    @pytest.fixture
    def proxy(
        self, firestore_emulator: FirestoreEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[CountingProxy]:
        proxy = CountingProxy(firestore_emulator.host)
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", proxy.host)
        yield proxy
        proxy.stop()

    @pytest.mark.parametrize("check", [True, False])
    def test_reads_and_writes_are_counted_as_they_are_billed(
        self, firestore_project: str, proxy: CountingProxy, check: bool
    ) -> None:
        findings: list[UserResult] = []

        async def work() -> Meter:
            store, meter = FirestoreStore(firestore_project), Meter(FirestorePrices())
            await seed(store)
            full = [
                Engagement(id=f"{i}", episode_id="x", type="like", timestamp_us=i)
                for i in range(MAX_ENGAGEMENTS + 20)
            ]
            await asyncio.gather(*(store.put_engagement("full", one) for one in full))
            await store.write_summary("full", Summary(engagements=tuple(full[:9])), None)
            proxy.calls.clear()
            proxy.documents_read = 0
            run = RebuildRun(store, meter, check=check)
            start = Checkpoint(store="", check=check)
            await run.all_users(start, lambda some, _: findings.extend(some))
            return meter

        meter = asyncio.run(work())
        assert {one.uid for one in findings if one.drift} == {*found(), "full"}
        # A query that finds nothing is billed as a read: two ends of the list of users, and the
        # engagements of the two who have none, before each of two writes or after one.
        assert meter.spent.reads == proxy.documents_read + 2 + 2 + 2
        assert meter.spent.writes == proxy.calls["Commit"]
