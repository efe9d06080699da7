"""Seed tokens: what a photo says, as a signed token that a session takes as its seed.

Whoever holds the token can use it, since it holds nothing but the words.
"""

from collections.abc import Sequence

import msgspec

from feed.session.signed_token import TokenError, sign, unverified, verify

_CONTEXT = ("seed",)
"""differs from that of a cursor, which has two parts"""


class SeedToken(msgspec.Struct, frozen=True, array_like=True):
    """What a token holds."""

    expires_us: int
    """microseconds since 1970, UTC"""
    text: str
    """the seed's words"""
    model: str
    """what found them"""


def seal_seed(token: SeedToken, keys: Sequence[bytes]) -> str:
    """Sign a token with the first of the keys."""
    return sign(msgspec.msgpack.encode(token), _CONTEXT, keys[0])


def open_seed(text: str, keys: Sequence[bytes]) -> SeedToken:
    """Verify a token signed with any of the keys; it may have expired. Raises `TokenError`."""
    packed = verify(text, [_CONTEXT], keys)
    if packed is None:
        raise TokenError("not issued here, or altered since")
    return _decoded(packed)


def read_seed(text: str) -> SeedToken:
    """Return what a token says, whoever signed it. Raises `TokenError`."""
    return _decoded(unverified(text))


def _decoded(packed: bytes) -> SeedToken:
    try:
        return msgspec.msgpack.decode(packed, type=SeedToken)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TokenError("of another version") from error
