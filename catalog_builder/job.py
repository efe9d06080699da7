"""The build job: reads, embeds, builds, publishes and prunes, and reports what it did."""

import itertools
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from catalog_builder import continuation
from catalog_builder.build import build_with_signals, with_signals
from catalog_builder.continuation import Continuation
from catalog_builder.inputs import BuildInputs, EpisodesRead, read_episodes
from catalog_builder.insights.names import episode_names, names_on_cards
from catalog_builder.progress import say, stage, track
from catalog_builder.publish import publisher
from catalog_builder.publish.gate import MIN_COVERAGE
from catalog_builder.report import MAX_EPISODE_LINES, BuildReport, first_lines, problem_lines
from catalog_builder.signals.passes import FullPass, IncrementalPass, SignalPass
from catalog_builder.signals.popularity import engagements_before
from catalog_builder.signals.state import SignalState
from catalog_builder.texts.writer import BuiltTexts, with_texts
from catalog_builder.transcripts.words import without_common
from feed.catalog.catalog import Catalog
from feed.model.engagement import Summary
from feed.model.timestamps import rfc3339, to_us
from feed.ports.builds import BuildCache, Leases
from feed.ports.episodes import SourceProblem
from feed.ports.errors import Refused, Unavailable
from feed.ports.shelf import LookTimes, Shelf

LEASE = "build"
LEASE_TIMEOUT_S = 10.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BuildResult:
    """A catalog that was built, and what was left out of it."""

    catalog: Catalog
    problems: list[SourceProblem]
    """episodes and feeds that were left out"""
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    """duration of each step"""
    summaries: int = 0
    """users' summaries that were read"""
    state: SignalState | None = None
    """what the next build may continue from; its version is not known yet"""
    texts: Sequence[BuiltTexts] = ()
    """texts of the episodes, of each kind of which there are any"""
    spoken: Sequence[str] = ()
    """telling words of each row's transcript"""


def build(inputs: BuildInputs, before: Continuation | None = None) -> BuildResult:
    """Reads all inputs and builds a catalog. Raises `CommandError` and `Unavailable`."""
    return build_of(read_episodes(inputs), inputs, before)


def build_of(
    read: EpisodesRead,
    inputs: BuildInputs,
    before: Continuation | None,
    changed: Iterable[Summary] | None = None,
) -> BuildResult:
    """Builds a catalog of episodes; reads all other inputs. Raises `CommandError`, `Unavailable`.

    With `before` it reads only the summaries that changed since, or takes those of `changed`;
    neighbours and what else is not renewed by them stay as they were. If the episodes are
    unchanged, so is everything else.
    """
    found, seconds = read.found, {"read": read.seconds}
    feeds, skipped = problem_lines(found.problems)
    for line in [*feeds, *skipped[:MAX_EPISODE_LINES]]:
        say(f"skipped: {line}")
    if len(skipped) > MAX_EPISODE_LINES:
        say(f"skipped: {len(skipped) - MAX_EPISODE_LINES} more")
    for note in found.notes:
        say(f"note: {note}")
    say(f"{len(found.episodes):,} episodes, {len(skipped):,} skipped")
    notes = list(found.notes)
    try:
        made = _make_catalog(inputs, read, before, changed, seconds)
    except Refused as error:
        if before is None:
            raise
        notes.append(f"every summary was read, because those that changed cannot be: {error}")
        made = _make_catalog(inputs, read, None, None, seconds)
    if spools := inputs.spools:
        with _timer(seconds, "texts"), stage("texts"):
            catalog, texts = with_texts(made.catalog, found.episodes, spools)
        order = catalog.source_order.tolist()
        spoken = without_common([found.episodes[place].spoken or "" for place in order])
        made = replace(made, catalog=catalog, texts=texts, spoken=spoken)
        notes += [remark for one in texts for remark in one.remarks]
    return replace(made, problems=found.problems, notes=notes, seconds=seconds)


