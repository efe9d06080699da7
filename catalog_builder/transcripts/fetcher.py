"""Fetches the chapters and transcripts that episodes name, within the limits of one build."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple

import msgspec

from catalog_builder.progress import counter
from catalog_builder.texts.spool import TextSpool
from catalog_builder.transcripts.cues import TranscriptError
from catalog_builder.transcripts.document import read_chapters, read_transcript
from catalog_builder.transcripts.hosts import HostLeftAloneError, LeftForLaterError, PoliteFiles
from catalog_builder.transcripts.memory import Addresses, Fetched, FetchMemory
from catalog_builder.transcripts.rules import spool_text
from catalog_builder.transcripts.words import telling_words
from feed.model.episode import Episode
from feed.model.transcript import Chapter, Transcript, TranscriptPart
from feed.ports.builds import BuildCache
from feed.ports.errors import Unavailable
from feed.ports.web import Validators, WebFile, WebFiles

MAX_EPISODES = 2_000
"""whose files one build asks for"""
MAX_REASONS = 3
"""named in the report"""

log = logging.getLogger(__name__)


class _Job(NamedTuple):
    """The files of one or more episodes."""

    key: str
    addresses: Addresses
    known: Fetched
    """without a digest where what was read before is gone"""


class _Outcome:
    """What came of the fetching of one build."""

    def __init__(self) -> None:
        self.waiting = 0
        """episodes whose files are left to later builds"""
        self.reasons: Counter[str] = Counter()
        """why files could not be used"""


class TranscriptFetcher:
    """Gives episodes the digests of their chapters and transcripts, which its spool keeps.

    And the telling words of their transcripts.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractAsyncContextManager[WebFiles]],
        cache: BuildCache,
        spool: TextSpool,
        now_s: float,
    ) -> None:
        """Fetch nothing yet. `connect` opens the web; `now_s` is in seconds since 1970."""
        self.spool = spool
        self._connect = connect
        self._cache = cache
        self._now_s = now_s

    def fetch(
        self, episodes: Sequence[Episode], *, asks: bool = True
    ) -> tuple[list[Episode], list[str]]:
        """Returns the episodes with the digests of what they have, and remarks for the report.

        Without `asks` no file is asked for, and they have what is published.

        Of what is due, files that were never fetched come first, and those of the newest episodes.
        What fails is left as it was, and tried again after a growing pause.
        """
        memory = FetchMemory(self._cache)
        named = [Addresses.of(episode) for episode in episodes]
        keys = [one.key() if one else "" for one in named]
        due = self._due(episodes, named, keys, memory) if asks else []
        outcome = _Outcome()
        if due:
            asyncio.run(self._fetch_all(due[:MAX_EPISODES], memory, outcome))
            outcome.waiting += len(due) - len(due[:MAX_EPISODES])
            memory.save(frozenset(keys), self._now_s)
        known = [self._usable(memory.get(key) if key else None) for key in keys]
        found = [
            msgspec.structs.replace(
                episode, transcript_digest=one.digest or None, spoken=one.words or None
            )
            for episode, one in zip(episodes, known, strict=True)
        ]
        having = sum(bool(one.digest) for one in known)
        return found, _remarks(sum(map(bool, keys)), having, outcome)

    def _due(
        self,
        episodes: Sequence[Episode],
        named: Sequence[Addresses | None],
        keys: Sequence[str],
        memory: FetchMemory,
    ) -> list[_Job]:
        """What is to be fetched, the most urgent first, each once."""
        jobs: dict[str, tuple[bool, float, _Job]] = {}
        for episode, addresses, key in zip(episodes, named, keys, strict=True):
            if addresses is None or key in jobs:
                continue
            known = memory.get(key)
            usable = self._usable(known)
            is_lost = known is not None and usable.digest != known.digest
            if is_lost or usable.next_s <= self._now_s:
                is_again = usable.next_s > 0 and not is_lost
                age = -episode.published_at.timestamp()
                jobs[key] = is_again, age, _Job(key, addresses, usable)
        return [job for _, _, job in sorted(jobs.values(), key=lambda one: one[:2])]

    def _usable(self, known: Fetched | None) -> Fetched:
        """What is known, without the digest if what it names is neither kept nor published."""
        if known is None:
            return Fetched("", 0)
        is_there = bool(known.digest) and self.spool.has(bytes.fromhex(known.digest))
        return known if is_there else Fetched("", known.next_s, 0, known.failures)

    async def _fetch_all(
        self, jobs: Sequence[_Job], memory: FetchMemory, outcome: _Outcome
    ) -> None:
        async with self._connect() as web:
            files = PoliteFiles(web)
            with counter("transcripts", len(jobs)) as advance:

                async def do(job: _Job) -> None:
                    try:
                        memory.set(job.key, await self._fetched(job, files, outcome.reasons))
                    except HostLeftAloneError:  # else it is first in line at each build
                        outcome.waiting += 1
                        memory.set(job.key, job.known.postponed(self._now_s))
                    except LeftForLaterError:
                        outcome.waiting += 1
                    except Exception as error:
                        # No file must end a build, not even by a defect of this code.
                        log.exception("a transcript or its chapters could not be read")
                        outcome.reasons[f"unexpected {type(error).__name__}"] += 1
                        memory.set(job.key, job.known.failed(self._now_s))
                    advance(1)

                await asyncio.gather(*map(do, jobs))

    async def _fetched(self, job: _Job, files: PoliteFiles, reasons: Counter[str]) -> Fetched:
        """What is known of files after they were asked for. Raises `LeftForLaterError`."""
        known, is_kept = job.known, bool(job.known.digest)
        asked = _Asked(job.addresses, files, reasons)
        await asked.ask_all(known.validators if is_kept else (None, None))
        if not asked.failures and not any(asked.found):
            return known.checked(self._now_s)
        if is_kept and not asked.failures:  # the text of the other file is on the shelf alone
            await asked.ask_rest()
        parts, chapters, unread = _read(job.addresses, asked.found, reasons)
        failures = asked.failures + unread
        if (failures and is_kept) or not (parts or chapters):
            return known.failed(self._now_s)
        digest = self.spool.keep(spool_text(Transcript(chapters, parts)))
        words = telling_words(parts)
        if failures:
            return Fetched(digest, 0, 0, known.failures, words=words).failed(self._now_s)
        checks = known.checks if digest == known.digest else 0
        transcript, listed = (one.validators if one else Validators() for one in asked.found)
        return Fetched(digest, 0, checks, 0, (transcript, listed), words).checked(self._now_s)


