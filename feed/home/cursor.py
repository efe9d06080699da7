"""Cursor: the rest of all shelves of a home page as one signed token.

It never changes: a shelf is continued from it by the number of its episodes that were shown, so
that shelves do not wait for each other, and a call that is sent again gets what it got before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from feed.arrays.arrays import HashArray, in_sorted
from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.home.page import HomePage, Shelf, joined
from feed.scenarios.experiment import Assignment
from feed.session.cursor import CursorPayload, check_expiry, seal_payload, unseal_payload
from feed.session.state import Queue, Session

_PURPOSE = "home"


class UnknownShelf(ValueError):
    """A cursor has no shelf of this id."""


class ShelfRest(msgspec.Struct, frozen=True, array_like=True):
    """A shelf whose rest a cursor holds."""

    id: str
    shown: int
    """number of its episodes in the first answer"""
    count: int
    """number of its episodes in the cursor"""
    is_of_series: bool = False


class HomePayload(msgspec.Struct, frozen=True, array_like=True):
    """What a token holds of a home page."""

    session: CursorPayload
    """the rests of all shelves, one after another, as the rest of one session"""
    shelves: tuple[ShelfRest, ...]
    """in the same order"""


@dataclass(frozen=True, kw_only=True)
class ShelfPage:
    """The next episodes of one shelf."""

    session_id: str
    shelf: str
    scenario: str
    experiment: Assignment | None
    degraded: tuple[str, ...]
    queue: Queue
    is_of_series: bool
    """whether `queue.rows` are indices of the catalog's series"""
    positions: tuple[int, ...]
    """place of each in its shelf, from 1"""
    total: int
    """number of episodes on the whole shelf"""
    shown: int
    """number of its places up to the end of this page"""
    remaining: int
    """number of episodes that follow"""


def seal_home(
    page: HomePage,
    catalog: Catalog,
    *,
    uid: str | None,
    keys: Sequence[bytes],
    expires_us: int,
    is_decision: bool = True,
) -> str | None:
    """The token for the rest of all shelves; None if nothing is left.

    `is_decision` is false for a home page that no listener chooses by.
    """
    shelves = [shelf for shelf in page.shelves if len(shelf.rest)]
    if not shelves:
        return None
    rest = joined([shelf.rest for shelf in shelves])
    hashes = np.concatenate([_hashes(catalog, shelf) for shelf in shelves])
    session = Session(
        session_id=page.session_id,
        scenario=page.scenario,
        cold_start=page.cold_start,
        user_vector_episodes=page.user_vector_episodes,
        degraded=page.degraded,
        shown=0,
        queue=rest,
        experiment=page.experiment,
        is_decision=is_decision,
    )
    payload = HomePayload(
        CursorPayload.of(session, hashes, expires_us),
        tuple(
            ShelfRest(shelf.id, len(shelf.shown), len(shelf.rest), shelf.is_of_series)
            for shelf in shelves
        ),
    )
    return seal_payload(payload, (_PURPOSE, page.session_id, uid), keys)


def unseal_home(
    token: str, *, session_id: str, uid: str | None, keys: Sequence[bytes], now_us: int
) -> HomePayload:
    """Verify a token signed with any of the keys and return its payload.

    Raises `CursorError`, and `CursorExpired` for a genuine token that is too old.
    """
    contexts = [(_PURPOSE, session_id, owner) for owner in {None, uid}]
    payload = unseal_payload(token, HomePayload, contexts, keys)
    check_expiry(payload.session.expires_us, now_us)
    return payload


def next_of_shelf(
    catalog: Catalog,
    session_id: str,
    payload: HomePayload,
    shelf_id: str,
    *,
    shown: int | None,
    limit: int,
    engaged_ids: Sequence[str] = (),
) -> ShelfPage:
    """The next `limit` episodes of a shelf after the first `shown`; None: after the first answer.

    Episodes that left the catalog, or whose id or content id is in `engaged_ids`, are left out.
    Raises `UnknownShelf` for a shelf without a rest.
    """
    start = 0
    for shelf in payload.shelves:
        if shelf.id == shelf_id:
            break
        start += shelf.count
    else:
        raise UnknownShelf(", ".join(one.id for one in payload.shelves))
    begin = max((shelf.shown if shown is None else shown) - shelf.shown, 0)
    part = slice(start, start + shelf.count)
    queue = payload.session.queue(catalog).take(part)
    if shelf.is_of_series:
        hashes = np.frombuffer(payload.session.id_hashes, "<u8")[part]
        queue = replace(queue, rows=catalog.series_index.first(hashes))
        engaged_ids = ()
    engaged = in_sorted(np.sort(catalog.all_rows(tuple(engaged_ids))), queue.rows)
    free = np.flatnonzero((queue.rows >= 0) & ~engaged & (np.arange(shelf.count) >= begin))
    places = free[:limit]
    is_last = len(free) <= limit
    total = shelf.shown + shelf.count
    return ShelfPage(
        session_id=session_id,
        shelf=shelf_id,
        scenario=payload.session.scenario,
        experiment=payload.session.experiment,
        degraded=payload.session.degraded,
        queue=queue.take(places),
        is_of_series=shelf.is_of_series,
        positions=tuple((shelf.shown + places + 1).tolist()),
        total=total,
        remaining=len(free) - len(places),
        shown=total if is_last else shelf.shown + int(places[-1]) + 1,
    )


def _hashes(catalog: Catalog, shelf: Shelf) -> HashArray:
    """Hashes of the ids of what follows on a shelf."""
    rows = shelf.rest.rows
    if shelf.is_of_series:
        return hash_strings([catalog.series_ids[row] for row in rows.tolist()])
    return catalog.id_hashes[rows]
