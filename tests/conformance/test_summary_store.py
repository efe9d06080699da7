"""The contract of stores of users. An adapter passes by a subclass that opens it."""

import asyncio
from collections.abc import Callable
from typing import Any, Self
from unittest.mock import ANY

import pytest

from feed.model import limits
from feed.model.engagement import (
    ENGAGEMENT_TYPES,
    MAX_ENGAGEMENTS,
    PROFILE_LISTS,
    Engagement,
    Profile,
    Summary,
    newest,
    newest_first,
    with_profile,
)
from feed.ports.errors import Conflict
from feed.ports.users import StoreCounts, StoredSummary, SummaryStore
from feed.summary.document import to_document
from feed.summary.writer import refresh_summary
from functions.triggers.summary_updates import pause

OpenStore = Callable[[], SummaryStore]


def engagement(name: str, at: int = 0, **fields: Any) -> Engagement:
    return Engagement(
        **{"id": name, "episode_id": "x", "type": "click", "timestamp_us": at, **fields}
    )


def summary_of(*names: str) -> Summary:
    return Summary(engagements=newest(engagement(name) for name in names))


class Writers:
    """Three tasks that store engagements of `u` with ascending ids until the block ends."""

    def __init__(self, open_store: OpenStore, *, summarise: bool = False) -> None:
        self._opened = open_store
        self._summarise = summarise
        self._done: asyncio.Queue[int] = asyncio.Queue()
        self._stopped = False
        self.begun = 0
        """number of engagements that were begun"""

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._write(self._opened())) for _ in range(3)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopped = True
        await asyncio.gather(*self._tasks)

    async def acknowledged(self, count: int, *, begun_from: int = 0) -> set[str]:
        """The next `count` stored ids, of engagements begun at a number or later."""
        found: set[str] = set()
        while len(found) < count:
            if (number := await self._done.get()) >= begun_from:
                found.add(f"{number:06}")
        return found

    async def _write(self, store: SummaryStore) -> None:
        while not self._stopped:
            number, self.begun = self.begun, self.begun + 1
            await store.put_engagement("u", engagement(f"{number:06}", at=number))
            if self._summarise:
                await refresh_summary(store, "u", [f"{number:06}"], pause=pause)
            self._done.put_nowait(number)