class _Asked:
    """The files of one episode, once they were asked for."""

    def __init__(self, addresses: Addresses, files: PoliteFiles, reasons: Counter[str]) -> None:
        self.found: list[WebFile | None] = [None, None]
        """the transcript and the chapters; None for what is not there, or has not changed"""
        self.failures = 0
        self._addresses = addresses
        self._files = files
        self._reasons = reasons
        # Chapters first: they are small, and wait in memory for the turn of the other host.
        self._places = [place for place in (1, 0) if addresses[place]]
        self._left: list[LeftForLaterError] = []

    async def ask_all(self, known: Sequence[Validators | None]) -> None:
        """Ask for all files. Raises `LeftForLaterError` if each is left for later.

        One alone that is left counts as failed, so that no build fetches the other for nothing.
        """
        for place in self._places:
            await self._ask(place, known[place])
        if len(self._left) == len(self._places):
            raise self._left[0]

    async def ask_rest(self) -> None:
        """Ask without validators for the files that are unchanged, since another one changed."""
        for place in self._places:
            if self.found[place] is None:
                await self._ask(place, None)

    async def _ask(self, place: int, known: Validators | None) -> None:
        try:
            self.found[place] = await self._files.get(self._addresses[place], known)
        except Unavailable as error:
            self.failures += 1
            self._reasons[str(error).partition(";")[0]] += 1
        except LeftForLaterError as error:
            self.failures += 1
            self._left.append(error)


def _read(
    addresses: Addresses, files: Sequence[WebFile | None], reasons: Counter[str]
) -> tuple[list[TranscriptPart], list[Chapter], int]:
    """The parts and the chapters in two files, and the number of files that cannot be read."""
    transcript, listed = files
    parts: list[TranscriptPart] = []
    chapters: list[Chapter] = []
    unread = 0
    try:
        path = addresses.transcript.partition("#")[0].partition("?")[0]
        parts = read_transcript(transcript.body, path) if transcript else []
    except TranscriptError as error:
        unread += 1
        reasons[str(error)] += 1
    try:
        chapters = read_chapters(listed.body) if listed else []
    except TranscriptError as error:
        unread += 1
        reasons[str(error)] += 1
    return parts, chapters, unread


def _remarks(named: int, having: int, outcome: _Outcome) -> list[str]:
    remarks = []
    if having < named:
        remarks.append(
            f"{having:,} of {named:,} episodes have the chapters or transcript they name"
        )
    if outcome.waiting:
        remarks.append(f"the files of {outcome.waiting:,} episodes are left to later builds")
    if outcome.reasons:
        most = outcome.reasons.most_common(MAX_REASONS)
        first = "; ".join(f"{reason} ({count:,})" for reason, count in most)
        remarks.append(f"{outcome.reasons.total():,} chapters or transcripts not read: {first}")
    return remarks
