"""The job: read, embed, build, publish, prune, one straight line, and the report of it."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from catalog_builder.build import build_catalog
from catalog_builder.episodes.allowance import Allowance
from catalog_builder.episodes.validation import Fields, read_episodes
from catalog_builder.progress import say, stage, track
from catalog_builder.publish import publisher as publishing
from catalog_builder.publish.gate import MIN_COVERAGE
from catalog_builder.signals.aggregates import MIN_USERS, SignalParameters
from feed.catalog.catalog import Catalog
from feed.model.timestamps import rfc3339
from feed.ports.builds import Leases
from feed.ports.episodes import EpisodeSource, Problem, VectorStore
from feed.ports.errors import Unavailable
from feed.ports.shelf import Shelf
from feed.ports.users import SummaryArchive

LEASE = "build"
LEASE_TIMEOUT_S = 10.0
SHOWN_PROBLEMS = 20
SHOWN_FEEDS = 100
MAX_LINE_CHARS = 1_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What a catalog is built from."""

    episodes: EpisodeSource
    vectors: VectorStore
    now: datetime
    fields: Fields | None = None
    max_bad: Allowance
    """how many bad episodes are allowed among so many: of each feed, or else of all"""
    users: SummaryArchive | None = None
    """whose summaries make the signals; None: there are none"""
    min_users: int = MIN_USERS
    """what fewer stand behind is not published"""
    keep_vectors: bool = True
    """whether the catalog holds its vectors, or leaves them to a search"""


@dataclass(frozen=True)
class Built:
    """A catalog, and what was skipped on the way to it."""

    catalog: Catalog
    skipped: list[Problem]
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    """by step"""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one run of the job did, for logs and answers."""

    status: str
    """`published` or `unchanged`"""
    version: str
    created_at: str
    episodes: int
    series: int
    categories: int
    embedded: int
    signalled: int
    """episodes that enough people stand behind to say how popular they are"""
    model: str
    dimension: int
    skipped: int
    """episodes that were bad"""
    feed_problems: int
    """feeds that were left out, read from an earlier copy, or read with something to tell"""
    problems: list[str]
    """the first of those feeds, then of those episodes: where and why"""
    notes: list[str]
    pruned: list[str]
    """versions that went"""
    seconds: dict[str, float]


def build(inputs: Inputs) -> Built:
    """Read everything and build a catalog. Raises `CommandError`, and `Unavailable`."""
    seconds: dict[str, float] = {}
    with _timed(seconds, "read"):
        read = read_episodes(
            track(inputs.episodes.read(), "episodes"), inputs.fields, inputs.max_bad
        )
    feeds, skipped = _feeds(read.bad), _episodes(read.bad)
    for line in [*feeds, *skipped[:SHOWN_PROBLEMS]]:
        say(f"skipped: {line}")
    if len(skipped) > SHOWN_PROBLEMS:
        say(f"skipped: {len(skipped) - SHOWN_PROBLEMS} more")
    for note in read.notes:
        say(f"note: {note}")
    say(f"{len(read.episodes):,} episodes, {len(skipped):,} skipped")
    with _timed(seconds, "vectors"), stage("vectors"):
        vectors = inputs.vectors.vectors(read.episodes)
    if read.episodes and not vectors.present.any():
        say(f"note: {vectors.model} has none of these {len(read.episodes):,} episodes' ids")
    with _timed(seconds, "catalog"), stage("catalog"):
        summaries = inputs.users.summaries() if inputs.users else ()
        catalog = build_catalog(
            read.episodes,
            vectors,
            inputs.now,
            summaries=track(summaries, "users"),
            parameters=SignalParameters(min_users=inputs.min_users),
            keep_vectors=inputs.keep_vectors,
        )
    return Built(catalog, read.bad, read.notes, seconds)


def publish(
    shelf: Shelf,
    built: Built,
    *,
    keep: int,
    force: bool = False,
    min_coverage: float = MIN_COVERAGE,
) -> Report:
    """Publish a catalog, and delete all but the newest `keep` versions, never the current one.

    Raises `CommandError`, and `Unavailable`; until the pointer has moved, readers keep what they
    have.
    """
    seconds = dict(built.seconds)
    with _timed(seconds, "publish"):
        done = publishing.publish(shelf, built.catalog, force=force, min_coverage=min_coverage)
    notes, pruned = [*built.notes, *done.notes], []
    feeds, skipped = _feeds(built.skipped), _episodes(built.skipped)
    with _timed(seconds, "prune"):
        try:
            pruned = publishing.prune(shelf, keep)
        except Unavailable as error:  # the catalog is published all the same; next time, then
            notes.append(f"old versions are still there: {error}")
    catalog = replace(built.catalog, version=done.pointer.version)
    return Report(
        status="unchanged" if done.unchanged else "published",
        version=catalog.version,
        created_at=rfc3339(catalog.created_us),
        episodes=len(catalog),
        series=len(catalog.series_ids),
        categories=len(catalog.categories),
        embedded=int(catalog.embeddings.present.sum()),
        signalled=int((catalog.signals.listeners > 0).sum()),
        model=catalog.model,
        dimension=catalog.dimension,
        skipped=len(skipped),
        feed_problems=len(feeds),
        problems=[*feeds[:SHOWN_FEEDS], *skipped[:SHOWN_PROBLEMS]],
        notes=notes,
        pruned=[entry.version for entry in pruned],
        seconds={name: round(took, 3) for name, took in seconds.items()},
    )


def _feeds(problems: list[Problem]) -> list[str]:
    return [_line(problem) for problem in problems if problem.whole_source]


def _episodes(problems: list[Problem]) -> list[str]:
    return [_line(problem) for problem in problems if not problem.whole_source]


def _line(problem: Problem) -> str:
    return f"{problem.where}: {problem.reason}"[:MAX_LINE_CHARS]


@contextmanager
def alone(leases: Leases, owner: str, ttl_s: float, now: datetime) -> Iterator[None]:
    """Do something while nobody else builds. Raises `Conflict` where somebody does.

    A lease that cannot be given back expires by itself.
    """
    lease = leases.acquire(LEASE, owner, ttl_s, now.timestamp(), LEASE_TIMEOUT_S)
    try:
        yield
    finally:
        try:
            leases.release(lease, LEASE_TIMEOUT_S)
        except Unavailable as error:
            log.warning("the lease stays until it expires: %s", error)


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    finally:
        seconds[step] = time.monotonic() - began
