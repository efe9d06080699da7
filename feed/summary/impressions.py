"""Recording impressions: what a user saw joins the summary, as a union."""

from collections.abc import Iterable

import msgspec

from feed.model.engagement import Summary
from feed.model.impressions import Impression, merge_readable
from feed.ports.errors import Conflict
from feed.ports.users import SeenAccess, StoredSummary
from feed.summary.writer import ATTEMPTS, Unsettled


def with_seen(summary: Summary, seen: Iterable[Impression]) -> Summary:
    """The summary with further impressions; those that it holds and cannot read are dropped."""
    return msgspec.structs.replace(summary, seen=merge_readable(summary.seen, seen))


async def record_impressions(
    store: SeenAccess, uid: str, seen: Iterable[Impression], stored: StoredSummary | None
) -> None:
    """Add impressions to a user's summary, of which `stored` was read.

    A summary with an empty revision is not stored yet. Writes nothing if the summary has them all,
    or is unreadable: the next writer rebuilds it.
    Raises `Unavailable`, and `Unsettled` if other writers were faster in all attempts.
    """
    seen = tuple(seen)
    for _ in range(ATTEMPTS):
        if stored is not None and stored.summary is None:
            return
        base = stored.summary if stored and stored.summary else Summary()
        wanted = with_seen(base, seen)
        if wanted == base:
            return
        try:
            await store.write_seen(uid, wanted, (stored.revision or None) if stored else None)
        except Conflict:
            stored = await store.read_summary(uid)
        else:
            return
    raise Unsettled(
        f"impressions: other writers changed the summary in each of {ATTEMPTS} attempts"
    )
