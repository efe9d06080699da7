"""Recording impressions: what a user saw joins the summary as a union, and is forgotten with it."""

from collections.abc import Callable, Iterable

import msgspec

from feed.model.engagement import Summary
from feed.model.impressions import Impression, merge_readable
from feed.ports.errors import Conflict, Refused
from feed.ports.users import SeenAccess, StoredSummary
from feed.summary.writer import ATTEMPTS, Unsettled


async def record_impressions(
    store: SeenAccess,
    uid: str,
    seen: Iterable[Impression],
    stored: StoredSummary | None,
    merged: bytes | None = None,
) -> None:
    """Add impressions to a user's summary, of which `stored` was read.

    `merged` is their union with those of `stored`, if it was made already. A summary with an empty
    revision is not stored yet. Packed impressions that cannot be read are
    dropped. Writes nothing if the summary has all of these, or if it is deleted meanwhile: they are
    older than the deletion.
    Raises `Refused` if the summary is unreadable, until the next writer rebuilds it, `Unavailable`,
    and `Unsettled` if other writers were faster in all attempts.
    """
    seen = tuple(seen)
    known = stored.summary.seen if stored and stored.summary else b""

    def union(packed: bytes) -> bytes:
        return merged if merged is not None and packed == known else merge_readable(packed, seen)

    await _change_seen(store, uid, union, stored)


async def forget_impressions(store: SeenAccess, uid: str, stored: StoredSummary | None) -> None:
    """Remove all impressions from a user's summary, of which `stored` was read.

    Raises `Unavailable`, and `Unsettled` if other writers were faster in all attempts.
    """
    if stored and stored.summary:  # an unreadable one is rebuilt without them
        await _change_seen(store, uid, lambda _: b"", stored)


async def _change_seen(
    store: SeenAccess, uid: str, change: Callable[[bytes], bytes], stored: StoredSummary | None
) -> None:
    if stored and not stored.revision:
        stored = None
    for _ in range(ATTEMPTS):
        base = stored.summary if stored else Summary()
        if base is None:
            raise Refused("impressions: the summary is unreadable until a writer rebuilds it")
        wanted = msgspec.structs.replace(base, seen=change(base.seen))
        if wanted == base:
            return
        try:
            await store.write_seen(uid, wanted, stored.revision if stored else None)
        except Conflict:
            before, stored = stored, await store.read_summary(uid)
            if before and not stored:
                return
        else:
            return
    raise Unsettled(
        f"impressions: other writers changed the summary in each of {ATTEMPTS} attempts"
    )
