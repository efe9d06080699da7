"""Reads episodes from Firestore incrementally: only those that changed since the last look.

A look that finds nothing costs at most four reads, however many episodes there are:

- two for the documents whose time of change is later than any that is known, and for those that
  changed shortly before, since a write may become visible some seconds after the time that it says:
  up to two of these are read again, more are counted;
- two that count the documents of one part of all paths, because a deleted document is in no query,
  and one without a time of change in none by time. The parts take turns.

Once a day (UTC) everything is read.

The notes of episodes are not part of what is stored between looks, only their digests: the shelf
has the notes beside the current snapshot. The documents of those that a build needs and nobody has,
such as after a build that was not published, are read again.
"""

import logging
import zlib
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from itertools import pairwise

import msgspec

from adapters.firestore.episodes import Documents, FirestoreEpisodes
from adapters.firestore.update_times import Mark
from feed.model.timestamps import DAY_US, HOUR_US, to_us
from feed.ports.builds import BuildCache
from feed.ports.episodes import SourceProblem, SourceRecord

MARGIN_US = 600_000_000
"""a write may become visible so many microseconds after the time that it says"""
REREAD, RECOUNTED = 2, 1_000
"""most documents that are read once more for that, and most that are counted once more"""
PART = 2_000
"""documents in a part of the paths that a look counts"""
UNDATED_US = HOUR_US
"""microseconds after which documents without a time of change are read again"""
_VERSION = 3

log = logging.getLogger(__name__)


class _Copy(msgspec.Struct, array_like=True):
    """All documents, as they were last read."""

    version: int
    identity: str
    """`FirestoreEpisodes.identity`"""
    full_us: int
    """when all of them were read, microseconds since 1970"""
    undated_us: int
    """when those without a time of change were read"""
    documents: Documents
    series_names: dict[str, str]


