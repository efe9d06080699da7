"""The lease on Cloud Storage: one at a time."""

import pytest

from adapters.gcs_lease import GcsLeases, Lease
from feed.ports import Conflict, NotFound
from tests.support.buckets import PREFIX, _storage_server, all_at_once, bucket, overwrite, storage
from tests.support.strict_storage import StrictStorage

__all__ = ["_storage_server", "bucket", "storage"]


class TestLease:
    @pytest.fixture
    def leases(self, bucket: str) -> GcsLeases:
        return GcsLeases(bucket, PREFIX)

    def test_of_many_who_want_it_one_gets_it(self, bucket: str, leases: GcsLeases) -> None:
        def acquire(number: int) -> Lease:
            return GcsLeases(bucket, PREFIX).acquire("build", f"o{number}", 60, 1000, 30)

        won, lost = all_at_once(acquire, 12)
        assert len(won) == 1
        assert [type(error) for error in lost] == [Conflict] * 11
        with pytest.raises(Conflict, match=f"held by {won[0].owner}, for 55 s"):
            leases.acquire("build", won[0].owner, 60, 1005)
        leases.acquire("something else", "o", 60, 1005)

    def test_what_is_released_is_free(self, leases: GcsLeases) -> None:
        lease = leases.acquire("build", "one", 60, 1000)
        leases.release(lease)
        assert leases.acquire("build", "two", 60, 1001).owner == "two"

    def test_what_has_expired_is_taken_over_by_one(self, leases: GcsLeases) -> None:
        leases.acquire("build", "one", 60, 1000)
        won, lost = all_at_once(lambda n: leases.acquire("build", f"{n}", 60, 1060, 30), 12)
        assert len(won) == 1
        assert [type(error) for error in lost] == [Conflict] * 11

    def test_who_releases_too_late_releases_nobody_elses(self, leases: GcsLeases) -> None:
        late = leases.acquire("build", "one", 60, 1000)
        leases.acquire("build", "two", 60, 1061)
        leases.release(late)
        with pytest.raises(Conflict, match="two"):
            leases.acquire("build", "three", 60, 1062)
        leases.release(late)

    def test_who_got_it_and_lost_the_answer_has_it(
        self, storage: StrictStorage, leases: GcsLeases
    ) -> None:
        storage.break_next("status", method="POST", after=True)
        lease = leases.acquire("build", "one", 60, 1000)
        storage.break_next("status", method="DELETE", after=True)
        leases.release(lease)
        leases.acquire("build", "two", 60, 1000)

    def test_what_says_nothing_is_held_by_nobody(
        self, storage: StrictStorage, bucket: str, leases: GcsLeases
    ) -> None:
        leases.acquire("build", "one", 60, 1000)
        overwrite(storage, bucket, f"{PREFIX}/leases/build.json", b"{")
        leases.acquire("build", "two", 60, 1000)

    def test_a_name_that_leads_elsewhere_is_no_lease(self, leases: GcsLeases) -> None:
        for name in ("", "../current", "a/b"):
            with pytest.raises(NotFound):
                leases.acquire(name, "one", 60, 1000)
