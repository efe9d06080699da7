"""What a catalog is built from, and the reading of its episodes."""

import time
from dataclasses import dataclass, replace
from datetime import datetime

from catalog_builder.enrichment.models.enricher import ModelEnricher
from catalog_builder.episodes.allowance import Allowance
from catalog_builder.episodes.validation import Fields, ValidationResult, validate_episodes
from catalog_builder.progress import stage, track
from catalog_builder.signals.aggregates import MIN_USERS, SignalParameters
from catalog_builder.signals.state import episodes_digest
from catalog_builder.texts.spool import TextSpool
from catalog_builder.transcripts.fetcher import TranscriptFetcher
from feed.ports.episodes import EpisodeSource, VectorStore
from feed.ports.users import SummaryArchive


@dataclass(frozen=True, kw_only=True)
class BuildInputs:
    """What a catalog is built from."""

    episodes: EpisodeSource
    vectors: VectorStore
    now: datetime
    """creation time of the catalog"""
    fields: Fields | None = None
    """where records have the fields of an episode; None: under the same names"""
    max_bad: Allowance
    """invalid episodes that are allowed, in each feed, or among all of another source"""
    users: SummaryArchive | None = None
    """summaries that signals are computed from; None: no signals"""
    min_users: int = MIN_USERS
    """fewest users that a published signal may come from"""
    until_us: int | None = None
    """engagements before this moment count, microseconds since 1970; None: all do"""
    keep_vectors: bool = True
    """whether the catalog holds its vectors; otherwise sessions search an external store"""
    notes: TextSpool | None = None
    """keeps the notes of episodes; None: they are dropped"""
    enricher: ModelEnricher | None = None
    """fills in what episodes lack; None: they stay as they are"""
    transcripts: TranscriptFetcher | None = None
    """fetches chapters and transcripts; None: episodes have none"""

    @property
    def spools(self) -> list[TextSpool]:
        """What keeps the texts of episodes."""
        of_transcripts = self.transcripts.spool if self.transcripts else None
        return [one for one in (self.notes, of_transcripts) if one is not None]

    @property
    def parameters(self) -> SignalParameters:
        """The parameters that signals are computed with."""
        return SignalParameters(min_users=self.min_users)


@dataclass(frozen=True)
class EpisodesRead:
    """All episodes, as they were read and validated."""

    found: ValidationResult
    digest: str
    """`episodes_digest` of them, and of how a catalog is made of them"""
    seconds: float


def read_episodes(inputs: BuildInputs, *, asks_files: bool = True) -> EpisodesRead:
    """Reads, validates and enriches all episodes. Raises `CommandError` and `Unavailable`.

    Without `asks_files` they have those chapters and transcripts that are published.
    """
    began = time.monotonic()
    found = validate_episodes(
        track(inputs.episodes.read(), "episodes"), inputs.fields, inputs.max_bad, inputs.notes
    )
    if inputs.enricher is not None:
        with stage("enrichment"):
            episodes, remarks = inputs.enricher.enrich(found.episodes)
        found = replace(found, episodes=episodes, notes=[*found.notes, *remarks])
    if inputs.transcripts is not None:
        with stage("transcripts"):
            episodes, remarks = inputs.transcripts.fetch(found.episodes, asks=asks_files)
        found = replace(found, episodes=episodes, notes=[*found.notes, *remarks])
    how = type(inputs.vectors).__name__, str(inputs.keep_vectors)
    digest = episodes_digest(found.episodes, *how)
    return EpisodesRead(found, digest, time.monotonic() - began)
