"""Signed tokens: bytes that a client holds for the server, in a text that only the server can make.

A token is base64url of `packed || HMAC-SHA256(key, context || packed)` (RFC 2104). The context says
what the token is for, so that none can be used for anything else. A token is signed, not encrypted.
"""

import base64
import binascii
import hmac
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

_MAC_BYTES = 32


class TokenError(ValueError):
    """A text is no token."""


def sign(packed: bytes, context: Sequence[Any], key: bytes) -> str:
    """A token of these bytes for this context."""
    return _text(packed + _mac(key, context, packed))


def verify(token: str, contexts: Iterable[Sequence[Any]], keys: Sequence[bytes]) -> bytes | None:
    """The bytes of a token, or None unless any of the keys signed it for any of the contexts.

    Raises `TokenError`.
    """
    packed, mac = _split(token)
    is_ours = any(
        hmac.compare_digest(mac, _mac(key, context, packed)) for context in contexts for key in keys
    )
    return packed if is_ours else None


def unverified(token: str) -> bytes:
    """The bytes of a token, whoever made it. Raises `TokenError`."""
    return _split(token)[0]


def _split(token: str) -> tuple[bytes, bytes]:
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise TokenError("not a token") from error
    if _text(raw) != token:  # several texts decode to the same bytes; only one is the token
        raise TokenError("not a token")
    return raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _mac(key: bytes, context: Sequence[Any], packed: bytes) -> bytes:
    # MessagePack keeps the parts apart: no two contexts run together into another one.
    return hmac.digest(key, msgspec.msgpack.encode(context) + packed, "sha256")
