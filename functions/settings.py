"""Settings: all that varies by deployment, read from the environment once, at start-up."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it. The function does not start."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting, by the name of its environment variable."""

    SHELF: str = ".earshot/shelves/demo"
    """where the snapshots are: a folder, or `gs://bucket/prefix`"""
    STORE: str = ".earshot/users.db"
    """where engagements, profiles and summaries are: a SQLite file, or `firestore`"""
    AUTH: Literal["none", "demo", "firebase", "emulator"] = "none"
    """how users are known: not at all, by the header X-Demo-User (local only), by Firebase ID
    tokens, or by those of the Auth emulator (local only)"""
    FIREBASE_PROJECT: str = ""
    """id of the Firebase project: whose tokens are accepted, and whose Firestore is used"""
    APP_CHECK: str = ""
    """number of the Firebase project: only its own apps are answered (Firebase App Check)"""
    CURSOR_KEYS: str = ""
    """secrets that sign cursors, separated by commas: the first signs, all are accepted; none:
    one made at start-up, so that cursors end with the process"""
    CURSOR_TTL_S: Annotated[int, msgspec.Meta(ge=60, le=31_536_000)] = 86_400
    """how long a cursor is good for, seconds"""
    SCENARIO: str = "for_you"
    """the scenario of requests that name none"""
    SCENARIOS: str = ""
    """folder of further scenarios, *.toml"""
    EXPERIMENT: str = ""
    """a TOML file that splits the users over scenarios; none: no experiment"""
    CATALOG_REFRESH_S: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 30.0
    """seconds after which a request has the shelf looked at again"""
    CATALOG_MAX_AGE_S: Annotated[int, msgspec.Meta(gt=0)] = 172_800
    """the age from which a catalog is called stale, seconds: twice what builds are apart"""
    MEMORY_LIMIT_MB: Annotated[int, msgspec.Meta(ge=0)] = 0
    """what the instance has; 0: what its control group says, if anything"""
    SUMMARY_TIMEOUT_S: Annotated[float, msgspec.Meta(gt=0, le=60)] = 0.25
    """how long a session waits for the summary, seconds; the first read of a process has 2 s"""
    CONCURRENCY: Annotated[int, msgspec.Meta(ge=0)] = 16
    """how many requests an instance works on at once, as its --concurrency says; 0: any number"""
    LIMIT_ADDRESS: str = "1200/minute"
    """requests of one client address"""
    LIMIT_ANONYMOUS: str = "100/minute"
    """new sessions of one client address without a user"""
    LIMIT_SESSIONS: str = "600/hour"
    """new sessions of one user"""
    LIMIT_WRITES: str = "1000/hour"
    """writes of one user"""
    TRUSTED_HOPS: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0
    """how many proxies before an instance append to X-Forwarded-For; 0: none, or it is not known"""
    CORS_ORIGINS: str = ""
    """origins whose pages may call the API, separated by commas; none: only its own"""
    EPISODES: str = ""
    """what publish_catalog builds from: `firestore`, `firestore:COLLECTION`, or a file"""
    FEEDS: str = ""
    """or else podcast feeds: addresses separated by spaces"""
    ALLOW_PRIVATE_FEEDS: bool = False
    """whether feeds may lie in a private network"""
    INCLUDE_BLOCKED: bool = False
    """whether to read what asks to be in no directory (itunes:block, podcast:block)"""
    FEED_MAX_MB: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 64
    """MiB of one feed"""
    FEEDS_MAX_MB: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1024
    """MiB of all feeds together that are fetched"""
    FEEDS_TIMEOUT_S: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 1200.0
    """seconds after which no further feed is fetched"""
    FIELDS: str = ""
    """a TOML file that maps an episode's fields onto the records'"""
    VECTORS: str = "text"
    """embeddings: `text` for the built-in embedder, `pinecone`, or an .npz file"""
    NO_VECTORS: bool = False
    """whether snapshots leave their vectors to Pinecone"""
    PINECONE_MODEL: str = ""
    """Pinecone's model that embeds what its index lacks; none: nothing is embedded"""
    MIN_USERS: Annotated[int, msgspec.Meta(ge=1)] = 5
    """a signal that fewer people stand behind is not published"""
    MAX_BAD: str = "10%"
    """how many bad episodes a build may skip, of each feed or else of all: a number or a share"""
    KEEP: Annotated[int, msgspec.Meta(ge=1)] = 10
    """how many snapshots publishing leaves on the shelf"""
    LEASE_S: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 2100.0
    """after how long a build that does not end no longer keeps others from building, seconds"""
    NOW: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """a fixed clock (local only), RFC 3339"""
    WEB: str = ""
    """folder served at / (local; Firebase Hosting does it otherwise)"""
    K_SERVICE: str = ""
    """set by Cloud Run; what is local only is refused where it is"""
    RETRIEVAL: Literal["snapshot", "pinecone"] = "snapshot"
    """where similar episodes come from: the snapshot's vectors, or an index of Pinecone for
    snapshots that hold none"""
    PINECONE_HOST: str = ""
    """the host of the index"""
    PINECONE_API_KEY: str = ""
    PINECONE_NAMESPACE: str = ""
    """the namespace of the index; none: its default one"""
    RETRIEVAL_TIMEOUT_S: Annotated[float, msgspec.Meta(gt=0, le=60)] = 0.3
    """how long a session waits for the search, seconds; the first of a process have 2 s"""

    @property
    def cursor_keys(self) -> tuple[bytes, ...]:
        """The keys as bytes, the signing one first."""
        return tuple(key.encode() for key in _listed(self.CURSOR_KEYS))

    @property
    def cors_origins(self) -> tuple[str, ...]:
        """The origins, each as a browser sends it."""
        return _listed(self.CORS_ORIGINS)


