"""The contract of leases: one holder at a time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.folder.leases import FolderLeases
from adapters.gcs.leases import GcsLeases
from emulators.storage.server import StorageEmulator
from feed.ports.builds import Lease, Leases
from feed.ports.errors import Conflict, NotFound
from tests.support.buckets import PREFIX, overwrite
from tests.support.timing import run_at_once

T = 30.0


class LeasesContract:
    """The suite. `open_leases` opens the same leases again, as another process would."""

    @pytest.fixture
    def leases(self, open_leases: Callable[[], Leases]) -> Leases:
        return open_leases()

    def test_of_many_contenders_one_gets_the_lease(
        self, open_leases: Callable[[], Leases], leases: Leases
    ) -> None:
        def acquire(number: int) -> Lease:
            return open_leases().acquire("build", f"o{number}", 60, 1000, T)

        won, lost = run_at_once(acquire, 12)
        assert len(won) == 1
        assert [type(error) for error in lost] == [Conflict] * 11
        with pytest.raises(Conflict, match=f"held by {won[0].owner}, for 55 s"):
            leases.acquire("build", won[0].owner, 60, 1005, T)
        leases.acquire("something else", "o", 60, 1005, T)

    def test_what_is_released_is_free(self, leases: Leases) -> None:
        lease = leases.acquire("build", "one", 60, 1000, T)
        leases.release(lease, T)
        assert leases.acquire("build", "two", 60, 1001, T).owner == "two"

    def test_what_has_expired_is_taken_over_by_one(self, leases: Leases) -> None:
        leases.acquire("build", "one", 60, 1000, T)
        won, lost = run_at_once(lambda n: leases.acquire("build", f"{n}", 60, 1060, T), 12)
        assert len(won) == 1
        assert [type(error) for error in lost] == [Conflict] * 11

    @pytest.mark.parametrize("is_released", [False, True], ids=["late", "second"])
    def test_a_late_or_second_release_does_not_release_another_holders_lease(
        self, leases: Leases, *, is_released: bool
    ) -> None:
        one = leases.acquire("build", "one", 60, 1000, T)
        if is_released:
            leases.release(one, T)
        leases.acquire("build", "two", 60, 1061, T)
        for _ in range(2):
            leases.release(one, T)
            with pytest.raises(Conflict, match="two"):
                leases.acquire("build", "three", 60, 1062, T)

    def test_a_name_that_leads_elsewhere_is_no_lease(self, leases: Leases) -> None:
        for name in ("", "../current", "a/b"):
            with pytest.raises(NotFound):
                leases.acquire(name, "one", 60, 1000, T)


class TestFolderLeases(LeasesContract):
    @pytest.fixture
    def open_leases(self, tmp_path: Path) -> Callable[[], Leases]:
        return lambda: FolderLeases(tmp_path / "shelf")

    def test_an_unreadable_lease_is_free(self, tmp_path: Path, leases: Leases) -> None:
        leases.acquire("build", "one", 60, 1000, T)
        (tmp_path / "shelf/leases/build.json").write_bytes(b"{")
        leases.acquire("build", "two", 60, 1000, T)


class TestGcsLeases(LeasesContract):
    @pytest.fixture
    def open_leases(self, bucket: str) -> Callable[[], Leases]:
        return lambda: GcsLeases(bucket, PREFIX)

    def test_a_lease_is_held_though_the_answer_was_lost(
        self, storage: StorageEmulator, leases: Leases
    ) -> None:
        storage.fail_next("status", method="POST", after=True)
        lease = leases.acquire("build", "one", 60, 1000, T)
        with pytest.raises(Conflict):
            leases.acquire("build", "two", 60, 1000, T)
        storage.fail_next("status", method="DELETE", after=True)
        leases.release(lease, T)
        leases.acquire("build", "two", 60, 1000, T)

    def test_an_unreadable_lease_is_free(
        self, storage: StorageEmulator, bucket: str, leases: Leases
    ) -> None:
        leases.acquire("build", "one", 60, 1000, T)
        overwrite(storage, bucket, f"{PREFIX}/leases/build.json", b"{")
        leases.acquire("build", "two", 60, 1000, T)
