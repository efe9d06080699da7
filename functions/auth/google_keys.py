"""Google's public keys for verifying tokens, fetched and cached as long as they are valid."""

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
"""how long a request with a known but stale key waits for fresh keys"""
RETRY_S = 5
"""from a failed fetch to the next one"""
REFETCH_S = 60
"""from a fetch to the next one because of an unknown key"""
STALE_S = 86_400
"""how long stale keys are used while no fetch succeeds"""

_MAX_KEYS_BYTES = 1 << 18
_AGE = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})")

Keys = dict[str, RSAPublicKey]


def certificates(body: bytes) -> Keys:
    """Return the RSA keys in a JSON object of X.509 certificates by key id."""
    found = msgspec.json.decode(body, type=dict[str, str])
    keys = {k: load_pem_x509_certificate(pem.encode()).public_key() for k, pem in found.items()}
    return {kid: key for kid, key in keys.items() if isinstance(key, RSAPublicKey)}


def key_set(body: bytes) -> Keys:
    """Return the RSA keys of a JSON Web Key Set (RFC 7517) by key id."""
    found = msgspec.json.decode(body, type=dict[str, list[dict[str, Any]]])["keys"]
    keys = {one["kid"]: jwt.PyJWK(one).key for one in found if one.get("kty") == "RSA"}
    return {kid: key for kid, key in keys.items() if isinstance(key, RSAPublicKey)}


class GoogleKeys:
    """A cache of the public keys at one of Google's addresses, kept as long as it allows.

    One fetch runs at a time, in a thread of its own, so that one that hangs blocks nothing else.
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
        self._fresh_until = self._fetched_at = self._retry_at = -inf
        self._thread = ThreadPoolExecutor(1, "google-keys")
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, kid: str) -> RSAPublicKey | None:
        """Return the key with this id, or None if Google has none. Raises `ProblemError` 503."""
        now = self._clock()
        if now >= self._fresh_until + STALE_S:
            self._keys = {}
        known, stale = kid in self._keys, now >= self._fresh_until
        if stale or not known:
            due = now >= (self._retry_at if stale else self._fetched_at + REFETCH_S)
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
        self._fetched_at = self._clock()
        try:
            fetch = asyncio.get_running_loop().run_in_executor(self._thread, _fetch, self._url)
            body, keep_s = await asyncio.wait_for(fetch, FETCH_TIMEOUT_S)
            keys = self._parse(body)
            if not keys:
                raise ValueError("no RSA key")
        except Exception as error:  # noqa: BLE001  # whatever comes, the cached keys stay valid
            self._retry_at = self._clock() + RETRY_S
            reason = f"{type(error).__name__}: {error}"
            log("WARNING", "Google's keys cannot be fetched", url=self._url, reason=reason)
        else:
            self._keys, self._fresh_until = keys, self._fetched_at + keep_s


def _fetch(url: str) -> tuple[bytes, int]:
    """Return the body at an address and how many seconds it is valid, at least `REFETCH_S`.

    Uses `urllib`, which PyJWT imports anyway: httpx would add 25 ms to a cold start.
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