CLOUD_STORE = "firestore"
MIN_KEY_BYTES = 16
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BUCKET = re.compile(r"gs://[^/]+(/|$)")
LIMITS = ("LIMIT_ADDRESS", "LIMIT_ANONYMOUS", "LIMIT_SESSIONS", "LIMIT_WRITES")
_RATE = re.compile(r"off|[1-9][0-9]{0,8}/(second|minute|hour|day)")
_ORIGIN = re.compile(r"\*|https?://[^/?#@\s]+")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment; empty counts as not set. Raises `SettingsError`."""
    given: dict[str, Any] = {
        name: environment[name] for name in Settings.__struct_fields__ if environment.get(name)
    }
    if "NOW" in given and not _DAY.match(given["NOW"]):  # msgspec reads numbers as times, too
        raise SettingsError("NOW: expected a time like 2026-02-06T00:00:00Z")
    try:
        settings = msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"setting {str(error).replace('`', '')}") from error
    if any(len(key) < MIN_KEY_BYTES for key in settings.cursor_keys):
        raise SettingsError(f"CURSOR_KEYS: expected at least {MIN_KEY_BYTES} characters each")
    for origin in settings.cors_origins:
        if not _ORIGIN.fullmatch(origin):
            raise SettingsError(f"CORS_ORIGINS: expected origins like https://a.example: {origin}")
    for name in LIMITS:
        if not _RATE.fullmatch(rate := getattr(settings, name)):
            expected = "off, or a number each second, minute, hour or day, like 600/hour"
            raise SettingsError(f"{name}: expected {expected}: {rate}")
    for name in ("NOW", "WEB"):
        if settings.K_SERVICE and getattr(settings, name):
            raise SettingsError(f"{name} is for local use: expected none")
    return settings


def check_store(settings: Settings) -> None:
    """Raises `SettingsError` where users would be kept inside an instance, and end with it."""
    if settings.K_SERVICE and settings.STORE != CLOUD_STORE:
        raise SettingsError(
            f"STORE: in the cloud expected {CLOUD_STORE}, got {settings.STORE}: "
            "a file there ends with its instance"
        )


def check_shelf(settings: Settings) -> None:
    """Raises `SettingsError` where no other function would find the snapshots."""
    if settings.SHELF.startswith("gs:"):
        if not _BUCKET.match(settings.SHELF):
            raise SettingsError(
                f"SHELF: expected gs://BUCKET or gs://BUCKET/PREFIX, got {settings.SHELF}"
            )
    elif settings.K_SERVICE:
        raise SettingsError(
            f"SHELF: in the cloud expected gs://BUCKET, got {settings.SHELF}: "
            "a folder there ends with its instance"
        )


def check_session(settings: Settings) -> None:
    """What only the session function needs. Raises `SettingsError`."""
    if settings.AUTH in {"firebase", "emulator"} and not settings.FIREBASE_PROJECT:
        raise SettingsError("FIREBASE_PROJECT: expected the id of the Firebase project")
    if settings.AUTH == "emulator" and not settings.FIREBASE_PROJECT.startswith("demo-"):
        raise SettingsError("FIREBASE_PROJECT: with AUTH=emulator expected an id demo-…")
    if settings.APP_CHECK and not re.fullmatch("[0-9]+", settings.APP_CHECK):
        raise SettingsError("APP_CHECK: expected the number of the Firebase project")
    if settings.RETRIEVAL == "pinecone":
        if not settings.PINECONE_HOST:
            raise SettingsError("PINECONE_HOST: with RETRIEVAL=pinecone expected an index's host")
        if not settings.PINECONE_API_KEY:
            raise SettingsError("PINECONE_API_KEY: with RETRIEVAL=pinecone expected a key")
    if settings.K_SERVICE:
        if settings.AUTH in {"demo", "emulator"}:
            raise SettingsError(f"AUTH={settings.AUTH} is for local use: expected firebase")
        if not settings.cursor_keys:
            raise SettingsError("CURSOR_KEYS: expected at least one key")
    check_store(settings)
    check_shelf(settings)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())
