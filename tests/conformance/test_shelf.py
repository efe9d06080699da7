"""The contract of shelves. An adapter passes by a subclass that opens it, and reads it raw."""

import hashlib
import json
import mmap
import os
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.folder import shelf as folder
from adapters.folder.shelf import FolderShelf
from catalog_builder.publish.publisher import publish
from feed.model.stored_texts import TextKind
from feed.ports.errors import Conflict, Damaged, DamagedPointer, NotFound, TooLarge, Unavailable
from feed.ports.shelf import LookTimes, Shelf, ShelfPointer
from feed.snapshot.codec import FORMAT
from functions.serving.catalog_holder import CatalogHolder
from tests.support.catalogs import NOW, catalog_of, episodes, overwrite
from tests.support.timing import run_at_once

T = 5.0


def put(shelf: Shelf, version: str, data: bytes = b"data") -> tuple[str, int, str]:
    """Store bytes; returns the arguments of `promote`: version, size and SHA-256."""
    shelf.put(version, data, T)
    return version, len(data), hashlib.sha256(data).hexdigest()


class ShelfContract:
    """The suite. `shelf` is empty; `other` is the same shelf, opened a second time."""

    def raw(self, version: str) -> bytes:
        """The stored bytes of a version, not read through the shelf."""
        raise NotImplementedError

    def spoil(self, version: str, data: bytes) -> None:
        """Store other bytes under a version, without the shelf."""
        raise NotImplementedError

    def spoil_pointer(self, data: bytes) -> None:
        """Store other bytes in place of the pointer, without the shelf."""
        raise NotImplementedError

    def remove(self, version: str) -> None:
        """Remove a version, even the current one."""
        raise NotImplementedError

    def remove_pointer(self) -> None:
        """Remove the pointer."""
        raise NotImplementedError

    def test_an_empty_shelf_points_nowhere(self, shelf: Shelf) -> None:
        assert shelf.current(T) is None
        assert shelf.entries(T) == []

    def test_an_index_lies_beside_its_snapshot_and_goes_with_it(self, shelf: Shelf) -> None:
        version, _, _ = put(shelf, "v1")
        digest = hashlib.sha256(b"index").hexdigest()
        with pytest.raises(NotFound):
            shelf.fetch_index(version, T, None, digest)
        for _ in range(2):
            shelf.put_index(version, b"index", T)
        assert bytes(shelf.fetch_index(version, T, 5, digest)) == b"index"
        assert [entry.version for entry in shelf.entries(T)] == [version]
        with pytest.raises(Conflict):
            shelf.put_index(version, b"other", T)
        with pytest.raises(TooLarge):
            shelf.fetch_index(version, T, 4, digest)
        with pytest.raises(Damaged):
            shelf.fetch_index(version, T, None, hashlib.sha256(b"other").hexdigest())
        shelf.delete(version, T)
        with pytest.raises(NotFound):
            shelf.fetch_index(version, T, None, digest)

    @pytest.mark.parametrize("kind", TextKind)
    def test_texts_lie_beside_their_snapshot_are_read_by_range_and_go_with_it(
        self, kind: TextKind, shelf: Shelf, other: Shelf
    ) -> None:
        version, _, _ = put(shelf, "v1")
        put(shelf, "v2")
        data = bytes(range(256)) * 8_000  # compressible, and yet stored as it is
        with pytest.raises(NotFound):
            shelf.fetch_texts(kind, version, 0, 1, T)
        for _ in range(2):
            shelf.put_texts(kind, version, data, T)
        assert other.fetch_texts(kind, version, 0, 64, T) == data[:64]
        assert (
            other.fetch_texts(kind, version, 1_000_001, 1_000_257, T) == data[1_000_001:1_000_257]
        )
        assert other.fetch_texts(kind, version, len(data) - 1, len(data), T) == data[-1:]
        assert other.fetch_texts(kind, version, 7, 7, T) == b""
        for start in (len(data) - 1, len(data) + 1):
            with pytest.raises(Damaged):
                other.fetch_texts(kind, version, start, len(data) + 2, T)
        with pytest.raises(Conflict):
            shelf.put_texts(kind, version, b"other", T)
        for _ in range(2):
            shelf.copy_texts(kind, version, "v2", T)
        assert [entry.version for entry in shelf.entries(T)] == [version, "v2"]
        shelf.delete(version, T)
        with pytest.raises(NotFound):
            shelf.fetch_texts(kind, version, 0, 1, T)
        with pytest.raises(NotFound):
            shelf.copy_texts(kind, version, "v3", T)
        assert other.fetch_texts(kind, "v2", 0, len(data), T) == data

    @pytest.mark.parametrize("kind", TextKind)
    def test_texts_are_never_replaced_by_those_of_another_version(
        self, kind: TextKind, shelf: Shelf
    ) -> None:
        for version in ("v1", "v2"):
            shelf.put_texts(kind, version, version.encode(), T)
        with pytest.raises(Conflict):
            shelf.copy_texts(kind, "v1", "v2", T)
        assert shelf.fetch_texts(kind, "v2", 0, 2, T) == b"v2"

    def test_what_is_put_is_stored_as_it_was_and_moves_no_pointer(self, shelf: Shelf) -> None:
        data = bytes(range(256)) * 1000
        shelf.put("v1", data, T)
        assert self.raw("v1") == data
        assert bytes(shelf.fetch("v1", T)) == data
        assert shelf.current(T) is None

    def test_the_same_bytes_may_be_put_twice_and_others_never(self, shelf: Shelf) -> None:
        put(shelf, "v1")
        put(shelf, "v1")
        with pytest.raises(Conflict):
            put(shelf, "v1", b"other")
        assert self.raw("v1") == b"data"

    def test_a_promotion_moves_the_pointer_for_every_reader(
        self, shelf: Shelf, other: Shelf
    ) -> None:
        one = put(shelf, "v1")
        pointer = shelf.promote(*one, 0, T)
        assert other.current(T) == pointer
        assert (pointer.version, pointer.size, pointer.sha256) == one
        assert pointer.generation != 0

    def test_a_promotion_of_the_current_version_notes_another_look(self, shelf: Shelf) -> None:
        one = put(shelf, "v1")
        first = shelf.promote(*one, 0, T, LookTimes(3, 2, 1))
        second = shelf.promote(*one, first.generation, T, LookTimes(4, 2, 1))
        assert (first.looks, second.looks) == (LookTimes(3, 2, 1), LookTimes(4, 2, 1))
        assert shelf.current(T) == second != first

    def test_a_pointer_that_moved_meanwhile_is_not_moved_again(
        self, shelf: Shelf, other: Shelf
    ) -> None:
        first = shelf.promote(*put(shelf, "v1"), 0, T)
        second = other.promote(*put(other, "v2"), first.generation, T)
        for stale in (0, first.generation):
            with pytest.raises(Conflict):
                shelf.promote(*put(shelf, "v3"), stale, T)
        assert shelf.current(T) == second

    def test_a_version_that_is_not_there_is_not_found(self, shelf: Shelf) -> None:
        with pytest.raises(NotFound):
            shelf.fetch("v1", T)
        with pytest.raises(NotFound):
            shelf.promote("v1", 1, "", 0, T)
        shelf.delete("v1", T)

    def test_entries_are_listed_oldest_first(self, shelf: Shelf) -> None:
        for version in ("b", "c", "a"):
            put(shelf, version, version.encode() * 3)
        entries = shelf.entries(T)
        assert [e.version for e in entries] == ["b", "c", "a"]
        assert all(e.size == 3 and e.stored_at > 1e9 for e in entries)

    def test_what_is_deleted_is_gone_and_the_rest_stays(self, shelf: Shelf) -> None:
        put(shelf, "v1")
        put(shelf, "v2")
        shelf.delete("v1", T)
        assert [e.version for e in shelf.entries(T)] == ["v2"]

    def test_the_current_version_is_never_deleted(self, shelf: Shelf, other: Shelf) -> None:
        shelf.promote(*put(shelf, "v1"), 0, T)
        with pytest.raises(Conflict):
            other.delete("v1", T)
        assert self.raw("v1") == b"data"

    def test_what_is_larger_than_the_caller_can_take_is_not_read(self, shelf: Shelf) -> None:
        put(shelf, "v1", b"x" * 100)
        assert len(shelf.fetch("v1", T, max_bytes=100)) == 100
        with pytest.raises(TooLarge):
            shelf.fetch("v1", T, max_bytes=99)

    def test_bytes_are_checked_against_the_checksum_that_the_reader_has(self, shelf: Shelf) -> None:
        for data in (b"data", b"a line of text, again and again. " * 10_000):
            one = put(shelf, f"v{len(data)}", data)
            for _ in range(2):  # promoted, it may be known already
                assert bytes(shelf.fetch(one[0], T, one[1], one[2])) == data
                with pytest.raises(Damaged):
                    shelf.fetch(one[0], T, one[1], hashlib.sha256(b"other").hexdigest())
                pointer = shelf.current(T)
                shelf.promote(*one, pointer.generation if pointer else 0, T)

    def test_bytes_that_were_changed_after_they_were_promoted_are_damaged(
        self, shelf: Shelf, other: Shelf
    ) -> None:
        data = b"a line of text, again and again. " * 10_000
        pointer = shelf.promote(*put(shelf, "v1", data), 0, T)
        for spoiled in (data[:-1] + b"?", b"?" * len(data)):
            self.spoil("v1", spoiled)
            with pytest.raises(Damaged):
                other.fetch("v1", T, pointer.size, pointer.sha256)
        self.spoil("v1", data)
        assert bytes(other.fetch("v1", T, pointer.size, pointer.sha256)) == data

    def test_bytes_fetched_stay_readable_after_their_version_is_deleted(self, shelf: Shelf) -> None:
        put(shelf, "v1", b"x" * 100_000)
        data = shelf.fetch("v1", T)
        shelf.delete("v1", T)
        assert bytes(data) == b"x" * 100_000

    def test_of_many_publishers_at_once_one_wins_and_the_others_are_told(
        self, shelf: Shelf, open_shelf: Callable[[], Shelf]
    ) -> None:
        base = shelf.promote(*put(shelf, "base"), 0, T)

        def publish(number: int) -> ShelfPointer:
            mine = open_shelf()
            return mine.promote(*put(mine, f"v{number}", b"%d" % number), base.generation, T)

        won, lost = run_at_once(publish, 12)
        assert len(won) == 1
        assert [type(error) for error in lost] == [Conflict] * 11
        assert shelf.current(T) == won[0]
        assert len(shelf.entries(T)) == 13

    def test_a_name_that_leads_elsewhere_is_no_version(self, shelf: Shelf) -> None:
        for name in ("", "../current.json", "a/b", "."):
            with pytest.raises(NotFound):
                shelf.fetch(name, T)

    @pytest.mark.parametrize("nonsense", [b"", b"{", b"[]", bytes(64), b'{"version": "\xff"}'])
    def test_a_pointer_that_is_no_pointer_is_damaged_and_replaced_by_a_promotion(
        self, shelf: Shelf, nonsense: bytes
    ) -> None:
        first = shelf.promote(*put(shelf, "v1"), 0, T)
        self.spoil_pointer(nonsense)
        with pytest.raises(DamagedPointer, match="not a pointer") as raised:
            shelf.current(T)
        two = put(shelf, "v2")
        with pytest.raises(Conflict):
            shelf.promote(*two, first.generation, T)
        assert shelf.promote(*two, raised.value.generation, T) == shelf.current(T)

    def test_a_new_reader_finds_the_newest_sound_catalog_past_every_kind_of_damage(
        self, shelf: Shelf, open_shelf: Callable[[], Shelf]
    ) -> None:
        oldest, good, new = (catalog_of(episodes(60), NOW + timedelta(days=n)) for n in range(3))
        for one in (oldest, good, new):
            publish(shelf, one, force=True)
        snapshot, said = bytes(shelf.fetch(new.version, T)), shelf.current(T)
        newer_format = snapshot[:8] + (FORMAT + 1).to_bytes(4, "little") + snapshot[12:]

        def held() -> tuple[str, tuple[str, ...]]:
            holder = CatalogHolder(open_shelf(), {}, refresh_s=60)
            holder.load()
            assert holder.loaded
            return holder.loaded.catalog.version, holder.degraded

        for bad in (snapshot[:-1], snapshot[:20], b"", bytes(len(snapshot)), newer_format):
            self.spoil(new.version, bad)
            assert held() == (good.version, ("catalog_broken",))
        self.remove(new.version)
        assert held() == (good.version, ("catalog_broken",))
        self.spoil_pointer(b"{")
        assert held() == (good.version, ("catalog_broken",))
        self.remove_pointer()
        assert held() == (good.version, ("catalog_missing",))
        self.spoil(good.version, b"?")
        assert held() == (oldest.version, ("catalog_missing",))
        again = publish(shelf, new, force=True).pointer
        assert said
        assert (again.version, again.sha256) == (said.version, said.sha256)
        assert held() == (new.version, ())


