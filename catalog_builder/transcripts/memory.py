"""What a build remembers of files that were fetched, so that later builds ask for few of them.

Of each pair of addresses it keeps the digest of what was read, what the servers said of the files,
and when to ask again. The texts themselves lie on the shelf.
"""

import hashlib
from collections.abc import Container
from typing import NamedTuple

import msgspec

from feed.model.episode import Episode
from feed.ports.builds import BuildCache
from feed.ports.web import Validators

NAME = "transcripts.msgpack"
"""name in the build cache"""
HOUR_S = 3_600
DAY_S = 24 * HOUR_S
MAX_FAILED_S = 30 * DAY_S
MAX_CHECKED_S = 64 * DAY_S
UNUSED_S = 7 * DAY_S
"""after files were due, in which they stay known though no episode names them"""
_MOST_DOUBLINGS = 16


class Addresses(NamedTuple):
    """Where an episode's files are; an empty text for one that it does not name."""

    transcript: str
    chapters: str

    @classmethod
    def of(cls, episode: Episode) -> "Addresses | None":
        """The addresses that an episode names; None if it names none on the web."""
        named = (episode.transcript_url, episode.chapters_url)
        urls = (url if url and url.startswith(("https://", "http://")) else "" for url in named)
        found = cls(*urls)
        return found if any(found) else None

    def key(self) -> str:
        """A hash of them: addresses of private feeds are secret."""
        return hashlib.sha256("\n".join(self).encode(errors="replace")).hexdigest()[:32]


class Fetched(msgspec.Struct, frozen=True, array_like=True):
    """What is known of an episode's files."""

    digest: str
    """of what was read of them, in hexadecimal; empty if nothing could be"""
    next_s: int
    """when to ask again, seconds since 1970"""
    checks: int = 0
    """in a row that found nothing new, the first one included"""
    failures: int = 0
    """in a row"""
    validators: tuple[Validators, Validators] = (Validators(), Validators())
    words: str = ""
    """telling words of the transcript"""

    def failed(self, now_s: float) -> "Fetched":
        """What is known after another failure: the pauses are 1, 4, 16 … hours, up to 30 days."""
        pause_s = min(MAX_FAILED_S, HOUR_S * 4 ** min(self.failures, _MOST_DOUBLINGS))
        next_s = int(now_s) + pause_s
        return Fetched(self.digest, next_s, self.checks, self.failures + 1, words=self.words)

    def postponed(self, now_s: float) -> "Fetched":
        """What is known of files that are not to be asked for within an hour."""
        return msgspec.structs.replace(self, next_s=int(now_s) + HOUR_S)

    def checked(self, now_s: float) -> "Fetched":
        """What is known after a check that found nothing new: pauses of 1, 2, 4 … 64 days."""
        pause_s = min(MAX_CHECKED_S, DAY_S * 2 ** min(self.checks, _MOST_DOUBLINGS))
        next_s = int(now_s) + pause_s
        return Fetched(self.digest, next_s, self.checks + 1, 0, self.validators, self.words)


class FetchMemory:
    """What is known of all files, in the build cache; one that is lost costs fetching them."""

    def __init__(self, cache: BuildCache) -> None:
        self._cache = cache
        self._known: dict[str, Fetched] = {}
        self._changed = False
        data = cache.load(NAME)
        if data is not None:
            try:
                self._known = msgspec.msgpack.decode(data, type=dict[str, Fetched])
            except msgspec.DecodeError:
                self._known = {}

    def get(self, key: str) -> Fetched | None:
        """What is known of the files with this key."""
        return self._known.get(key)

    def set(self, key: str, known: Fetched) -> None:
        """Remember what is known of the files with this key."""
        self._known[key] = known
        self._changed = True

    def save(self, used: Container[str], now_s: float) -> None:
        """Save what is known, if it is new: of files with these keys, and for a while of others.

        A source may lack episodes for an hour, and their texts are published as long as a catalog
        without them is refused.
        """
        if self._changed:
            since_s = now_s - UNUSED_S
            kept = {
                key: known
                for key, known in self._known.items()
                if key in used or known.next_s > since_s
            }
            self._cache.save(NAME, msgspec.msgpack.encode(kept))