class SummaryStoreContract:
    """The suite. `open_store` opens the same store again, as another process would."""

    remembers_deletions = False
    """whether the time of a deletion stays, and with it the user's id"""

    def spoil_summary(self, data: bytes) -> None:
        """Store bytes that are no summary in place of that of the user `u`."""
        raise NotImplementedError

    async def test_an_unknown_user_has_nothing(self, open_store: OpenStore) -> None:
        store = open_store()
        assert await store.read_summary("u") is None
        assert await store.read_profile("u") == Profile()
        assert await store.newest_engagements("u", 10) == []
        assert await store.read_engagements("u", ["a"]) == {"a": None}
        assert not await store.delete_engagement("u", "a")
        assert (await store.delete_engagements("u")).ids == []
        assert not await store.delete_profile("u")
        left = int(self.remembers_deletions)
        assert await store.users(10) == ["u"][:left]
        assert await store.count() == StoreCounts(profiles=left, summaries=0, engagements=0)

    async def test_an_engagement_comes_back_as_it_was(self, open_store: OpenStore) -> None:
        for kind in ENGAGEMENT_TYPES:
            one = engagement(
                f"é-{kind}",
                at=-5,
                type=kind,
                episode_id="🎧 " + "x" * 400,
                progress=1 / 3,
                episode_title="Título",
                series_name="S",
            )
            await open_store().put_engagement("u", one)
            assert await open_store().read_engagements("u", [one.id]) == {one.id: one}

    async def test_the_same_id_twice_is_one_engagement(self, open_store: OpenStore) -> None:
        store = open_store()
        await store.put_engagement("u", engagement("a", 1))
        await store.put_engagement("u", engagement("a", 2, type="like"))
        assert await store.newest_engagements("u", 10) == [engagement("a", 2, type="like")]

    @pytest.mark.parametrize("limit", [1, 2, 3, 5, 7, 100])
    async def test_engagements_are_listed_newest_first_and_page_by_page(
        self, open_store: OpenStore, limit: int
    ) -> None:
        some = [engagement(f"é{i}" if i % 3 else f"{i:02}", at=i // 5) for i in range(12)]
        store = open_store()
        await asyncio.gather(*(store.put_engagement("u", one) for one in some))
        listed: list[Engagement] = []
        after = None
        while page := await store.newest_engagements("u", limit, after):
            listed += page
            after = (page[-1].timestamp_us, page[-1].id)
        assert listed == sorted(some, key=newest_first)

    async def test_engagements_are_read_by_id_and_deleted_together(
        self, open_store: OpenStore
    ) -> None:
        some = [engagement(f"{i:02}", at=i * 7 % 10, progress=i / 20) for i in range(20)]
        store = open_store()
        await asyncio.gather(*(store.put_engagement("u", one) for one in some))
        assert await store.newest_engagements("u", 20) == sorted(some, key=newest_first)
        found = await store.read_engagements("u", [one.id for one in some] + ["nowhere"])
        assert found == {one.id: one for one in some} | {"nowhere": None}
        removed = await store.delete_engagements("u")
        assert sorted(removed.ids) == [one.id for one in some]
        assert await store.newest_engagements("u", 20) == []

    async def test_users_are_kept_apart(self, open_store: OpenStore) -> None:
        store = open_store()
        await store.put_engagement("u", engagement("a"))
        await store.update_profile("u", {"languages": ("en",)})
        await store.write_summary("u", summary_of("a"), None)
        assert await store.read_summary("v") is None
        assert await store.read_profile("v") == Profile()
        assert await store.newest_engagements("v", 10) == []
        await store.delete_engagements("v")
        await store.delete_profile("v")
        assert len(await store.newest_engagements("u", 10)) == 1
        assert (await store.read_profile("u")).languages == ("en",)

    @pytest.mark.parametrize("limit", [1, 3, 100])
    async def test_users_are_listed_by_id_whatever_there_is_of_them(
        self, open_store: OpenStore, limit: int
    ) -> None:
        names = ["Z", "a", "a!", "a-", "ab", "b c", "z", "é", "\ufffd", "🎧"]
        store = open_store()
        for place, uid in enumerate(reversed(names)):
            if place % 4 in {0, 3}:
                await store.put_engagement(uid, engagement("a"))
                await store.put_engagement(uid, engagement("b"))
            if place % 4 in {1, 3}:
                await store.update_profile(uid, {"languages": ("en",)})
            if place % 4 in {2, 3}:
                await store.write_summary(uid, summary_of("a"), None)
        listed: list[str] = []
        while page := await open_store().users(limit, listed[-1] if listed else None):
            assert len(page) <= limit
            listed += page
        assert listed == names
        assert await store.users(10, "b") == names[5:]
        assert await store.count() == StoreCounts(profiles=5, summaries=4, engagements=10)

    async def test_pages_of_users_stay_in_place_while_some_come_and_go(
        self, open_store: OpenStore
    ) -> None:
        store = open_store()
        for uid in "bdfh":
            await store.put_engagement(uid, engagement("a"))
        assert await store.users(2) == ["b", "d"]
        for uid in "acei":
            await store.put_engagement(uid, engagement("a"))
        await store.delete_engagements("d")
        await store.delete_engagements("h")
        left = [*"efhi"] if self.remembers_deletions else [*"efi"]
        assert await store.users(4, "d") == left
        assert await store.users(3, "i") == []

    async def test_a_profile_is_changed_field_by_field(self, open_store: OpenStore) -> None:
        await open_store().update_profile("u", {"display_name": "Ada", "languages": ("en",)})
        profile = await open_store().update_profile("u", {"languages": ()})
        assert profile == Profile(display_name="Ada") == await open_store().read_profile("u")
        assert await open_store().delete_profile("u")
        assert await open_store().read_profile("u") == Profile()

    async def test_a_deletion_ends_while_more_is_written_and_says_until_when_all_is_gone(
        self, open_store: OpenStore
    ) -> None:
        store = open_store()
        async with Writers(open_store) as writers:
            asked = await writers.acknowledged(10)
            removal = await store.delete_engagements("u")
            later = await writers.acknowledged(10, begun_from=writers.begun)
        left = {one.id for one in await store.newest_engagements("u", 10_000)}
        assert set(removal.ids) >= asked
        assert not left & set(removal.ids)
        assert left >= later
        again = await store.delete_engagements("u")
        assert again.until_us > removal.until_us
        assert set(again.ids) == left

    async def test_a_summary_is_rebuilt_beside_writers_that_never_stop(
        self, open_store: OpenStore
    ) -> None:
        store = open_store()
        async with Writers(open_store, summarise=True) as writers:
            await writers.acknowledged(6)
            removal = await store.delete_engagements("u")
            await refresh_summary(store, "u", rebuild=True, pause=pause)
        await refresh_summary(store, "u", rebuild=True)
        stored = await store.read_summary("u")
        exist = newest(await store.newest_engagements("u", MAX_ENGAGEMENTS))
        assert not {one.id for one in exist} & set(removal.ids)
        assert (stored and stored.summary) == (Summary(engagements=exist) if exist else None)

    async def test_the_largest_summary_that_the_limits_allow_is_stored_with_room_to_spare(
        self, open_store: OpenStore
    ) -> None:
        emoji = "\N{HEADPHONE}"
        entries = tuple(emoji * 127 + f"{i:04}" for i in range(limits.MAX_ENTRIES))
        profile = Profile(**dict.fromkeys(PROFILE_LISTS, entries))
        common = {"episode_id": emoji * 128, "progress": 1 / 3}
        some = [
            engagement(
                emoji * 31 + f"{i:04}",
                2**52 + i,
                type=ENGAGEMENT_TYPES[i % len(ENGAGEMENT_TYPES)],
                **common,
            )
            for i in range(MAX_ENGAGEMENTS)
        ]
        assert all(one.fits for one in some)
        whole = with_profile(Summary(engagements=newest(some), incomplete=True), profile)
        assert whole.profile == profile
        assert len(whole.engagements) == MAX_ENGAGEMENTS
        uid = emoji * 128
        assert bytes_in_firestore(uid, whole) < limits.DOCUMENT_BYTES - 150_000
        await open_store().write_summary(uid, whole, None)
        assert await open_store().read_summary(uid) == StoredSummary(whole, ANY)

    async def test_what_a_summary_cannot_hold_is_left_out_of_it_by_name(
        self, open_store: OpenStore
    ) -> None:
        too_long = engagement("e" * 129)
        kept = [engagement(f"{i}", at=i) for i in range(3)]
        store = open_store()
        for one in [*kept, too_long]:
            await store.put_engagement("u", one)
        await store.update_profile("u", {"followed_series": ("s" * 513, "short")})
        left_out = await refresh_summary(store, "u", ["0", too_long.id], profile=True)
        assert left_out == (too_long.id, "followed_series")
        await refresh_summary(store, "u", rebuild=True)
        assert await store.read_summary("u") == StoredSummary(
            Summary(engagements=newest(kept), profile=Profile(followed_series=("short",))), ANY
        )

    async def test_concurrent_changes_of_a_profile_are_all_kept(
        self, open_store: OpenStore
    ) -> None:
        fields = ["category_interests", "followed_series", "muted_series", "languages"]
        stores = [open_store() for _ in fields]
        await asyncio.gather(
            *(s.update_profile("u", {f: (f,)}) for s, f in zip(stores, fields, strict=True))
        )
        profile = await open_store().read_profile("u")
        assert all(getattr(profile, f) == (f,) for f in fields)

    async def test_a_summary_is_written_only_over_the_one_that_was_read(
        self, open_store: OpenStore
    ) -> None:
        store, other = open_store(), open_store()
        first = await store.write_summary("u", summary_of("a"), None)
        with pytest.raises(Conflict):
            await other.write_summary("u", summary_of("b"), None)
        second = await other.write_summary("u", summary_of("b"), first)
        with pytest.raises(Conflict):
            await store.write_summary("u", summary_of("c"), first)
        with pytest.raises(Conflict):
            await store.delete_summary("u", first)
        assert await store.read_summary("u") == StoredSummary(summary_of("b"), second)

    async def test_a_revision_never_comes_again_even_after_a_deletion(
        self, open_store: OpenStore
    ) -> None:
        store = open_store()
        seen = []
        for _ in range(3):
            seen.append(await store.write_summary("u", summary_of("a"), None))
            await store.delete_summary("u", seen[-1])
            assert await store.read_summary("u") is None
        assert len(set(seen)) == 3
        with pytest.raises(Conflict):
            await store.delete_summary("u", seen[0])

    async def test_of_20_writes_over_one_revision_one_succeeds(self, open_store: OpenStore) -> None:
        store = open_store()
        for revision in (None, await store.write_summary("v", summary_of("first"), None)):
            uid = "u" if revision is None else "v"
            results = await asyncio.gather(
                *(store.write_summary(uid, summary_of(f"{i}"), revision) for i in range(20)),
                return_exceptions=True,
            )
            won = [i for i, result in enumerate(results) if isinstance(result, str)]
            lost = [result for result in results if isinstance(result, Conflict)]
            assert (len(won), len(lost)) == (1, 19)
            stored = StoredSummary(summary_of(f"{won[0]}"), results[won[0]])
            assert await store.read_summary(uid) == stored

    @pytest.mark.parametrize("data", [b"", b"\x00", b"\x01\xff", b"\x01\x91\x95\xa1a"])
    async def test_a_damaged_summary_is_read_as_unreadable_and_rebuilt(
        self, open_store: OpenStore, data: bytes
    ) -> None:
        store = open_store()
        await store.put_engagement("u", engagement("a"))
        await store.write_summary("u", summary_of("a"), None)
        self.spoil_summary(data)
        damaged = await store.read_summary("u")
        assert damaged is not None
        assert damaged.summary is None
        await refresh_summary(store, "u", ["a"])
        assert await store.read_summary("u") == StoredSummary(summary_of("a"), ANY)
        with pytest.raises(Conflict):
            await store.delete_summary("u", damaged.revision)

    async def test_20_writers_at_once_leave_the_summary_exact(self, open_store: OpenStore) -> None:
        some = [engagement(f"{i:02}", i % 4) for i in range(20)]

        async def engage(store: SummaryStore, one: Engagement) -> None:
            await store.put_engagement("u", one)
            await refresh_summary(store, "u", [one.id], pause=pause)
            if one.timestamp_us == 3:
                await store.delete_engagement("u", one.id)
                await refresh_summary(store, "u", [one.id, one.id], pause=pause)

        await asyncio.gather(*(engage(open_store(), one) for one in some))
        kept = newest(e for e in some if e.timestamp_us != 3)
        assert await open_store().read_summary("u") == StoredSummary(Summary(engagements=kept), ANY)


def bytes_in_firestore(uid: str, summary: Summary) -> int:
    """The size of a summary's document by firebase.google.com/docs/firestore/storage-size."""

    def size(value: Any) -> int:
        match value:
            case str():
                return len(value.encode()) + 1
            case bytes():
                return len(value)
            case bool() | None:
                return 1
            case int():
                return 8
            case list():
                return sum(map(size, value))
            case dict():
                return sum(size(name) + size(one) for name, one in value.items())
        raise TypeError(value)

    path = ("users", uid, "earshot", "summary")
    return sum(map(size, path)) + 16 + size(to_document(summary)) + 32
