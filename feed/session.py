"""Session: a slate as pages of JSON, joined from cards that are already encoded."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from feed.catalog import Catalog
from feed.cursor import Cursor, Queue, make_queue, queue_of, seal
from feed.pipeline import MILLION, Ranker, Slate, Trace
from feed.reasons import phrase
from feed.request import Query

SCORES = ("similarity_score", "quality_score", "recency_score", "final_score")


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session at some point of its queue: what every page says, beside its episodes."""

    session_id: str
    catalog_version: str
    scenario: str
    cold_start: bool
    user_vector_episodes: int
    degraded: tuple[str, ...]
    shown: int
    queue: Queue
    trace: Trace | None = None


def session_id(seed: int) -> str:
    """The id of the session of a seed: 16 hexadecimal digits."""
    return f"{seed:016x}"


def create(
    ranker: Ranker, query: Query, *, degraded: Sequence[str] = (), trace: bool = False
) -> Session:
    """Rank a new session. `degraded` names what the caller had to do without."""
    slate: Slate = ranker.rank(query)
    return Session(
        session_id=session_id(query.seed),
        catalog_version=ranker.catalog.version,
        scenario=ranker.scenario.name,
        cold_start=slate.cold_start,
        user_vector_episodes=slate.user_vector_episodes,
        degraded=(*degraded, *slate.degraded),
        shown=0,
        queue=queue_of(slate, ranker.catalog.id_hashes),
        trace=slate.trace if trace else None,
    )


def resume(
    catalog: Catalog,
    cursor: Cursor,
    *,
    session_id: str,
    engaged_ids: Sequence[str] = (),
    degraded: Sequence[str] = (),
) -> Session:
    """Go on with a session. Episodes that vanished, or were engaged with since, are left out."""
    queue = cursor.queue
    rows = catalog.id_index.first(queue.id_hashes)
    kept = np.flatnonzero((rows >= 0) & ~np.isin(rows, catalog.rows_named(tuple(engaged_ids))))
    return Session(
        session_id=session_id,
        catalog_version=catalog.version,
        scenario=cursor.scenario,
        cold_start=cursor.cold_start,
        user_vector_episodes=cursor.user_vector_episodes,
        degraded=tuple(dict.fromkeys((*degraded, *cursor.degraded))),
        shown=cursor.shown,
        queue=_take(queue, kept),
    )


def page(
    catalog: Catalog,
    session: Session,
    limit: int,
    *,
    uid: str | None,
    keys: Sequence[bytes],
    expires_us: int,
) -> bytes:
    """The next `limit` episodes as JSON, with a cursor for the rest (null: nothing is left)."""
    shown, rest = _take(session.queue, slice(limit)), _take(session.queue, slice(limit, None))
    count = session.shown + len(shown)
    token = None
    if len(rest):
        cursor = Cursor(
            expires_us=expires_us,
            shown=count,
            scenario=session.scenario,
            cold_start=session.cold_start,
            user_vector_episodes=session.user_vector_episodes,
            degraded=session.degraded,
            queue=rest,
        )
        token = seal(cursor, session_id=session.session_id, uid=uid, keys=keys)
    return _answer(catalog, session, shown, remaining=len(rest), next_cursor=token)


def replay(catalog: Catalog, session: Session, limit: int) -> bytes:
    """The first page without a cursor, and `queue`: every episode, its scores and its reason."""
    shown = _take(session.queue, slice(limit))
    answer = _answer(
        catalog, session, shown, remaining=len(session.queue) - len(shown), next_cursor=None
    )
    rows = catalog.id_index.first(session.queue.id_hashes)
    queue = [
        b'{"id":%s%s' % (msgspec.json.encode(catalog.ids[int(row)]), facts)
        for row, facts in zip(rows, _facts(catalog, session.queue, 0), strict=True)
    ]
    return b'%s,"queue":[%s]}' % (answer[:-1], b",".join(queue))


def cards(catalog: Catalog, rows: Sequence[int]) -> bytes:
    """The cards of these rows as a JSON array."""
    return b"[%s]" % b",".join(catalog.cards.raw(row) for row in rows)


def _answer(
    catalog: Catalog, session: Session, shown: Queue, *, remaining: int, next_cursor: str | None
) -> bytes:
    count = session.shown + len(shown)
    rest: dict[str, Any] = {
        "total_in_queue": count + remaining,
        "shown_count": count,
        "remaining_count": remaining,
        "next_cursor": next_cursor,
        "cold_start": session.cold_start,
        "user_vector_episodes": session.user_vector_episodes,
        "catalog_version": session.catalog_version,
        "scenario": session.scenario,
        "degraded": session.degraded,
    }
    if session.trace is not None:
        rest["trace"] = session.trace
    rows = catalog.id_index.first(shown.id_hashes)
    episodes = (
        catalog.cards.raw(int(row))[:-1] + facts
        for row, facts in zip(rows, _facts(catalog, shown, session.shown), strict=True)
    )
    return b'{"session_id":%s,"episodes":[%s],%s' % (
        msgspec.json.encode(session.session_id),
        b",".join(episodes),
        msgspec.json.encode(rest)[1:],
    )


def _facts(catalog: Catalog, queue: Queue, first: int) -> list[bytes]:
    """What is said of each episode of a queue, as the end of a JSON object."""
    scores = queue.score_rows.tolist()
    reasons = queue.reasons
    pairs = list(zip(reasons.codes.tolist(), reasons.leans_on.tolist(), strict=True))
    phrases = {pair: msgspec.json.encode(phrase(catalog, *pair)) for pair in set(pairs)}
    facts = []
    for place, (millionths, pair) in enumerate(zip(scores, pairs, strict=True), first + 1):
        numbers = b"".join(
            b',"%s":%.6f' % (name.encode(), score / MILLION)
            for name, score in zip(SCORES, millionths, strict=True)
        )
        facts.append(b'%s,"queue_position":%d,"reason":%s}' % (numbers, place, phrases[pair]))
    return facts


def _take(queue: Queue, places: Any) -> Queue:
    """Some of a queue, in order. `places` are whatever indexes an array."""
    reasons = queue.reasons
    return make_queue(
        queue.id_hashes[places],
        queue.score_rows[places],
        type(reasons)(reasons.codes[places], reasons.leans_on[places]),
    )
