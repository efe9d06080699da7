"""Pages: create or resume a session, and encode its next episodes as the JSON of an answer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec
import numpy as np

from feed.arrays.arrays import in_sorted
from feed.catalog.catalog import Catalog
from feed.model.degradation import Degradation
from feed.ranking.external_search import SearchResult
from feed.ranking.pipeline import MILLION, Ranker
from feed.scenarios.experiment import Assignment
from feed.session.answers import EncodedPage, EncodedReplay
from feed.session.cursor import CursorPayload, seal
from feed.session.decision_log import Draw, ranked_queue
from feed.session.reason_text import render_all, shortened
from feed.session.state import Queue, Session
from feed.user.query import Query

T = TypeVar("T")

SCORE_FIELDS = ("similarity_score", "quality_score", "recency_score", "final_score")
_NUMBERS = b"".join(b',"%s":%%.6f' % name.encode() for name in SCORE_FIELDS)
_END = _NUMBERS + b',"queue_position":%d,"reason":%s}'


def session_id(seed: int) -> str:
    """The id of the session that a seed makes: 16 hexadecimal digits."""
    return f"{seed:016x}"


def create(
    ranker: Ranker,
    query: Query,
    search_result: SearchResult | None = None,
    *,
    degraded: Sequence[Degradation] = (),
    experiment: Assignment | None = None,
    trace: bool = False,
    detail: bool = False,
    explained_id: str | None = None,
    is_decision: bool = True,
    log_parts: bool = False,
) -> Session:
    """Rank a new session.

    `degraded` names what its query had to do without, `experiment` is stamped on its pages, and
    `trace` and `detail` say whether its first page explains the ranking; the detail also explains
    the episode `explained_id`. `is_decision` says whether a listener decides by it what to hear,
    and `log_parts` whether the log says what its scores are made of.
    """
    catalog, slate = ranker.catalog, ranker.rank(query, search_result)
    return Session(
        session_id=session_id(query.seed),
        scenario=ranker.scenario.name,
        cold_start=slate.cold_start,
        user_vector_episodes=slate.user_vector_episodes,
        degraded=(*degraded, *slate.degraded),
        shown=0,
        queue=Queue(slate.rows, slate.scores, slate.reasons, slate.sources),
        experiment=experiment,
        seed_text=shortened(query.feed_seed.text) if query.feed_seed else "",
        is_decision=is_decision,
        total_s=slate.total_s,
        explored=[
            Draw(position, catalog.ids[int(slate.rows[position - 1])], propensity)
            for position, propensity in slate.explored.items()
        ],
        ranked=(
            ranked_queue(catalog, slate.rows, slate.scores[:, 3] / MILLION, slate.parts)
            if log_parts
            else None
        ),
        trace=slate.trace if trace else None,
        detail=slate.make_detail(explained_id) if detail else None,
    )


def resume(
    catalog: Catalog, session_id: str, payload: CursorPayload, engaged_ids: Sequence[str] = ()
) -> Session:
    """Continue the session of a cursor.

    Episodes that left the catalog, or whose id or content id is in `engaged_ids`, are left out.
    """
    session = payload.session(session_id, catalog)
    engaged = in_sorted(np.sort(catalog.all_rows(tuple(engaged_ids))), session.queue.rows)
    return replace(session, queue=session.queue.take(~engaged))


def page(
    catalog: Catalog,
    session: Session,
    limit: int,
    *,
    uid: str | None,
    keys: Sequence[bytes],
    expires_us: int,
    degraded: Sequence[Degradation] = (),
) -> bytes:
    """The next `limit` episodes as JSON, with a cursor for the rest (null if none is left).

    `degraded` names what this answer has to do without, in addition to what its ranking had to.
    """
    shown, rest = session.queue.take(slice(limit)), session.queue.take(slice(limit, None))
    token = None
    if len(rest):
        later = replace(session, shown=session.shown + len(shown), queue=rest)
        payload = CursorPayload.of(later, catalog.id_hashes[rest.rows], expires_us)
        token = seal(payload, session_id=session.session_id, uid=uid, keys=keys)
    answer = _answer(catalog, session, shown, next_cursor=token, degraded=degraded)
    return msgspec.json.encode(answer)


def replay(catalog: Catalog, session: Session, limit: int) -> bytes:
    """The first page without a cursor, and `queue`: every episode, its scores and its reason."""
    first = _answer(catalog, session, session.queue.take(slice(limit)), next_cursor=None)
    queue = encode_episodes(
        catalog,
        session.queue,
        range(1, len(session.queue) + 1),
        session.seed_text,
        lambda row: b'{"id":%s' % msgspec.json.encode(catalog.ids[row]),
    )
    return msgspec.json.encode(EncodedReplay(**msgspec.structs.asdict(first), queue=queue))


def cards(catalog: Catalog, rows: Sequence[int]) -> msgspec.Raw:
    """The cards of these rows as a JSON array."""
    return msgspec.Raw(b"[%s]" % b",".join(catalog.cards.raw(row) for row in rows))


def _answer(
    catalog: Catalog,
    session: Session,
    shown: Queue,
    *,
    next_cursor: str | None,
    degraded: Sequence[Degradation] = (),
) -> EncodedPage:
    return EncodedPage(
        session_id=session.session_id,
        episodes=encode_episodes(
            catalog,
            shown,
            range(session.shown + 1, session.shown + len(shown) + 1),
            session.seed_text,
        ),
        total_in_queue=session.shown + len(session.queue),
        shown_count=session.shown + len(shown),
        remaining_count=len(session.queue) - len(shown),
        next_cursor=next_cursor,
        cold_start=session.cold_start,
        user_vector_episodes=session.user_vector_episodes,
        catalog_version=catalog.version,
        scenario=session.scenario,
        degraded=[*degraded, *session.degraded],
        experiment=_if_given(session.experiment),
        total_s=_if_given(session.total_s),
        trace=_if_given(session.trace),
        detail=_if_given(session.detail),
    )


def _if_given(value: T | None) -> T | msgspec.UnsetType:
    return msgspec.UNSET if value is None else value


def encode_episodes(
    catalog: Catalog,
    queue: Queue,
    positions: Sequence[int],
    seed_text: str = "",
    start: Callable[[int], bytes] | None = None,
) -> msgspec.Raw:
    """Episodes with their scores, their `positions` and their reasons, as a JSON array.

    `start` gives the beginning of a row's JSON object; by default that is its card. `seed_text` are
    the words of a feed seed, for reasons.
    """
    encoded = encode_each(catalog, queue, positions, seed_text, start)
    return msgspec.Raw(b"[%s]" % b",".join(encoded))


def encode_each(
    catalog: Catalog,
    queue: Queue,
    positions: Sequence[int],
    seed_text: str = "",
    start: Callable[[int], bytes] | None = None,
) -> Iterator[bytes]:
    """Iterate over what `encode_episodes` joins: the JSON object of each episode."""
    start = start or (lambda row: catalog.cards.raw(row)[:-1])
    scores = (queue.scores / MILLION).tolist()
    reasons = render_all(catalog, queue.reasons, seed_text)
    texts = {id(one): one for one in reasons}  # equal ones are one object
    encoded = {key: msgspec.json.encode(one) for key, one in texts.items()}
    return (
        start(row) + _END % (*score, position, encoded[id(reason)])
        for position, row, score, reason in zip(
            positions, queue.rows.tolist(), scores, reasons, strict=True
        )
    )
