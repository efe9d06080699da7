"""Cursor: the rest of a session as a signed token, from which the next page needs no ranking.

Its context is the session and, unless the session is anonymous, the user: no other session or user
can use the cursor. The cursor of an anonymous session is a bearer token: whoever holds it can
continue the session. A token is signed, not encrypted: it holds what its holder was, or will be,
shown, and the words of a feed seed.

Per episode it holds 8 bytes of a hashed id, four scores of 4 bytes, 2 bytes for its sources, and
one byte each for the reason's key and its subject, column by column and deflated: 150 episodes take
about 4 KB.
"""

import zlib
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np

from feed.arrays.arrays import HashArray
from feed.catalog.catalog import Catalog
from feed.ranking.reasons import Reasons
from feed.scenarios.experiment import Assignment
from feed.session.signed_token import TokenError, sign, verify
from feed.session.state import Queue, Session

P = TypeVar("P", bound=msgspec.Struct)

MAX_CHARACTERS = 8192
"""Length above which a token is refused unread."""
_COPIED = (
    "scenario",
    "cold_start",
    "user_vector_episodes",
    "degraded",
    "shown",
    "experiment",
    "seed_text",
    "is_decision",
)
"""Fields that a payload copies from its session."""


class CursorError(ValueError):
    """The token is damaged, or was not issued for this session and user."""


class CursorExpired(CursorError):
    """The token was issued for this session and user, but has expired."""


class CursorPayload(msgspec.Struct, frozen=True, array_like=True):
    """What a token holds of a session with k episodes left, with arrays as bytes."""

    expires_us: int
    scenario: str
    cold_start: bool
    user_vector_episodes: int
    degraded: tuple[str, ...]
    shown: int
    id_hashes: bytes
    """(k,) uint64: the queue names episodes by hashed ids, so that it outlives its catalog"""
    scores: bytes
    """(4, k) int32: column by column, which deflates better"""
    reason_codes: bytes
    """(k,) uint8"""
    reason_subjects: bytes
    """(k,) uint8 places in `subject_hashes`"""
    subject_hashes: bytes
    """uint64, each once: at most k"""
    experiment: Assignment | None = None
    """from here on with defaults, so that cursors issued before there were these still open"""
    seed_text: str = ""
    is_decision: bool = True
    sources: bytes = b""
    """(k,) uint16; empty in a cursor of before"""

    @classmethod
    def of(cls, session: Session, id_hashes: HashArray, expires_us: int) -> "CursorPayload":
        """Pack a session; `id_hashes` (k,) are those of the episodes in its queue."""
        reasons = session.queue.reasons
        subject_hashes, places = np.unique(reasons.subject_hashes, return_inverse=True)
        return cls(
            expires_us=expires_us,
            **{name: getattr(session, name) for name in _COPIED},
            id_hashes=id_hashes.astype("<u8").tobytes(),
            scores=session.queue.scores.T.astype("<i4").tobytes(),
            reason_codes=reasons.codes.astype(np.uint8).tobytes(),
            reason_subjects=places.astype(np.uint8).tobytes(),
            subject_hashes=subject_hashes.astype("<u8").tobytes(),
            sources=session.queue.sources.astype("<u2").tobytes(),
        )

    def queue(self, catalog: Catalog) -> Queue:
        """Unpack the queue in rows of a catalog, -1 for an episode that it no longer has."""
        rows = catalog.id_index.first(np.frombuffer(self.id_hashes, "<u8"))
        subjects = np.frombuffer(self.reason_subjects, np.uint8)
        sources = np.frombuffer(self.sources, "<u2") if self.sources else np.zeros(len(rows))
        return Queue(
            rows=rows,
            scores=np.frombuffer(self.scores, "<i4").reshape(4, len(rows)).T,
            reasons=Reasons(
                codes=np.frombuffer(self.reason_codes, np.uint8),
                subject_hashes=np.frombuffer(self.subject_hashes, "<u8")[subjects],
            ),
            sources=sources.astype(np.uint16),
        )

    def session(self, session_id: str, catalog: Catalog) -> Session:
        """Unpack the session in rows of a catalog, without the episodes that it no longer has."""
        queue = self.queue(catalog)
        return Session(
            session_id=session_id,
            queue=queue.take(queue.rows >= 0),
            **{name: getattr(self, name) for name in _COPIED},
        )


def seal(payload: CursorPayload, *, session_id: str, uid: str | None, keys: Sequence[bytes]) -> str:
    """Sign a payload with the first of the keys; `uid` None makes a bearer token."""
    return seal_payload(payload, (session_id, uid), keys)


def unseal(
    token: str, *, session_id: str, uid: str | None, keys: Sequence[bytes], now_us: int
) -> CursorPayload:
    """Verify a token signed with any of the keys and return its payload.

    Raises `CursorError`, and `CursorExpired` for a genuine token that is too old.
    """
    contexts = [(session_id, owner) for owner in {None, uid}]
    payload = unseal_payload(token, CursorPayload, contexts, keys)
    check_expiry(payload.expires_us, now_us)
    return payload


def seal_payload(payload: msgspec.Struct, context: Sequence[Any], keys: Sequence[bytes]) -> str:
    """Sign a payload of any kind for a context with the first of the keys."""
    return sign(zlib.compress(msgspec.msgpack.encode(payload)), context, keys[0])


def unseal_payload(
    token: str, kind: type[P], contexts: Sequence[Sequence[Any]], keys: Sequence[bytes]
) -> P:
    """Verify a token signed with any of the keys, for any of the contexts, and return its payload.

    Raises `CursorError`.
    """
    if len(token) > MAX_CHARACTERS:
        raise CursorError("longer than any cursor")
    try:
        packed = verify(token, contexts, keys)
    except TokenError as error:
        raise CursorError("not a cursor") from error
    if packed is None:
        raise CursorError("not issued for this session and user, or altered since")
    try:
        return msgspec.msgpack.decode(zlib.decompress(packed), type=kind)
    except (zlib.error, msgspec.DecodeError) as error:  # genuine, so by another release
        raise CursorError("of another version") from error


def check_expiry(expires_us: int, now_us: int) -> None:
    """Raise `CursorExpired` for a time that has passed."""
    if expires_us < now_us:
        raise CursorExpired("expired")
