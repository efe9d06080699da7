"""Pseudonyms: what the log calls a user, the same on all instances with the same key."""

import hashlib
import hmac

_LABEL = b"earshot: users in the log"
_HEX_DIGITS = 16
UNKNOWN = "-"
"""the pseudonym of every user where there is no key"""


class Pseudonyms:
    """Keyed hashes of user ids, which reveal nothing without the key."""

    def __init__(self, secret: bytes) -> None:
        """Derive the key from a secret; without a secret, every user has the same pseudonym."""
        self._key = hmac.digest(secret, _LABEL, hashlib.sha256) if secret else b""

    def of(self, uid: str) -> str:
        """Return the pseudonym of a user id."""
        if not self._key:
            return UNKNOWN
        digest = hmac.digest(self._key, uid.encode(errors="surrogatepass"), hashlib.sha256)
        return digest.hex()[:_HEX_DIGITS]