class TestFolderShelf(ShelfContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "shelf"

    @pytest.fixture
    def open_shelf(self) -> Callable[[], Shelf]:
        return lambda: FolderShelf(self.folder)

    def raw(self, version: str) -> bytes:
        return (self.folder / "snapshots" / version).read_bytes()

    def spoil(self, version: str, data: bytes) -> None:
        overwrite(self.folder / "snapshots" / version, data)

    def spoil_pointer(self, data: bytes) -> None:
        (self.folder / "current.json").write_bytes(data)

    def remove(self, version: str) -> None:
        (self.folder / "snapshots" / version).unlink()

    def remove_pointer(self) -> None:
        (self.folder / "current.json").unlink()

    def test_a_write_that_was_cut_off_is_no_entry(self, shelf: Shelf) -> None:
        put(shelf, "v1")
        (self.folder / "snapshots" / ".writing-x").write_bytes(b"half")
        assert [e.version for e in shelf.entries(T)] == ["v1"]

    def test_a_lock_that_is_held_too_long_is_unavailable(self, shelf: Shelf) -> None:
        import fcntl  # noqa: PLC0415

        put(shelf, "v1")
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(Unavailable, match="held"):
                shelf.put("v2", b"", 0.05)

    def test_a_snapshot_is_mapped_and_never_written_in_place(self, shelf: Shelf) -> None:
        put(shelf, "v1")
        assert isinstance(shelf.fetch("v1", T), mmap.mmap)
        assert stat.S_IMODE((self.folder / "snapshots/v1").stat().st_mode) == 0o444

    def test_what_was_found_right_when_it_was_promoted_is_not_read_again(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one = put(shelf, "v1")
        shelf.promote(*one, 0, T)
        summed: list[Path] = []
        monkeypatch.setattr(folder, "_sha256", lambda _, path, __: summed.append(path) or one[2])
        assert bytes(shelf.fetch("v1", T, sha256=one[2])) == b"data"
        assert not summed
        os.utime(self.folder / "snapshots/v1")  # whatever it was, something changed
        assert bytes(shelf.fetch("v1", T, sha256=one[2])) == b"data"
        assert summed

    def test_a_pointer_of_an_earlier_release_is_read_and_its_snapshot_checked(
        self, shelf: Shelf
    ) -> None:
        version, size, sha256 = put(shelf, "v1")
        old = {"version": version, "size": size, "sha256": sha256, "generation": 7}
        (self.folder / "current.json").write_text(json.dumps(old))
        assert shelf.current(T) == ShelfPointer(**old)
        assert bytes(shelf.fetch("v1", T, size, sha256)) == b"data"
        self.spoil("v1", b"dato")
        with pytest.raises(Damaged):
            shelf.fetch("v1", T, size, sha256)
