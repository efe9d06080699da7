"""Settings: everything that varies by deployment, read once from environment variables."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec


class SettingsError(ValueError):
    """A setting cannot be used, and the function does not start. The message names the setting."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting, by the name of its environment variable.

    `make docs` writes docs/settings.md from these fields, their docstrings, and the comments
    between them, which become headings.
    """

    # Data
    SHELF: str = ".earshot/shelves/demo"
    """where the snapshots are: a folder, or `gs://BUCKET` or `gs://BUCKET/PREFIX`"""
    STORE: str = ".earshot/users.db"
    """where engagements, profiles and summaries are: a SQLite file, or `firestore`"""
    FIREBASE_PROJECT: str = ""
    """id of the Firebase project: whose tokens are accepted, and whose Firestore is used"""
    SCHEMA: str = ""
    """a TOML file in the image that says where an app keeps its data in Firestore, see
    [schema](schema.md); empty: the plain layout"""

    # Users and sessions
    AUTH: Literal["none", "demo", "firebase", "emulator"] = "none"
    """how users sign in: `none`, every session is anonymous; `demo`, the header `X-Demo-User` names
    the user (local only); `firebase`, Firebase ID tokens; `emulator`, the tokens of the Auth
    emulator (local only)"""
    APP_CHECK: str = ""
    """number of the Firebase project, to answer only its own apps (Firebase App Check); empty: any
    app"""
    CURSOR_KEYS: str = ""
    """secrets that sign cursors, at least 16 characters each, separated by commas: the first one
    signs, all are accepted; empty: a random key, with which cursors are valid until the process
    ends. The first key also makes the pseudonyms of users in the log"""
    CURSOR_TTL_S: Annotated[int, msgspec.Meta(ge=60, le=31_536_000)] = 86_400
    """how long a cursor is valid, in seconds"""
    SCENARIO: str = "for_you"
    """the scenario of requests that name none"""
    SCENARIOS: str = ""
    """a folder of further scenarios, `*.toml`"""
    HOME_PAGE: str = ""
    """a TOML file in the image that says which shelves a [home page](home.md) has; empty: the
    shipped one"""
    EXPERIMENT: str = ""
    """a TOML file in the image that splits the users over scenarios, see
    [experiments](experiments.md); empty: no experiment"""
    LOG_DECISIONS: bool = True
    """whether log lines say which episodes sessions showed, which of them were seen, and what was
    done with them, under the pseudonym of a user; reports on [what listeners do](online.md) need
    it"""
    LOG_PARTS: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    """share of new sessions, 0 to 1, whose log line has the whole queue and what its scores are
    made of"""
    SUMMARY_TIMEOUT_S: Annotated[float, msgspec.Meta(gt=0, le=60)] = 0.25
    """how long a session waits for the user's summary, in seconds, not counting the time in which
    the instance is busy with other sessions; the first read of a process may take 2 s"""
    RETRIEVAL: Literal["snapshot", "pinecone"] = "snapshot"
    """where similar episodes come from: the vectors in the snapshot, or an index of Pinecone for
    snapshots without vectors, see [retrieval](retrieval.md)"""
    RETRIEVAL_TIMEOUT_S: Annotated[float, msgspec.Meta(gt=0, le=60)] = 0.3
    """how long a session waits for Pinecone, in seconds; the first calls of a process may take
    2 s"""

    # Limits
    CONCURRENCY: Annotated[int, msgspec.Meta(ge=0)] = 16
    """how many requests an instance works on at once; more are answered 503; 0: any number.
    `deploy.sh` sets it to its `--concurrency`"""
    LIMIT_ADDRESS: str = "1200/minute"
    """requests of one client address, for IPv6 of a /64 network: a number per `second`, `minute`,
    `hour` or `day`, or `off`; see [limits](operations.md#limits)"""
    LIMIT_ANONYMOUS: str = "100/minute"
    """new anonymous sessions of one client address"""
    LIMIT_SESSIONS: str = "600/hour"
    """new sessions of one user"""
    LIMIT_WRITES: str = "1000/hour"
    """engagements, profiles and pages with impressions of one user; deletions are counted apart"""
    ASKS: Annotated[int, msgspec.Meta(ge=1)] = 8
    """how many questions (`POST /api/ask`) an instance answers at once, apart from other requests;
    more are answered 503. An answer takes seconds, and Cloud Run counts it as a request, so half of
    `CONCURRENCY` is the most"""
    LIMIT_ASKS: str = "120/hour"
    """questions of one user, or of one client address without a user"""
    LIMIT_EXPORTS: str = "12/hour"
    """exports of one user's data (`GET /api/me/export`), each of which reads all of them"""
    LIMIT_PHOTOS: str = "60/hour"
    """photos of one user, or of one client address without a user"""
    TRUSTED_HOPS: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0
    """how many proxies before an instance append to `X-Forwarded-For`: the client's address is that
    many entries from its end. With 0 it is the connection's; in the cloud that is always a
    proxy's, and limits by address are off"""
    CORS_ORIGINS: str = ""
    """origins whose pages may call the API, like `https://a.example`, separated by commas; empty:
    only the API's own"""
    SITE_ORIGIN: str = ""
    """origin of the web app, like `https://a.example`, to which the pages of [shared
    episodes](web.md#shared-episodes) lead and under which previews name them; empty: the one at
    which such a page is asked for"""

    # Catalog in memory
    CATALOG_REFRESH_S: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 30.0
    """how old the last look at the shelf may be before a request starts another one, in seconds"""
    CATALOG_MAX_AGE_S: Annotated[int, msgspec.Meta(gt=0)] = 172_800
    """seconds without a build or a scheduled look that succeeded, after which a catalog counts as
    stale (`catalog_stale`). `deploy.sh` sets it to twice the interval of its `--schedule`, at least
    an hour"""
    MEMORY_LIMIT_MB: Annotated[int, msgspec.Meta(ge=0)] = 0
    """memory of the instance in MiB; 0: the limit of its control group, if it has one"""

    # Building the catalog (`publish_catalog`)
    EPISODES: str = ""
    """source of the episodes: `firestore`, `firestore:COLLECTION`, or a file in the image"""
    FEEDS: str = ""
    """addresses of podcast feeds instead of `EPISODES`, separated by spaces"""
    ALLOW_PRIVATE_FEEDS: bool = False
    """whether feeds in private networks are fetched, or only those at public addresses"""
    INCLUDE_BLOCKED: bool = False
    """whether to read shows and episodes that ask not to be in a directory (`itunes:block`,
    `podcast:block`)"""
    FEED_MAX_MB: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 64
    """maximum size of one feed in MiB, decompressed; a larger one is left out and named"""
    FEEDS_MAX_MB: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1024
    """maximum size of all feeds that a build fetches, in MiB; beyond it the copies of the last
    build are used"""
    FEEDS_TIMEOUT_S: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 1200.0
    """time after which a build fetches no further feed, in seconds, and uses the copies of the last
    build"""
    FIELDS: str = ""
    """a TOML file that maps field names, see [episodes](episodes.md)"""
    VECTORS: str = "text"
    """embeddings: `text` for the built-in text embedder, `minilm` for a model that embeds queries,
    too ([search](search.md#a-model-for-queries)), `pinecone`, or an .npz file in the image"""
    NO_VECTORS: bool = False
    """whether snapshots leave their vectors to Pinecone, for `RETRIEVAL=pinecone`"""
    MIN_USERS: Annotated[int, msgspec.Meta(ge=1)] = 5
    """a signal (popularity, neighbours, completion) of fewer users than this is not published"""
    MAX_BAD: str = "10%"
    """how many bad episodes a build may skip, of each feed or of all episodes: a number, or a
    percentage, which always allows one"""
    SIGNALS_INTERVAL_S: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 3_600
    """seconds after which a look at the episodes that finds no change also looks for users'
    summaries that changed, and publishes fresh signals if there are any"""
    KEEP: Annotated[int, msgspec.Meta(ge=1)] = 48
    """how many snapshots stay on the shelf, the current one always"""
    LEASE_S: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 2100.0
    """time in seconds after which a build that does not end no longer prevents others"""

    # Audiences (`find_audience`)
    AUDIENCES: str = ""
    """where the files of audiences are: a folder, or `gs://BUCKET` or `gs://BUCKET/PREFIX`, apart
    from the snapshots, since they name users; empty: the folder `audiences` of `SHELF`, on one
    machine. See [audiences](audience.md)"""

    # Pinecone
    PINECONE_HOST: str = ""
    """host of the index"""
    PINECONE_API_KEY: str = ""
    """API key, a secret"""
    PINECONE_NAMESPACE: str = ""
    """namespace in the index; empty: the default one"""
    PINECONE_MODEL: str = ""
    """Pinecone's model with which a build embeds episodes that the index lacks; empty: none are
    embedded"""

    # Generative models
    MODELS: Literal["none", "gemini", "openai"] = "none"
    """whose generative model answers questions and reads photos: `none`; `gemini`, Google's on
    Vertex AI; `openai`, any endpoint that speaks OpenAI's API, see [models](models.md)"""
    MODEL: str = ""
    """name of the model, such as `gemini-3.8-flash`"""
    EMBEDDING_MODEL: str = ""
    """name of the model that embeds texts, such as `gemini-embedding-2`; empty: none does"""
    GENAI_REGIONS: str = "us-central1,us-east1,europe-west1,asia-southeast1"
    """regions of Vertex AI that share the requests, separated by commas; of `gemini` alone"""
    MODEL_URL: str = ""
    """address of the endpoint, such as `http://localhost:11434/v1` for `openai`; for `gemini`, of
    an emulator instead of Vertex AI (local only)"""
    MODEL_API_KEY: str = ""
    """key of the endpoint, a secret; of `openai` alone: Vertex AI knows the function by its service
    account"""
    MODEL_TIMEOUT_S: Annotated[float, msgspec.Meta(gt=0, le=300)] = 20.0
    """how long an answer waits for the model, in seconds: for all of a short text, or for the first
    words of a stream, and between two of its fragments"""
    MODEL_CONCURRENCY: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 16
    """how many requests to the model an instance has under way at once, over all regions"""
    MODEL_QUEUE: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 32
    """how many more requests wait for their turn; beyond it they are refused at once"""
    MODEL_SPACING_S: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.1
    """least time between the starts of two requests to one region, in seconds"""
    TRANSCRIPTS: bool = False
    """whether builds fetch the chapters and transcripts that episodes name, see
    [transcripts](transcripts.md)"""
    ENRICH: Literal["none", "gemini", "openai"] = "none"
    """whose model fills in what episodes lack while a catalog is built, see
    [enrichment](enrichment.md); `MODEL` names it, and it is the same vendor as that of `MODELS`"""
    ENRICH_MAX_COST: Annotated[float, msgspec.Meta(ge=0, le=100_000)] = 1.0
    """dollars that the calls of one build may cost; the next build goes on"""
    ENRICH_MAX_S: Annotated[float, msgspec.Meta(gt=0, le=1_200)] = 300.0
    """seconds of one build after which no further call begins; all of it may take
    1,800"""
    MODEL_PRICE: str = ""
    """dollars for a million tokens of input and of output, such as `0.75,3.75`; empty: by the price
    file"""

    # Local use and Cloud Run
    NOW: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """a fixed clock (local only)"""
    WEB: str = ""
    """a folder to serve at `/` (local only; in the cloud, Firebase Hosting does it)"""
    K_SERVICE: str = ""
    """set by Cloud Run. With it, settings for local use are refused, and so is data inside an
    instance: `STORE` has to be `firestore`, `SHELF` a bucket, and `create_session` needs
    `CURSOR_KEYS`"""

    @property
    def cursor_keys(self) -> tuple[bytes, ...]:
        """The keys in CURSOR_KEYS as bytes, the signing one first."""
        return tuple(key.encode() for key in _split(self.CURSOR_KEYS))

    @property
    def max_asks(self) -> int:
        """How many questions an instance answers at once."""
        return min(self.ASKS, max(1, self.CONCURRENCY // 2)) if self.CONCURRENCY else self.ASKS

    @property
    def cors_origins(self) -> tuple[str, ...]:
        """The origins in CORS_ORIGINS."""
        return _split(self.CORS_ORIGINS)

    @property
    def genai_regions(self) -> tuple[str, ...]:
        """The regions in GENAI_REGIONS."""
        return _split(self.GENAI_REGIONS)


CLOUD_STORE = "firestore"
_MIN_KEY_BYTES = 16
_LIMITS = [name for name in Settings.__struct_fields__ if name.startswith("LIMIT_")]
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RATE = re.compile(r"off|[1-9][0-9]{0,8}/(second|minute|hour|day)")
_ORIGIN = re.compile(r"\*|https?://[^/?#@\s]+")
_SITE = re.compile(r"https?://[^/?#@\s,]+")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings in an environment; an empty variable counts as not set.

    Raises `SettingsError`.
    """
    given: dict[str, Any] = {
        name: environment[name] for name in Settings.__struct_fields__ if environment.get(name)
    }
    if "NOW" in given and not _DAY.match(given["NOW"]):  # msgspec reads numbers as times, too
        raise SettingsError("NOW: expected a time like 2026-02-06T00:00:00Z")
    try:
        settings = msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"setting {str(error).replace('`', '')}") from error
    if any(len(key) < _MIN_KEY_BYTES for key in settings.cursor_keys):
        raise SettingsError(f"CURSOR_KEYS: expected at least {_MIN_KEY_BYTES} characters each")
    _check_origins(settings)
    for name in _LIMITS:
        if not _RATE.fullmatch(rate := getattr(settings, name)):
            expected = "off, or a number per second, minute, hour or day, like 600/hour"
            raise SettingsError(f"{name}: expected {expected}, got {rate}")
    for name in ("NOW", "WEB"):
        if settings.K_SERVICE and getattr(settings, name):
            raise SettingsError(f"{name} is for local use: expected none in the cloud")
    return settings


def _check_origins(settings: Settings) -> None:
    """Raise `SettingsError` for an origin that none can be."""
    for origin in settings.cors_origins:
        if not _ORIGIN.fullmatch(origin):
            expected = "origins like https://a.example"
            raise SettingsError(f"CORS_ORIGINS: expected {expected}, got {origin}")
    if settings.SITE_ORIGIN and not _SITE.fullmatch(settings.SITE_ORIGIN):
        expected = "an origin like https://a.example"
        raise SettingsError(f"SITE_ORIGIN: expected {expected}, got {settings.SITE_ORIGIN}")


def _split(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())
