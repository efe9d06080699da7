"""The scheduled look: publishes what changed since the last one; often that is nothing.

A look reads the episodes, which costs little from a source that reads only changes. If an episode
changed, it builds, with fresh signals. If none did, it looks for users' summaries that changed, but
not more often than signals should be renewed. The first look of a day (UTC) reads everything.

Episodes that the gate refused are not built again before signals should be renewed: a refused build
leaves no state, so each try reads every summary. Meanwhile no chapters or transcripts are fetched.
"""

from collections.abc import Iterator
from itertools import chain

import msgspec

from catalog_builder import continuation, job
from catalog_builder.errors import CommandError, Superseded
from catalog_builder.inputs import BuildInputs, EpisodesRead, read_episodes
from catalog_builder.publish import publisher
from catalog_builder.report import LookReport, first_lines, problem_lines
from catalog_builder.signals.state import SignalState
from feed.model.engagement import Summary
from feed.model.timestamps import to_us
from feed.ports.builds import BuildCache
from feed.ports.errors import Refused
from feed.ports.shelf import LookTimes, Shelf

SECOND_US = 1_000_000
EARLY_US = 60 * SECOND_US
"""a look may begin so much earlier after the one before than the schedule says"""
REFUSAL = "refusal.json"
"""Name in the build cache of what the gate last refused."""


class _Refusal(msgspec.Struct, frozen=True):
    """What the gate last refused."""

    episodes: str
    """`episodes_digest`"""
    at_us: int
    """microseconds since 1970"""
    reason: str


def look(
    shelf: Shelf,
    cache: BuildCache,
    inputs: BuildInputs,
    *,
    keep: int,
    signals_interval_s: float,
    full: bool = False,
    force: bool = False,
) -> LookReport:
    """Publishes a catalog if something changed, and notes at the pointer when it looked.

    `keep` and `force` are as in `job.publish`; with `full` everything is read and published. Raises
    `CommandError`, `Superseded` and `Unavailable`.
    """
    now_us, interval_us = to_us(inputs.now), signals_interval_s * SECOND_US - EARLY_US
    state = None if full else continuation.load_state(shelf, cache, inputs.now, inputs.parameters)
    # What is fetched for a build that is refused is lost, and would be fetched by each look.
    is_refused = inputs.transcripts is not None and _last_refusal(cache, now_us - interval_us)
    read = read_episodes(inputs, asks_files=full or force or not is_refused)
    changed: Iterator[Summary] | None = None
    if state is not None and read.digest == state.episodes:
        pointer = publisher.current_pointer(shelf)
        last_us = pointer.looks.signals_us if pointer and pointer.looks else 0
        is_due = now_us - last_us >= interval_us
        is_searchable = True
        try:
            changed = _changed_summaries(inputs, state) if is_due else None
        except Refused:  # then a build reads all of them, and says so
            is_searchable = False
        if pointer is not None and changed is None and is_searchable:
            looks = LookTimes(now_us, now_us if is_due else last_us, state.full_us)
            publisher.note_looks(shelf, pointer, looks)
            return _unchanged(pointer.version, read)
    refusal = None if full or force else _last_refusal(cache, now_us - interval_us)
    if refusal and refusal.episodes == read.digest:
        raise CommandError(refusal.reason)
    before = continuation.resume(shelf, state) if state is not None else None
    built = job.build_of(read, inputs, before, changed)
    full_us = before.state.full_us if before else now_us
    looks = LookTimes(now_us, now_us, full_us)
    try:
        return job.publish(shelf, built, keep=keep, force=force, cache=cache, looks=looks)
    except Superseded:
        raise
    except CommandError as error:
        refused = _Refusal(read.digest, now_us, str(error))
        cache.save(REFUSAL, msgspec.json.encode(refused))
        raise


def _last_refusal(cache: BuildCache, since_us: float) -> _Refusal | None:
    """What the gate last refused, if that was later than `since_us`."""
    data = cache.load(REFUSAL)
    try:
        found = None if data is None else msgspec.json.decode(data, type=_Refusal)
    except msgspec.DecodeError:
        return None
    return found if found and found.at_us > since_us else None


def _changed_summaries(inputs: BuildInputs, state: SignalState) -> Iterator[Summary] | None:
    """The summaries that may have what `state` has not counted; None if there are none."""
    if inputs.users is None:
        return None
    found = iter(inputs.users.changed_since(state.changed_since_us))
    first = next(found, None)
    return None if first is None else chain([first], found)


def _unchanged(version: str, read: EpisodesRead) -> LookReport:
    feeds, skipped = problem_lines(read.found.problems)
    return LookReport(
        status="unchanged",
        version=version,
        episodes=len(read.found.episodes),
        skipped=len(skipped),
        feed_problems=len(feeds),
        problems=first_lines(feeds, skipped),
        notes=list(read.found.notes),
        seconds={"read": round(read.seconds, 3)},
    )