class IncrementalEpisodes:
    """An `EpisodeSource` over a collection or a collection group that reads only what changed.

    The app sets the time of change at every change. Documents without one are read again every
    hour, and a log line says so.
    """

    def __init__(
        self,
        source: FirestoreEpisodes,
        cache: BuildCache,
        *,
        full: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """With `full`, read everything, whatever is stored in `cache`."""
        self._source = source
        name = source.place.text.removesuffix("/{id}")
        for sign in "/{}":
            name = name.replace(sign, "-")
        self._name = f"firestore-{name}.msgpack.z"
        self._turn = f"firestore-{name}.turn"
        self._cache = cache
        self._full = full
        self._clock = clock

    def read(self) -> Iterator[SourceRecord | SourceProblem]:
        """Yield every episode as a record named by its path, in the order of paths."""
        now_us = to_us(self._clock())
        copy = None if self._full else self._stored_copy(now_us)
        if copy is None:
            self._source.series_names.clear()
            names, identity = self._source.series_names, self._source.identity
            documents = dict(self._source.documents())
            copy = _Copy(_VERSION, identity, now_us, now_us, documents, names)
            self._undated(documents)
            self._save(copy)
        elif self._update(copy, now_us):
            self._save(copy)
        if self._source.notes is not None:
            self._source.notes.on_missing(lambda digests: self._keep_notes(copy, digests))
        paths = sorted(copy.documents, key=_place)
        yield from self._source.records((path, copy.documents[path]) for path in paths)

    def _keep_notes(self, copy: _Copy, digests: Collection[str]) -> None:
        """Read the documents with these notes again, of which the source's keeper gets them."""
        found = {path for path, one in copy.documents.items() if one.notes_digest in digests}
        self._source.at_paths(found)

    def _stored_copy(self, now_us: int) -> _Copy | None:
        """The copy that the last look left; None if it is of another day, or cannot be used."""
        data = self._cache.load(self._name)
        if data is None:
            return None
        try:
            copy = msgspec.msgpack.decode(zlib.decompress(data), type=_Copy)
        except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
            log.warning("the stored copy of the episodes cannot be decoded: %s", error)
            return None
        if (copy.version, copy.identity) != (_VERSION, self._source.identity):
            return None
        return copy if copy.full_us // DAY_US == now_us // DAY_US else None

    def _save(self, copy: _Copy) -> None:
        self._cache.save(self._name, zlib.compress(msgspec.msgpack.encode(copy), 1))

    def _update(self, copy: _Copy, now_us: int) -> bool:
        """Bring a copy up to date; returns whether anything in it changed."""
        self._source.series_names.update(copy.series_names)
        copy.series_names = self._source.series_names
        before = dict(copy.documents)
        self._read_updated(copy.documents, now_us)
        self._recount_part(copy.documents)
        self._read_undated(copy, now_us)
        return copy.documents != before or copy.undated_us == now_us

    def _newest(self, documents: Documents, now_us: int) -> Mark:
        """The latest time of change; one that is still to come does not count."""
        updates = self._source.updates
        now = updates.mark_at(now_us)
        found = (one.updated for one in documents.values() if one.updated is not None)
        marks = [mark for mark in found if mark <= now]
        return max(marks, default=updates.mark_at(0))

    def _read_updated(self, documents: Documents, now_us: int) -> None:
        """Read what changed since the newest known change, and what is new shortly before it."""
        updates, newest = self._source.updates, self._newest(documents, now_us)
        began = updates.mark_at(updates.us(newest) - MARGIN_US)
        if len(_updated_between(documents, began, newest)) <= REREAD:
            documents |= self._source.updated_after(began)
            return
        documents |= self._source.updated_after(newest)
        known = _updated_between(documents, began, newest)  # others may have changed again
        if len(known) > RECOUNTED or self._source.count_updated(began, newest) == len(known):
            return
        found = self._source.updated_after(began, newest)
        missing = known - found.keys()
        _replace(documents, missing, found | self._source.at_paths(missing))

    def _recount_part(self, documents: Documents) -> None:
        """Count the documents of one part of the paths; list it if there is another number."""
        paths = sorted(documents, key=_place)
        starts = [None, *paths[PART::PART], None]
        parts = list(pairwise(starts))
        turn = self._next_turn(len(parts))
        first, end = parts[turn]
        known = set(paths[turn * PART : (turn + 1) * PART])
        if self._source.count_between(first, end) == len(known):
            return
        there = self._source.paths_between(first, end)
        _replace(documents, known - there, self._source.at_paths(there - known))

    def _next_turn(self, parts: int) -> int:
        """The number of the part whose turn it is."""
        if parts == 1:
            return 0
        last = self._cache.load(self._turn) or b""
        turn = (int(last) + 1 if last.isdigit() else 0) % parts
        self._cache.save(self._turn, b"%d" % turn)
        return turn

    def _read_undated(self, copy: _Copy, now_us: int) -> None:
        """Read the documents again that do not say when they changed, once an hour."""
        if now_us - copy.undated_us < UNDATED_US or not (undated := self._undated(copy.documents)):
            return
        _replace(copy.documents, undated, self._source.at_paths(undated))
        copy.undated_us = now_us

    def _undated(self, documents: Documents) -> set[str]:
        """The paths of the documents that do not say when they changed; logs their number."""
        found = {path for path, one in documents.items() if one.is_ours and one.updated is None}
        if found:
            source = self._source
            log.warning(
                "%s: %d documents have no %s (%s): they are read again every hour",
                *(source.place.text, len(found), source.updates.name, source.updates.unit),
            )
        return found


def _place(path: str) -> list[bytes]:
    """Sort key of paths, in Firestore's order."""
    return [one.encode() for one in path.split("/")]


def _updated_between(documents: Documents, after: Mark, until: Mark) -> set[str]:
    """The paths of documents that last changed after a time, and not after another."""
    marks = {path: one.updated for path, one in documents.items()}
    return {path for path, mark in marks.items() if mark is not None and after < mark <= until}


def _replace(documents: Documents, gone: set[str], found: Documents) -> None:
    for path in gone:
        documents.pop(path, None)
    documents |= found