def _make_catalog(
    inputs: BuildInputs,
    read: EpisodesRead,
    before: Continuation | None,
    changed: Iterable[Summary] | None,
    seconds: dict[str, float],
) -> BuildResult:
    """The catalog of these episodes; reads their vectors, unless nothing but signals changes."""
    episodes = read.found.episodes
    summaries_read = itertools.count()
    signals = _signal_pass(inputs, before, changed, summaries_read)
    if before and before.state.episodes == read.digest:
        with _timer(seconds, "catalog"), stage("catalog"):
            catalog = replace(before.catalog, created_us=to_us(inputs.now))
            names = episode_names(catalog, names_on_cards(catalog))
            computed = signals.compute(catalog, names, None)
            catalog = with_signals(catalog, computed)
    else:
        with _timer(seconds, "vectors"), stage("vectors"):
            vectors = inputs.vectors.vectors(episodes)
        if episodes and not vectors.present.any():
            say(f"note: {vectors.model} has a vector for none of these {len(episodes):,} episodes")
        with _timer(seconds, "catalog"), stage("catalog"):
            catalog, computed = build_with_signals(
                episodes, vectors, inputs.now, signals, keep_vectors=inputs.keep_vectors
            )
    state = None
    if inputs.until_us is not None:
        full_us = before.state.full_us if before else to_us(inputs.now)
        state = SignalState(
            version="",
            episodes=read.digest,
            parameters=repr(inputs.parameters),
            full_us=full_us,
            until_us=inputs.until_us,
            counts=computed.counts,
            listeners=computed.listeners,
        )
    return BuildResult(catalog, [], summaries=next(summaries_read), state=state)


def _signal_pass(
    inputs: BuildInputs,
    before: Continuation | None,
    changed: Iterable[Summary] | None,
    read: Iterator[int],
) -> SignalPass:
    """What computes the signals; takes a number from `read` for each summary that it reads."""
    until_us = inputs.until_us

    def counted(summaries: Iterable[Summary]) -> Iterator[Summary]:
        for one, _ in zip(track(summaries, "users"), read, strict=False):
            yield one if until_us is None else engagements_before(one, until_us)

    if before is None or inputs.users is None or until_us is None:
        summaries = inputs.users.summaries() if inputs.users else ()
        return FullPass(counted(summaries), inputs.parameters)
    if changed is None:
        changed = inputs.users.changed_since(before.state.changed_since_us)
    return IncrementalPass(
        before=before.catalog,
        counts=before.state.counts,
        listeners=before.state.listeners,
        changed=counted(changed),
        since_us=before.state.until_us,
        until_us=until_us,
        min_users=inputs.min_users,
    )


def publish(
    shelf: Shelf,
    result: BuildResult,
    *,
    keep: int,
    force: bool = False,
    min_coverage: float = MIN_COVERAGE,
    cache: BuildCache | None = None,
    looks: LookTimes | None = None,
) -> BuildReport:
    """Publishes a catalog and deletes all but the newest `keep` versions, never the current one.

    Then saves in `cache` what the next build continues from. Raises `CommandError` and
    `Unavailable`; readers keep the last catalog until the pointer moves, which is the publisher's
    last step.
    """
    seconds = dict(result.seconds)
    with _timer(seconds, "publish"):
        done = publisher.publish(
            shelf,
            result.catalog,
            result.texts,
            result.spoken,
            force=force,
            min_coverage=min_coverage,
            looks=looks,
        )
        if cache is not None and result.state is not None:
            continuation.save(cache, result.state, done.pointer.version)
    notes, pruned = [*result.notes, *done.notes], []
    feeds, skipped = problem_lines(result.problems)
    with _timer(seconds, "prune"):
        try:
            pruned = publisher.prune(shelf, keep)
        except Unavailable as error:  # the catalog is published; the next build prunes
            notes.append(f"old versions were not deleted: {error}")
    catalog = replace(result.catalog, version=done.pointer.version)
    return BuildReport(
        status="unchanged" if done.unchanged else "published",
        version=catalog.version,
        created_at=rfc3339(catalog.created_us),
        episodes=len(catalog),
        series=len(catalog.series_ids),
        categories=len(catalog.categories),
        with_notes=catalog.notes.count if catalog.notes else 0,
        with_transcripts=catalog.transcripts.count if catalog.transcripts else 0,
        embedded=int(catalog.embeddings.present.sum()),
        signalled=int((catalog.signals.listeners > 0).sum()),
        summaries=result.summaries,
        model=catalog.model,
        dimension=catalog.dimension,
        skipped=len(skipped),
        feed_problems=len(feeds),
        problems=first_lines(feeds, skipped),
        notes=notes,
        pruned=[entry.version for entry in pruned],
        seconds={name: round(took, 3) for name, took in seconds.items()},
    )


@contextmanager
def build_lease(leases: Leases, owner: str, ttl_s: float, now: datetime) -> Iterator[None]:
    """Holds the lease that keeps two builds from running at once.

    Raises `Conflict` while another build holds it. A lease that cannot be released expires.
    """
    lease = leases.acquire(LEASE, owner, ttl_s, now.timestamp(), LEASE_TIMEOUT_S)
    try:
        yield
    finally:
        try:
            leases.release(lease, LEASE_TIMEOUT_S)
        except Unavailable as error:
            log.warning("the lease was not released and blocks builds until it expires: %s", error)


@contextmanager
def _timer(seconds: dict[str, float], step: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    finally:
        seconds[step] = time.monotonic() - began
