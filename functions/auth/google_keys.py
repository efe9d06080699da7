"""The public keys that Google signs tokens with, fetched and kept for as long as they are good."""

import asyncio
import re
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import inf
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_pem_x509_certificate

from feed.model.degradation import Degradation
from functions.problems import ProblemError
from functions.telemetry import log

_GOOGLE = "https://www.googleapis.com"
CERTIFICATES_URL = f"{_GOOGLE}/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"
APP_CHECK_URL = "https://firebaseappcheck.googleapis.com/v1/jwks"

FETCH_TIMEOUT_S = 3.0
STALE_WAIT_S = 0.5
"""how long a request whose key is known, but stale, waits for fresh ones"""
RETRY_S = 5
"""from a failed fetch to the next"""
REFETCH_S = 60
"""from a fetch to one for the sake of an unknown key"""
STALE_S = 86_400
"""how long keys are still used that cannot be fetched again"""

_MAX_KEYS_BYTES = 1 << 18
_AGE = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})")

Keys = dict[str, RSAPublicKey]


def certificates(body: bytes) -> Keys:
    """The keys of a JSON object of X.509 certificates by key id."""
    found = msgspec.json.decode(body, type=dict[str, str])
    keys = {k: load_pem_x509_certificate(pem.encode()).public_key() for k, pem in found.items()}
    return {kid: key for kid, key in keys.items() if isinstance(key, RSAPublicKey)}


def key_set(body: bytes) -> Keys:
    """The keys of a JSON Web Key Set (RFC 7517)."""
    found = msgspec.json.decode(body, type=dict[str, list[dict[str, Any]]])["keys"]
    keys = {one["kid"]: jwt.PyJWK(one).key for one in found if one.get("kty") == "RSA"}
    return {kid: key for kid, key in keys.items() if isinstance(key, RSAPublicKey)}


class GoogleKeys:
    """The public keys that Google signs with, kept for as long as their server allows.

    One fetch at a time, in a thread of its own: one that hangs is in nobody's way.
    """

    def __init__(
        self,
        url: str = CERTIFICATES_URL,
        parse: Callable[[bytes], Keys] = certificates,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._parse = parse
        self._clock = clock
        self._keys: Keys = {}
        self._fresh_until = self._asked_at = self._retry_at = -inf
        self._thread = ThreadPoolExecutor(1, "google-keys")
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, kid: str) -> RSAPublicKey | None:
        """The key of this id, or None: Google has no such key. Raises `ProblemError` 503."""
        now = self._clock()
        if now >= self._fresh_until + STALE_S:
            self._keys = {}
        known, stale = kid in self._keys, now >= self._fresh_until
        if stale or not known:
            due = now >= (self._retry_at if stale else self._asked_at + REFETCH_S)
            if due and (self._fetching is None or self._fetching.done()):
                self._fetching = asyncio.create_task(self._refresh())
            if self._fetching is not None and not self._fetching.done():
                await asyncio.wait([self._fetching], timeout=STALE_WAIT_S if known else None)
        if kid not in self._keys and self._clock() >= self._fresh_until:
            raise ProblemError(
                503,
                "identity-unavailable",
                "the keys to verify a token with cannot be fetched: try again soon",
                headers={"Retry-After": str(RETRY_S)},
                causes=[Degradation.IDENTITY_UNAVAILABLE],
            )
        return self._keys.get(kid)

    async def _refresh(self) -> None:
        self._asked_at = self._clock()
        try:
            fetch = asyncio.get_running_loop().run_in_executor(self._thread, _fetch, self._url)
            body, keep_s = await asyncio.wait_for(fetch, FETCH_TIMEOUT_S)
            keys = self._parse(body)
            if not keys:
                raise ValueError("no RSA key")
        except Exception as error:  # noqa: BLE001  # whatever is sent, the keys we have stay good
            self._retry_at = self._clock() + RETRY_S
            reason = f"{type(error).__name__}: {error}"
            log("WARNING", "Google's keys cannot be fetched", url=self._url, reason=reason)
        else:
            self._keys, self._fresh_until = keys, self._asked_at + keep_s


def _fetch(url: str) -> tuple[bytes, int]:
    """What is at an address, and for how many seconds it is good (at least `REFETCH_S`).

    With `urllib`, which PyJWT imports anyway: httpx would add 25 ms to a cold start.
    """
    ends_at, body = time.monotonic() + FETCH_TIMEOUT_S, b""
    with urllib.request.urlopen(url, timeout=FETCH_TIMEOUT_S) as answer:  # noqa: S310  # our own
        while piece := answer.read1(1 << 16):
            body += piece
            if len(body) > _MAX_KEYS_BYTES or time.monotonic() > ends_at:
                raise ValueError(f"{len(body)} bytes, and no end after {FETCH_TIMEOUT_S} s")
        lives = _AGE.search(answer.headers.get("Cache-Control", "").lower())
        age = answer.headers.get("Age", "")
    keep_s = int(lives[1]) if lives else 0
    return body, max(REFETCH_S, keep_s - (int(age) if age.isdecimal() else 0))
