"""What a build reads and how: the options of the command line, and of the scheduled job."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from catalog_builder.episodes.allowance import Allowance, parse_allowance
from catalog_builder.signals.aggregates import MIN_USERS

FIRESTORE = "firestore"
PINECONE = "pinecone"
MINILM = "minilm"
REGIONS = ("us-central1", "us-east1", "europe-west1", "asia-southeast1")
"""regions of Vertex AI that share the calls, unless others are named"""


@dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """What a build reads and how, as the command line or the settings of the scheduled job say."""

    episodes: str = ""
    """a file, `firestore` or `firestore:COLLECTION`; empty: a demo, unless there are feeds"""
    feeds: Sequence[str] = ()
    """URLs and files of feeds, of lists of feeds, or of OPML"""
    allow_private_feeds: bool = False
    """whether feeds may be in a private network or on this machine"""
    include_blocked: bool = False
    """whether to read feeds and episodes that ask to be in no directory"""
    feed_max_mb: int = 64
    """largest feed, in MiB"""
    feeds_max_mb: int = 1024
    """all fetched feeds together, in MiB"""
    feeds_timeout_s: float = 1200.0
    """seconds after which no further feed is fetched"""
    fields: Path | None = None
    """TOML file that maps the names of a record's fields; None: they are those of an episode"""
    max_bad: Allowance = field(default_factory=lambda: parse_allowance("10%"))
    """invalid episodes that are allowed, in each feed, or among all of another source"""
    vectors: str = ""
    """a file, `minilm`, or `pinecone`; empty: computed from the text by the built-in embedder"""
    no_vectors: bool = False
    """whether the catalog leaves its vectors to an external store"""
    pinecone_host: str = ""
    pinecone_api_key: str = field(default="", repr=False)
    pinecone_namespace: str = ""
    pinecone_model: str = ""
    """model that embeds the episodes missing from the index; empty: they stay without a vector"""
    users: str = ""
    """summaries that signals are computed from: a SQLite file or `firestore`; empty: none"""
    min_users: int = MIN_USERS
    """fewest users that a published signal may come from"""
    project: str = ""
    """project of Firestore; empty: the one that the credentials name"""
    schema: str = ""
    """TOML file that says where an app keeps its data in Firestore; empty: the plain layout"""
    cache: str = ".earshot"
    """where reads are cached: a folder, or `gs://bucket/prefix`"""
    full: bool = False
    """whether to read everything again in spite of the cache"""
    transcripts: bool = False
    """whether to fetch the chapters and transcripts that episodes name"""
    enrich: str = "none"
    """whose model fills in what episodes lack: `gemini`, `openai`, or `none`"""
    enrich_batch: int = 4
    """episodes in one call"""
    enrich_at_once: int = 8
    """calls under way"""
    enrich_max_s: float | None = None
    """seconds after which no further call begins; None: all are made"""
    max_cost: float | None = None
    """dollars that calls of one build may cost; None: whatever they cost"""
    model_price: str = ""
    """dollars for a million tokens of input and output; empty: by the price file"""
    model: str = ""
    model_url: str = ""
    model_api_key: str = field(default="", repr=False)
    model_regions: tuple[str, ...] = REGIONS

    @property
    def is_demo(self) -> bool:
        """Whether the episodes are those of the demo."""
        return not (self.episodes or self.feeds)

    @property
    def files(self) -> list[Path]:
        """The local files that the build reads."""
        named = [self.episodes, self.vectors, *self.feeds, str(self.fields or "")]
        return [path for path in map(Path, filter(None, named)) if path.exists()]
