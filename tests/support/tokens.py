"""Valid and forged ID tokens, with their keys and certificates."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PROJECT = "podcasts-of-alice"
PEM = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
KEYS = {kid: rsa.generate_private_key(65537, 2048) for kid in ("monday", "tuesday", "forger")}


def certificate(key: Any) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "securetoken")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


CERTIFICATES = {kid: certificate(key) for kid, key in KEYS.items()}
PUBLIC = KEYS["monday"].public_key().public_bytes(*PEM)
SOON = int(time.time()) + 7200  # also at the end of a long run


def claims(project: str = PROJECT, **changes: Any) -> dict[str, Any]:
    """Return the claims of an ID token; a claim changed to None is left out."""
    now = int(time.time())
    made = {
        "iss": f"https://securetoken.google.com/{project}",
        "aud": project,
        "auth_time": now - 60,
        "iat": now - 30,
        "exp": now + 3570,
        "sub": "alice",
        "user_id": "alice",
        "firebase": {"identities": {}, "sign_in_provider": "password"},
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def token(kid: str | None = "monday", signed_by: str = "monday", **changes: Any) -> str:
    headers = {"kid": kid} if kid else {}
    return jwt.encode(claims(**changes), KEYS[signed_by], "RS256", headers)


def handmade(header: Any, payload: Any, signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(payload).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def unsigned(**changes: Any) -> str:
    return handmade({"alg": "none", "typ": "JWT"}, claims("demo-x", **changes))


def hmac_signed(secret: bytes) -> str:
    bare = handmade({"alg": "HS256", "kid": "monday"}, claims()).rstrip(".")
    mac = hmac.digest(secret, bare.encode(), hashlib.sha256)
    return f"{bare}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
