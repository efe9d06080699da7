"""Verifies the Firebase ID tokens of users and, where configured, the App Check tokens of apps.

The rules that a token must meet: firebase.google.com/docs/auth/admin/verify-id-tokens ("using a
third-party JWT library") and firebase.google.com/docs/app-check/custom-resource-backend.
"""

import time
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from starlette.requests import Request

from feed.model.limits import is_document_id
from functions.auth.google_keys import APP_CHECK_URL, GoogleKeys, key_set
from functions.auth.verifier import Verifier
from functions.problems import ProblemError
from functions.settings import SettingsError

MAX_TOKEN = 8192
"""characters; an ID token with all the custom claims that Firebase allows has about 3,000"""
LEEWAY_S = 10
"""allowed difference between this machine's clock and Google's"""

_CHECKS = ("verify_iss", "verify_aud", "verify_exp", "verify_iat", "verify_nbf", "verify_sub")
MAX_UID = 128
"""characters; Firebase allows any, of which only those that can name a document are accepted"""


class _TokenRules(msgspec.Struct, frozen=True, kw_only=True):
    """Where tokens of one kind are sent, and what they must claim."""

    field: str
    expected: str
    issuer: str
    audience: str
    only_audience: bool

    def header_of(self, request: Request) -> str | None:
        """Return the header that carries the token, or None. Raises `ProblemError` 401 for two."""
        values = request.headers.getlist(self.field)
        if len(values) > 1:
            raise self.refusal("more than one was sent")
        return values[0] if values else None

    async def verify(self, token: str, keys: GoogleKeys) -> dict[str, Any]:
        """Return the claims of a token that Google signed. Raises `ProblemError` 401 or 503."""
        header = self._header(token)
        if header.get("alg") != "RS256" or not header.get("kid"):
            raise self.refusal()
        key = await keys.key(header["kid"])
        if key is None:
            raise self.refusal()
        return self._claims(token, key)

    def claims_of_unsigned(self, token: str) -> dict[str, Any]:
        """Return the claims of an emulator's unsigned token. Raises `ProblemError` 401."""
        if self._header(token).get("alg") != "none" or not token.endswith("."):
            raise self.refusal()
        return self._claims(token, None)

    def refusal(self, why: str = "this token is not accepted") -> ProblemError:
        """Return a 401 that says what is accepted, and little about what was wrong."""
        return ProblemError(
            401,
            "invalid-token",
            f"{self.field}: {why}",
            field=self.field,
            expected=self.expected,
            headers={"WWW-Authenticate": "Bearer"},
        )

    def _header(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN:
            raise self.refusal()
        try:
            return jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise self.refusal() from error

    def _claims(self, token: str, key: RSAPublicKey | None) -> dict[str, Any]:
        options: Any = {
            **dict.fromkeys(_CHECKS, True),  # by name: PyJWT skips them without a signature check
            "verify_signature": key is not None,
            "strict_aud": self.only_audience,
            "require": ["iss", "aud", "exp", "iat", "sub"],
        }
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key or "",
                algorithms=["RS256"],
                issuer=self.issuer,
                audience=self.audience,
                leeway=LEEWAY_S,
                options=options,
            )
        except jwt.ExpiredSignatureError as error:
            raise self.refusal("the token has expired") from error
        except jwt.ImmatureSignatureError as error:
            raise self.refusal("the token is not valid yet") from error
        except jwt.PyJWTError as error:
            raise self.refusal() from error
        return claims


class FirebaseVerifier:
    """Verifies the ID tokens of a Firebase project, sent as `Authorization: Bearer TOKEN`."""

    def __init__(self, project: str, keys: GoogleKeys | None = None) -> None:
        if not project:
            raise SettingsError("FIREBASE_PROJECT: expected the id of the Firebase project")
        self._keys = keys or GoogleKeys()
        self._rules = _TokenRules(
            field="Authorization",
            expected=f"Bearer and an ID token of Firebase project {project} that has not expired",
            issuer=f"https://securetoken.google.com/{project}",
            audience=project,
            only_audience=True,
        )

    async def uid(self, request: Request) -> str | None:
        """Return the ID token's user id, None without one. Raises `ProblemError` 401 or 503."""
        claims = await self._claims(request)
        return None if claims is None else str(claims["sub"])

    async def is_admin(self, request: Request) -> bool:
        """Return whether the token claims `admin: true`. Raises `ProblemError` 401 or 503."""
        claims = await self._claims(request)
        return claims is not None and claims.get("admin") is True

    async def _claims(self, request: Request) -> dict[str, Any] | None:
        """Return the verified claims of the token, or None without a token."""
        header = self._rules.header_of(request)
        if header is None:
            return None
        scheme, _, token = header.strip().partition(" ")
        if scheme.lower() != "bearer":
            raise self._rules.refusal("no Bearer token was sent")
        claims = await self._verify(token.lstrip())
        uid, signed_in_at = str(claims["sub"]), claims.get("auth_time")
        in_the_past = type(signed_in_at) is int and signed_in_at <= time.time() + LEEWAY_S
        if not in_the_past:
            raise self._rules.refusal()
        if len(uid) > MAX_UID or not is_document_id(uid):
            raise self._rules.refusal("this user's id cannot name a document (docs/api.md)")
        return claims

    async def _verify(self, token: str) -> dict[str, Any]:
        return await self._rules.verify(token, self._keys)


class EmulatorVerifier(FirebaseVerifier):
    """Accepts the unsigned tokens of the Auth emulator. Refuses to start in the cloud."""

    def __init__(self, project: str, *, k_service: str) -> None:
        super().__init__(project)
        if k_service:
            raise SettingsError("AUTH=emulator is for local use: expected firebase")
        if not project.startswith("demo-"):
            raise SettingsError("FIREBASE_PROJECT: with AUTH=emulator expected an id demo-…")

    async def _verify(self, token: str) -> dict[str, Any]:
        return self._rules.claims_of_unsigned(token)


class AppCheckVerifier:
    """Verifies the App Check token of the app, then leaves the user to another verifier."""

    def __init__(self, verifier: Verifier, number: str, keys: GoogleKeys | None = None) -> None:
        if not number.isdecimal():
            raise SettingsError("APP_CHECK: expected the number of the Firebase project")
        self._verifier = verifier
        self._keys = keys or GoogleKeys(APP_CHECK_URL, key_set)
        self._rules = _TokenRules(
            field="X-Firebase-AppCheck",
            expected=f"an App Check token of Firebase project {number} that has not expired",
            issuer=f"https://firebaseappcheck.googleapis.com/{number}",
            audience=f"projects/{number}",
            only_audience=False,
        )

    async def uid(self, request: Request) -> str | None:
        """Return the user id of a request from a known app. Raises `ProblemError` 401 or 503."""
        await self._check(request)
        return await self._verifier.uid(request)

    async def is_admin(self, request: Request) -> bool:
        """Return whether an admin uses a known app. Raises `ProblemError` 401 or 503."""
        await self._check(request)
        return await self._verifier.is_admin(request)

    async def _check(self, request: Request) -> None:
        await self._rules.verify(self._rules.header_of(request) or "", self._keys)
