"""The writer around `merge`: reads what an event names, merges, writes on condition.

Events only say which engagement changed, never what it became. So any number of writers may run
at once and in any order, and the law in `feed.model.engagement` holds. Three rules carry it:

1. A write is conditional on the summary that was read; whoever loses starts again.
2. After a write comes another pass. It ends when one finds nothing to change, because what was
   read may have changed back meanwhile, seen only by a writer who found nothing to do.
3. Where a cut-off engagement may have been uncovered, the newest are read and stored with a mark
   (`incomplete`). While it stands no writer finds nothing to do: each reads the newest again and
   writes them without the mark. So whatever changed before that reading is in it, and whatever
   changes later has a writer that loses against this write, or starts after it. A writer that dies
   in between leaves the mark, and the next one goes on from there.
"""

from collections.abc import Awaitable, Callable, Iterable

import msgspec

from feed.model.engagement import (
    MAX_ENGAGEMENTS,
    PROFILE_LISTS,
    Engagement,
    Summary,
    merge,
    newest,
    with_profile,
)
from feed.ports.errors import Conflict, Unavailable
from feed.ports.users import StoredSummary, SummaryAccess

ATTEMPTS = 50
"""Passes before a writer gives up with `Unsettled`, for its caller to try again later."""


class Unsettled(Unavailable):
    """The summary was written by others each time: it changes faster than this writer can."""


async def no_pause(_conflicts: int) -> None:
    """Start again at once after a lost write."""


async def refresh_summary(
    store: SummaryAccess,
    uid: str,
    engagement_ids: Iterable[str] = (),
    *,
    profile: bool = False,
    rebuild: bool = False,
    pause: Callable[[int], Awaitable[None]] = no_pause,
) -> tuple[str, ...]:
    """Make the summary agree with the engagements named, and with the profile if it is named.

    `rebuild` reads the newest engagements whether or not anything was named. `pause` is awaited
    after each lost write with how many there were. A summary that cannot be read is rebuilt.
    Nothing changed, nothing is written; a summary of nothing is deleted, and none is created.
    Returns what was read and does not fit in a summary, for the log: ids and names of fields.
    Raises `Unavailable` when the store is, and `Unsettled` after `ATTEMPTS` passes.
    """
    names = sorted(set(engagement_ids))
    stored = await store.read_summary(uid)
    conflicts = 0
    for _ in range(ATTEMPTS):
        unreadable = stored is not None and stored.summary is None
        base = stored.summary if stored and stored.summary else Summary(incomplete=unreadable)
        wanted, left_out = await _pass(
            store, uid, base, names, profile=profile or unreadable, rebuild=rebuild
        )
        settled = stored is None if wanted.is_empty else wanted == base
        if settled:
            return left_out
        try:
            stored = await _write(store, uid, wanted, stored)
        except Conflict:
            conflicts += 1
            await pause(conflicts)
            stored = await store.read_summary(uid)
        else:
            # Once the mark is stored, or was followed by a reading, the writer that takes it away
            # has read everything anew.
            rebuild = rebuild and not (wanted.incomplete or base.incomplete)
    raise Unsettled("a summary is written by too many at once")


async def _pass(
    store: SummaryAccess, uid: str, base: Summary, names: list[str], *, profile: bool, rebuild: bool
) -> tuple[Summary, tuple[str, ...]]:
    """What the summary should be, from what exists now, and what does not fit in it."""
    wanted, left_out = base, []
    if names:
        changes = await store.read_engagements(uid, names)
        wanted = merge(base, changes)
        left_out += [name for name, one in changes.items() if one and not one.fits]
    if profile:
        whole = await store.read_profile(uid)
        wanted = with_profile(wanted, whole)
        left_out += [f for f in PROFILE_LISTS if getattr(wanted.profile, f) != getattr(whole, f)]
    if wanted.incomplete or rebuild:
        exist = await _newest(store, uid)
        changed = exist != base.engagements
        wanted = msgspec.structs.replace(
            wanted, engagements=exist, incomplete=changed and not base.incomplete
        )
    return wanted, tuple(left_out)


async def _newest(store: SummaryAccess, uid: str) -> tuple[Engagement, ...]:
    """The newest that exist and fit."""
    found: list[Engagement] = []
    after = None
    while (wanted := MAX_ENGAGEMENTS - len(found)) > 0:
        page = await store.newest_engagements(uid, wanted, after)
        found += [one for one in page if one.fits]
        if len(page) < wanted:
            break
        after = page[-1].timestamp_us, page[-1].id
    return newest(found)


async def _write(
    store: SummaryAccess, uid: str, wanted: Summary, stored: StoredSummary | None
) -> StoredSummary | None:
    if wanted.is_empty and stored is not None:
        await store.delete_summary(uid, stored.revision)
        return None
    revision = await store.write_summary(uid, wanted, stored.revision if stored else None)
    return StoredSummary(wanted, revision)
