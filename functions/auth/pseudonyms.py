"""Pseudonyms: what the log calls a user, the same on all instances that share a key."""

import hashlib
import hmac

_LABEL = b"earshot: users in the log"
_HEX_DIGITS = 16
UNKNOWN = "-"
"""what stands for every user where there is no key"""


class Pseudonyms:
    """Keyed hashes of user ids. Without the key they tell nothing about who is in the log."""

    def __init__(self, secret: bytes) -> None:
        """The key is derived from a secret of another use; without one, all users are one."""
        self._key = hmac.digest(secret, _LABEL, hashlib.sha256) if secret else b""

    def of(self, uid: str) -> str:
        """The pseudonym of a user."""
        if not self._key:
            return UNKNOWN
        digest = hmac.digest(self._key, uid.encode(errors="surrogatepass"), hashlib.sha256)
        return digest.hex()[:_HEX_DIGITS]
