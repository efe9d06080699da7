"""The writer around `merge`: reads what an event names, merges, writes on condition.

Events only say which engagement changed, never what it became. So any number of writers may run
at once and in any order, and the law in `feed.engagement` holds. Three rules carry it:

1. A write is conditional on the summary that was read; whoever loses starts again.
2. After a write comes another pass. It ends when one finds nothing to change, because what was
   read may have changed back meanwhile, seen only by a writer who found nothing to do.
3. Where a cut-off engagement may have been uncovered, the newest are read and stored with a mark
   (`incomplete`) that only a second, equal reading takes away. A writer that dies in between
   leaves the mark, and the next one goes on from there.
"""

from collections.abc import Awaitable, Callable, Iterable

import msgspec

from feed.engagement import KEPT, Summary, merge, newest, with_profile
from feed.ports import Conflict, Stored, SummaryAccess, Unavailable

ATTEMPTS = 50
"""Passes before a writer gives up with `Unavailable`, for its caller to try again later."""


async def no_pause(_conflicts: int) -> None:
    """Start again at once after a lost write."""


async def update_summary(
    store: SummaryAccess,
    uid: str,
    engagement_ids: Iterable[str] = (),
    *,
    profile: bool = False,
    rebuild: bool = False,
    pause: Callable[[int], Awaitable[None]] = no_pause,
) -> None:
    """Make the summary agree with the engagements named, and with the profile if it is named.

    `rebuild` reads the newest engagements whether or not anything was named. `pause` is awaited
    after each lost write with how many there were. A summary that cannot be read is rebuilt.
    Nothing changed, nothing is written; a summary of nothing is deleted, and none is created.
    Raises `Unavailable` when the store is, or after `ATTEMPTS` passes.
    """
    names = sorted(set(engagement_ids))
    stored = await store.read_summary(uid)
    conflicts = 0
    for _ in range(ATTEMPTS):
        unreadable = stored is not None and stored.summary is None
        base = stored.summary if stored and stored.summary else Summary(incomplete=unreadable)
        wanted = await _pass(
            store, uid, base, names, profile=profile or unreadable, rebuild=rebuild
        )
        settled = stored is None if wanted.empty else wanted == base
        if settled:
            return
        try:
            stored = await _write(store, uid, wanted, stored)
        except Conflict:
            conflicts += 1
            await pause(conflicts)
            stored = await store.read_summary(uid)
    raise Unavailable(f"the summary of {uid} is written by too many at once")


async def _pass(
    store: SummaryAccess, uid: str, base: Summary, names: list[str], *, profile: bool, rebuild: bool
) -> Summary:
    """What the summary should be, from what exists now."""
    wanted = merge(base, await store.read_engagements(uid, names)) if names else base
    if profile:
        wanted = with_profile(wanted, await store.read_profile(uid))
    if wanted.incomplete or rebuild:
        exist = newest(await store.newest_engagements(uid, KEPT))
        wanted = msgspec.structs.replace(
            wanted, engagements=exist, incomplete=exist != base.engagements
        )
    return wanted


async def _write(
    store: SummaryAccess, uid: str, wanted: Summary, stored: Stored | None
) -> Stored | None:
    if wanted.empty and stored is not None:
        await store.delete_summary(uid, stored.revision)
        return None
    revision = await store.write_summary(uid, wanted, stored.revision if stored else None)
    return Stored(wanted, revision)
