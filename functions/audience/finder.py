"""Finds audiences: begins a run or goes on with it, saves its progress, and writes its files."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
import numpy as np

from feed.arrays.arrays import HashArray, IntArray
from feed.catalog.catalog import Catalog
from feed.model.timestamps import DAY_US, rfc3339, to_us
from feed.ports.errors import Damaged, NotFound, TooLarge
from feed.ports.files import Files
from feed.ports.shelf import Shelf
from feed.ports.users import SummaryPages
from feed.scenarios.experiment import Experiment, assign
from feed.scenarios.scenario import Scenario
from feed.scenarios.version import version
from feed.snapshot.codec import SnapshotError, decode
from functions.audience.output import encode, user_hashes
from functions.audience.request import (
    MAX_EPISODES,
    MAX_PLACES,
    AudienceError,
    AudienceProgress,
    AudienceRequest,
    file_name,
    progress_name,
)
from functions.audience.run import AudienceRun, AudienceSources
from functions.serving.catalog_holder import POINTER_S
from functions.serving.catalog_loader import FETCH_S
from functions.serving.loaded_catalog import Rankers

SAVE_EVERY_S = 15.0
"""seconds between two writes of the progress"""
MAX_AGE_US = DAY_US
"""a run that began earlier begins anew: its users were ranked as of then"""


@dataclass(frozen=True)
class AudienceReport:
    """What a call did, and where the results are."""

    status: str
    """`done`, or `running` where another call has to go on"""
    catalog_version: str
    users: int
    """summaries read so far"""
    left_out: int
    reads: int
    """documents"""
    audiences: dict[str, int]
    """by episode id: users found so far, those beyond the limit included"""
    files: dict[str, str]
    """by episode id: name of its file, once the run is done"""


@dataclass(frozen=True)
class AudienceFinder:
    """Finds audiences with the rankers of the feed, over one shelf and one store of users."""

    store: str
    """name of the store of users"""
    shelf: Shelf
    files: Files
    pages: SummaryPages
    scenarios: Mapping[str, Scenario]
    scenario: str
    """name of the scenario of users in no experiment"""
    experiment: Experiment | None
    now_us: Callable[[], int]

    def find(
        self,
        request: AudienceRequest,
        leave_out: HashArray | None = None,
        *,
        deadline: float | None = None,
        on_page: Callable[[AudienceProgress], None] = lambda _: None,
        save_every_s: float = SAVE_EVERY_S,
    ) -> AudienceReport:
        """Begin a run, or go on with an equal one that did not end; write its files at its end.

        Args:
            request: The episodes and limits.
            leave_out: Hashes of further users who are left out.
            deadline: The `time.monotonic()` after which the progress is saved and the call ends.
            on_page: Called with the progress after each page of users.
            save_every_s: Seconds between two writes of the progress.

        Raises `AudienceError`, and `Unavailable`: then too an equal call goes on.
        """
        left_out = self._left_out(request, leave_out)
        name = progress_name(request, self.store, left_out.tobytes(), self._ranked_by())
        catalog, progress = self._progress(name, request)
        rankers = Rankers(catalog, self.scenarios, ())
        sources = AudienceSources(
            pages=self.pages,
            ranker_of=lambda uid: rankers[self._scenario(uid)],
            several_scenarios=self.experiment is not None,
            leave_out=left_out,
        )
        run = AudienceRun(request, sources, catalog.rows(progress.episodes), progress)
        saved_at = time.monotonic()
        for page in run.pages():
            on_page(progress)
            is_over = deadline is not None and time.monotonic() >= deadline
            if page.position and (is_over or time.monotonic() - saved_at >= save_every_s):
                self.files.write(name, run.saved())
                saved_at = time.monotonic()
                if is_over:
                    return _report("running", run)
        for episode_id, audience in zip(progress.episodes, run.audiences, strict=True):
            self.files.write(file_name(episode_id), encode(catalog, audience.members()))
        self.files.delete(name)
        return _report("done", run)

    def _ranked_by(self) -> list[object]:
        """All that decides how users are ranked, besides the catalog."""
        arms = self.experiment.arms if self.experiment else ()
        return [self.experiment, [version(self.scenarios[one]) for one in (self.scenario, *arms)]]

    def _scenario(self, uid: str) -> str:
        return (self.experiment and assign(self.experiment, uid)) or self.scenario

    def _left_out(self, request: AudienceRequest, more: HashArray | None) -> HashArray:
        files = []
        for episode_id in request.leave_out:
            data = self.files.read(file_name(episode_id))
            if data is None:
                raise AudienceError(f"leave_out: {episode_id} has no file {file_name(episode_id)}")
            files.append(data)
        hashes = user_hashes(files)
        return hashes if more is None else np.union1d(hashes, more)

    def _progress(self, name: str, request: AudienceRequest) -> tuple[Catalog, AudienceProgress]:
        """The progress of an earlier call, or of a new run, and its catalog."""
        saved, now_us = self.files.read(name), self.now_us()
        if saved is not None:
            try:
                progress = msgspec.msgpack.decode(saved, type=AudienceProgress)
            except msgspec.DecodeError:  # of another version of Earshot
                progress = None
            if progress and 0 <= now_us - progress.began_us <= MAX_AGE_US:
                try:
                    return self._catalog(progress.catalog_version), progress
                except NotFound:
                    pass  # it was pruned: the users have to be ranked by the new one
        pointer = self.shelf.current(POINTER_S)
        if pointer is None:
            raise AudienceError("nothing is published yet")
        catalog = self._catalog(pointer.version)
        if not catalog.embeddings.in_memory:
            raise AudienceError("the catalog has no vectors (NO_VECTORS): expected them in memory")
        rows = _rows(catalog, request, now_us)
        ids = tuple(catalog.ids[row] for row in rows.tolist())
        return catalog, AudienceProgress(
            began_us=now_us, catalog_version=catalog.version, episodes=ids
        )

    def _catalog(self, version: str) -> Catalog:
        try:
            return decode(self.shelf.fetch(version, FETCH_S))
        except (Damaged, TooLarge, SnapshotError) as error:
            raise AudienceError(f"the catalog {version} cannot be used: {error}") from error


def _rows(catalog: Catalog, request: AudienceRequest, now_us: int) -> IntArray:
    """The catalog rows of the episodes that a request names, each once. Raises `AudienceError`."""
    rows = catalog.rows(request.episodes)
    if unknown := [one for one, row in zip(request.episodes, rows, strict=True) if row < 0]:
        raise AudienceError(f"the catalog {catalog.version} has no episode {unknown[0]}")
    if request.since is not None:
        published = catalog.published_us
        is_new = (published >= to_us(request.since)) & (published <= now_us)
        rows = np.concatenate([rows, np.flatnonzero(is_new)])
    rows = np.unique(rows)
    if not len(rows):
        when = f" since {rfc3339(to_us(request.since))}" if request.since else ""
        raise AudienceError(f"expected an episode: none is named, and none was published{when}")
    if len(rows) > MAX_EPISODES:
        raise AudienceError(f"expected at most {MAX_EPISODES} episodes at once, got {len(rows)}")
    if len(rows) * request.limit > MAX_PLACES:
        most = MAX_PLACES // len(rows)
        raise AudienceError(f"limit: expected at most {most:,} for {len(rows)} episodes at once")
    return rows


def _report(status: str, run: AudienceRun) -> AudienceReport:
    progress = run.progress
    found = [one.found for one in run.audiences]
    names = {one: file_name(one) for one in progress.episodes}
    return AudienceReport(
        status=status,
        catalog_version=progress.catalog_version,
        users=progress.users,
        left_out=progress.left_out,
        reads=progress.reads,
        audiences=dict(zip(progress.episodes, found, strict=True)),
        files=names if status == "done" else {},
    )
