"""The one writer of summaries: reads what an event names, merges it, and writes conditionally.

Events say which engagement changed, never what it became. So any number of writers may run at
once, in any order, and the law in `feed.model.engagement` holds. Three rules carry it:

1. A write is conditional on the summary that was read; a writer that loses starts again.
2. After a write comes another pass, until one finds nothing to change: what was read may have
   changed back meanwhile, and the writer of that event may have found nothing to do.
3. Where an older engagement, cut off before, may belong in the summary, the newest engagements are
   read and stored with the mark `incomplete`. While it stands, every writer reads the newest again
   and writes them without it. So a change before that read is in it, and the writer of a later
   change either loses against this write or starts after it. If a writer dies in between, the mark
   stays, and the next writer goes on from there.

A rebuild reads for longer than other writers do, so beside many of them it would lose every time.
After some lost writes it stores the mark alone, which takes no reading: from then on every writer
reads the newest, the rebuild's own work. Where no summary is stored, a rebuild begins with that, so
that it reads the newest once and not twice.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence

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
from feed.model.impressions import Impression, merge_readable
from feed.ports.errors import Conflict, Refused
from feed.ports.users import StoredSummary, SummaryAccess

ATTEMPTS = 50
"""passes after which a writer gives up with `Unsettled`; its caller may try again later"""

PATIENCE = 3
"""lost writes after which a rebuild stores the mark `incomplete` before it reads"""


class Unsettled(Refused):
    """The summary changed at every attempt: other writers were faster."""


async def no_pause(_conflicts: int) -> None:
    """Do not wait after a lost write: the default `pause` of `refresh_summary`."""


async def refresh_summary(
    store: SummaryAccess,
    uid: str,
    engagement_ids: Iterable[str] = (),
    *,
    profile: bool = False,
    rebuild: bool = False,
    seen: Sequence[Impression] = (),
    forget_seen: bool = False,
    pause: Callable[[int], Awaitable[None]] = no_pause,
) -> tuple[str, ...]:
    """Bring a user's summary up to date with some engagements, by id, and with the profile.

    Writes only what changed, deletes a summary of which no more than what the user saw is left, and
    rebuilds an unreadable one.

    Args:
        store: where the user's data are.
        uid: the user.
        engagement_ids: the engagements that changed or were deleted.
        profile: whether the profile changed.
        rebuild: whether to read the newest engagements all over again.
        seen: what the user saw, to store with it; not if the summary is deleted meanwhile.
        forget_seen: whether to forget what the user saw, since the user's data were deleted.
        pause: awaited after each lost write, with the number of lost writes so far.

    Returns:
        Ids of engagements and names of profile fields that do not fit in a summary, for the log.

    Raises:
        Unavailable: the store did not answer.
        Unsettled: other writers were faster in all of `ATTEMPTS` passes.
    """
    names = sorted(set(engagement_ids))
    stored = await store.read_summary(uid)
    mark_first = rebuild and stored is None and bool(await store.newest_engagements(uid, 1))
    conflicts = 0
    left_out: tuple[str, ...]
    for _ in range(ATTEMPTS):
        unreadable = stored is not None and stored.summary is None
        base = stored.summary if stored and stored.summary else Summary(incomplete=unreadable)
        if rebuild and (mark_first or conflicts >= PATIENCE) and not base.incomplete:
            wanted, left_out = msgspec.structs.replace(base, incomplete=True), ()
        else:
            wanted, left_out = await _updated(
                store, uid, base, names, profile=profile or unreadable, rebuild=rebuild
            )
        if seen:
            wanted = msgspec.structs.replace(wanted, seen=merge_readable(wanted.seen, seen))
        # What was seen has no events of its own: it goes with the last of what has.
        if forget_seen or (wanted.has_only_seen and not base.has_only_seen):
            wanted = msgspec.structs.replace(wanted, seen=b"")
        settled = stored is None if wanted.is_empty else wanted == base
        if settled:
            return left_out
        try:
            stored = await _write(store, uid, wanted, stored)
        except Conflict:
            conflicts += 1
            await pause(conflicts)
            before, stored = stored, await store.read_summary(uid)
            if before and not stored:
                seen = ()
        else:
            # If the mark is or was stored, the writer that removes it reads the newest anyway.
            rebuild = rebuild and not (wanted.incomplete or base.incomplete)
    raise Unsettled(f"summary: other writers changed it in each of {ATTEMPTS} attempts")


async def _updated(
    store: SummaryAccess, uid: str, base: Summary, names: list[str], *, profile: bool, rebuild: bool
) -> tuple[Summary, tuple[str, ...]]:
    """What the summary should be now, and what does not fit in it (ids and field names)."""
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
        exist = await _read_newest(store, uid)
        changed = exist != base.engagements
        wanted = msgspec.structs.replace(
            wanted, engagements=exist, incomplete=changed and not base.incomplete
        )
    return wanted, tuple(left_out)


async def _read_newest(store: SummaryAccess, uid: str) -> tuple[Engagement, ...]:
    """The newest stored engagements that fit in a summary."""
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
