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
import numpy.typing as npt

from feed.columns import HashArray
from feed.pipeline import Slate
from feed.reasons import Reasons

_MAC_BYTES = 32
MAX_CHARACTERS = 8192
"""A longer token is refused unread."""


class CursorError(ValueError):
    """The token was not issued for this session and user, or is damaged."""


class CursorExpired(CursorError):
    """The token is genuine, but too old."""


class Queue(msgspec.Struct, frozen=True):
    """Episodes still to be shown, and what the answer says about each. k rows."""

    ids: bytes
    """(k,) uint64: hashes of the episodes' ids"""
    scores: bytes
    """(4, k) int32, millionths: column by column, which deflates better"""
    reason_codes: bytes
    """(k,) uint8"""
    reason_places: bytes
    """(k,) uint8 places in `leans_on`"""
    leans_on: bytes
    """uint64 hashes, at most 256, each once"""

    def __len__(self) -> int:
        return len(self.reason_codes)

    @property
    def id_hashes(self) -> HashArray:
        """(k,) which episodes."""
        return np.frombuffer(self.ids, "<u8")

    @property
    def score_rows(self) -> npt.NDArray[np.int32]:
        """(k, 4) the scores of each."""
        return np.frombuffer(self.scores, "<i4").reshape(4, len(self)).T

    @property
    def reasons(self) -> Reasons:
        """The reason of each."""
        places = np.frombuffer(self.reason_places, np.uint8)
        return Reasons(
            codes=np.frombuffer(self.reason_codes, np.uint8),
            leans_on=np.frombuffer(self.leans_on, "<u8")[places],
        )


class Cursor(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """The state of a session between two pages."""

    expires_us: int
    shown: int
    """how many episodes the session has shown so far"""
    scenario: str
    cold_start: bool
    user_vector_episodes: int
    degraded: tuple[str, ...]
    queue: Queue


def queue_of(slate: Slate, id_hashes: HashArray) -> Queue:
    """A slate as a queue. `id_hashes` go by catalog row."""
    return make_queue(id_hashes[slate.rows], slate.scores, slate.reasons)


def make_queue(id_hashes: HashArray, scores: npt.NDArray[np.int32], reasons: Reasons) -> Queue:
    """A queue of k episodes from their columns."""
    leans_on, places = np.unique(reasons.leans_on, return_inverse=True)
    return Queue(
        ids=id_hashes.astype("<u8").tobytes(),
        scores=scores.T.astype("<i4").tobytes(),
        reason_codes=reasons.codes.astype(np.uint8).tobytes(),
        reason_places=places.astype(np.uint8).tobytes(),
        leans_on=leans_on.astype("<u8").tobytes(),
    )


def seal(cursor: Cursor, *, session_id: str, uid: str | None, keys: Sequence[bytes]) -> str:
    """The token, signed with the first key."""
    payload = zlib.compress(msgspec.msgpack.encode(cursor))
    return _text(payload + _mac(keys[0], session_id, uid, payload))


def unseal(
    token: str, *, session_id: str, uid: str | None, keys: Sequence[bytes], now_us: int
) -> Cursor:
    """The cursor in a token signed with any of the keys. Raises `CursorError`, `CursorExpired`."""
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
        cursor = msgspec.msgpack.decode(zlib.decompress(payload), type=Cursor)
    except (zlib.error, msgspec.DecodeError) as error:  # genuine, so by another release
        raise CursorError("of another version") from error
    if cursor.expires_us < now_us:
        raise CursorExpired("expired")
    return cursor


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _mac(key: bytes, session_id: str, uid: str | None, payload: bytes) -> bytes:
    # MessagePack keeps the fields apart: no session and uid run together into another pair.
    context = msgspec.msgpack.encode([session_id, uid])
    return hmac.digest(key, context + payload, "sha256")
