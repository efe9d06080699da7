"""Users by their Firebase ID tokens, and, where it is switched on, apps by their App Check tokens.

What a token must hold: firebase.google.com/docs/auth/admin/verify-id-tokens (a JWT library of
one's own) and firebase.google.com/docs/app-check/custom-resource-backend.
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
"""Characters. An ID token with all the custom claims that Firebase allows has about 3,000."""
LEEWAY_S = 10
"""how far our clock and Google's may be apart"""

_CHECKS = ("verify_iss", "verify_aud", "verify_exp", "verify_iat", "verify_nbf", "verify_sub")
MAX_UID = 128
"""Characters. Firebase allows any; of those, the ones that name a document in Firestore."""


class _Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What tokens of one kind must be, and how one that is not is refused."""

    field: str
    expected: str
    issuer: str
    audience: str
    only_audience: bool

    def sent(self, request: Request) -> str | None:
        """The header that carries the token, None where there is none."""
        sent = request.headers.getlist(self.field)
        if len(sent) > 1:
            raise self.refused("more than one was sent")
        return sent[0] if sent else None

    async def signed(self, token: str, keys: GoogleKeys) -> dict[str, Any]:
        """The claims of a token that Google signed. Raises `ProblemError` 401 or 503."""
        header = self._header(token)
        if header.get("alg") != "RS256" or not header.get("kid"):
            raise self.refused()
        key = await keys.key(header["kid"])
        if key is None:
            raise self.refused()
        return self._claims(token, key)

    def unsigned(self, token: str) -> dict[str, Any]:
        """The claims of a token that nobody signed. Raises `ProblemError` 401."""
        if self._header(token).get("alg") != "none" or not token.endswith("."):
            raise self.refused()
        return self._claims(token, None)

    def refused(self, why: str = "this token is not accepted") -> ProblemError:
        """401. Says what would be accepted, and hardly what was wrong."""
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
            raise self.refused()
        try:
            return jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise self.refused() from error

    def _claims(self, token: str, key: RSAPublicKey | None) -> dict[str, Any]:
        options: Any = {
            **dict.fromkeys(_CHECKS, True),  # by name: PyJWT drops them with the signature's
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
            raise self.refused("the token has expired") from error
        except jwt.ImmatureSignatureError as error:
            raise self.refused("the token is not valid yet") from error
        except jwt.PyJWTError as error:
            raise self.refused() from error
        return claims


class FirebaseUsers:
    """The users of a Firebase project, by `Authorization: Bearer` and their ID token."""

    def __init__(self, project: str, keys: GoogleKeys | None = None) -> None:
        if not project:
            raise SettingsError("FIREBASE_PROJECT: expected the id of the Firebase project")
        self._keys = keys or GoogleKeys()
        self._tokens = _Tokens(
            field="Authorization",
            expected=f"Bearer and an ID token of Firebase project {project} that has not expired",
            issuer=f"https://securetoken.google.com/{project}",
            audience=project,
            only_audience=True,
        )

    async def uid(self, request: Request) -> str | None:
        """The user whose token it is, None without a token. Raises `ProblemError` 401 or 503."""
        claims = await self._claims(request)
        return None if claims is None else str(claims["sub"])

    async def is_admin(self, request: Request) -> bool:
        """Whether the token has the custom claim `admin: true`. Raises as `uid`."""
        claims = await self._claims(request)
        return claims is not None and claims.get("admin") is True

    async def _claims(self, request: Request) -> dict[str, Any] | None:
        """What the token says of its user, None without a token."""
        sent = self._tokens.sent(request)
        if sent is None:
            return None
        scheme, _, token = sent.strip().partition(" ")
        if scheme.lower() != "bearer":
            raise self._tokens.refused("no Bearer token was sent")
        claims = await self._verified(token.lstrip())
        uid, signed_in_at = str(claims["sub"]), claims.get("auth_time")
        in_the_past = type(signed_in_at) is int and signed_in_at <= time.time() + LEEWAY_S
        if not in_the_past:
            raise self._tokens.refused()
        if len(uid) > MAX_UID or not is_document_id(uid):
            raise self._tokens.refused("no document can be named by this user's id (docs/api.md)")
        return claims

    async def _verified(self, token: str) -> dict[str, Any]:
        return await self._tokens.signed(token, self._keys)


class EmulatorUsers(FirebaseUsers):
    """The users of the Auth emulator, whose tokens anybody can write: never in the cloud."""

    def __init__(self, project: str, *, k_service: str) -> None:
        super().__init__(project)
        if k_service:
            raise SettingsError("AUTH=emulator is for local use: expected firebase")
        if not project.startswith("demo-"):
            raise SettingsError("FIREBASE_PROJECT: with AUTH=emulator expected an id demo-…")

    async def _verified(self, token: str) -> dict[str, Any]:
        return self._tokens.unsigned(token)


class AppChecked:
    """Lets in only what App Check knows as one of the project's apps, then asks who the user is."""

    def __init__(self, users: Verifier, number: str, keys: GoogleKeys | None = None) -> None:
        if not number.isdecimal():
            raise SettingsError("APP_CHECK: expected the number of the Firebase project")
        self._users = users
        self._keys = keys or GoogleKeys(APP_CHECK_URL, key_set)
        self._tokens = _Tokens(
            field="X-Firebase-AppCheck",
            expected=f"an App Check token of Firebase project {number} that has not expired",
            issuer=f"https://firebaseappcheck.googleapis.com/{number}",
            audience=f"projects/{number}",
            only_audience=False,
        )

    async def uid(self, request: Request) -> str | None:
        """As the verifier within has it. Raises `ProblemError` 401 or 503."""
        await self._check(request)
        return await self._users.uid(request)

    async def is_admin(self, request: Request) -> bool:
        """As the verifier within has it. Raises `ProblemError` 401 or 503."""
        await self._check(request)
        return await self._users.is_admin(request)

    async def _check(self, request: Request) -> None:
        await self._tokens.signed(self._tokens.sent(request) or "", self._keys)
