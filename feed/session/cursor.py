"""Cursor: the rest of a session as a signed token. `next` reads it and scores nothing.

A token is base64url of `payload || HMAC-SHA256(key, context || payload)` (RFC 2104). The context
is the session and, unless the session is anonymous, the user: a cursor is worth nothing elsewhere.
An anonymous one is a bearer token: whoever holds it may go on with the session. It is signed, not
encrypted: what it holds is what its holder was, or will be, shown.

Per episode it holds 8 bytes that name it, four scores of 4 bytes, and one byte each for the
reason's key and for what it leans on, column by column and deflated: 150 episodes come to about
4 KB of token.
"""

import base64
import binascii
import hmac
import zlib
from collections.abc import Sequence

import msgspec
import numpy as np

from feed.ranking.reasons import Reasons
from feed.scenarios.experiment import Assignment
from feed.session.state import Queue, Session

_MAC_BYTES = 32
MAX_CHARACTERS = 8192
"""A longer token is refused unread."""


class CursorError(ValueError):
    """The token was not issued for this session and user, or is damaged."""


class CursorExpired(CursorError):
    """The token is genuine, but too old."""


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    """What a token holds, with arrays as bytes. k episodes."""

    expires_us: int
    scenario: str
    cold_start: bool
    user_vector_episodes: int
    degraded: tuple[str, ...]
    shown: int
    id_hashes: bytes
    """(k,) uint64"""
    scores: bytes
    """(4, k) int32: column by column, which deflates better"""
    reason_codes: bytes
    """(k,) uint8"""
    reason_places: bytes
    """(k,) uint8 places in `leans_on`"""
    leans_on: bytes
    """uint64 hashes, each once: no more than a queue is long"""
    experiment: Assignment | None = None
    """last, and with a default: cursors of a release that had no experiments still open"""


def seal(session: Session, *, uid: str | None, keys: Sequence[bytes], expires_us: int) -> str:
    """The token, signed with the first key."""
    payload = zlib.compress(msgspec.msgpack.encode(_packed(session, expires_us)))
    return _text(payload + _mac(keys[0], session.session_id, uid, payload))


def unseal(
    token: str, *, session_id: str, uid: str | None, keys: Sequence[bytes], now_us: int
) -> Session:
    """The session in a token signed with any of the keys. Raises `CursorError`, `CursorExpired`."""
    if len(token) > MAX_CHARACTERS:
        raise CursorError("longer than any cursor")
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise CursorError("not a cursor") from error
    if _text(raw) != token:  # several texts decode to the same bytes; only one is the token
        raise CursorError("not a cursor")
    payload, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if not any(
        hmac.compare_digest(mac, _mac(key, session_id, who, payload))
        for key in keys
        for who in {None, uid}
    ):
        raise CursorError("not issued for this session and user, or altered since")
    try:
        packed = msgspec.msgpack.decode(zlib.decompress(payload), type=_Packed)
    except (zlib.error, msgspec.DecodeError) as error:  # genuine, so by another release
        raise CursorError("of another version") from error
    if packed.expires_us < now_us:
        raise CursorExpired("expired")
    return _unpacked(packed, session_id)


def _packed(session: Session, expires_us: int) -> _Packed:
    queue = session.queue
    leans_on, places = np.unique(queue.reasons.leans_on, return_inverse=True)
    return _Packed(
        expires_us=expires_us,
        scenario=session.scenario,
        cold_start=session.cold_start,
        user_vector_episodes=session.user_vector_episodes,
        degraded=session.degraded,
        shown=session.shown,
        id_hashes=queue.id_hashes.astype("<u8").tobytes(),
        scores=queue.scores.T.astype("<i4").tobytes(),
        reason_codes=queue.reasons.codes.astype(np.uint8).tobytes(),
        reason_places=places.astype(np.uint8).tobytes(),
        leans_on=leans_on.astype("<u8").tobytes(),
        experiment=session.experiment,
    )


def _unpacked(packed: _Packed, session_id: str) -> Session:
    id_hashes = np.frombuffer(packed.id_hashes, "<u8")
    places = np.frombuffer(packed.reason_places, np.uint8)
    return Session(
        session_id=session_id,
        scenario=packed.scenario,
        cold_start=packed.cold_start,
        user_vector_episodes=packed.user_vector_episodes,
        degraded=packed.degraded,
        shown=packed.shown,
        experiment=packed.experiment,
        queue=Queue(
            id_hashes=id_hashes,
            scores=np.frombuffer(packed.scores, "<i4").reshape(4, len(id_hashes)).T,
            reasons=Reasons(
                codes=np.frombuffer(packed.reason_codes, np.uint8),
                leans_on=np.frombuffer(packed.leans_on, "<u8")[places],
            ),
        ),
    )


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _mac(key: bytes, session_id: str, uid: str | None, payload: bytes) -> bytes:
    # MessagePack keeps the fields apart: no session and uid run together into another pair.
    context = msgspec.msgpack.encode([session_id, uid])
    return hmac.digest(key, context + payload, "sha256")
