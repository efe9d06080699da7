"""Builds that follow one another: most of them read only the summaries that changed."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from adapters.folder.build_cache import FolderBuildCache
from adapters.folder.shelf import FolderShelf
from catalog_builder import continuation, job
from catalog_builder.build import build_catalog
from catalog_builder.errors import CommandError
from catalog_builder.inputs import BuildInputs
from catalog_builder.look import look
from catalog_builder.notes.sanitizer import NOTES
from catalog_builder.publish.publisher import verify
from catalog_builder.signals.aggregates import SignalParameters
from catalog_builder.signals.passes import carry_over
from catalog_builder.signals.state import decode_state, settled_until
from catalog_builder.texts.spool import TextSpool
from catalog_builder.transcripts.fetcher import TranscriptFetcher
from catalog_builder.transcripts.rules import TRANSCRIPTS
from feed.catalog.catalog import Catalog
from feed.catalog.signals import Signals
from feed.model.engagement import Engagement, Summary, newest
from feed.model.episode import Episode
from feed.model.timestamps import to_us
from feed.ports.episodes import SourceRecord, Vectors
from feed.ports.errors import Refused
from feed.ports.shelf import LookTimes
from feed.ports.web import Validators, WebFile, WebFiles
from tests.support.catalogs import NOW, episodes, vectors_of
from tests.support.insights import same_insights
from tests.support.listeners import catalog_heard_by, listeners, neighbours_of

HOUR = timedelta(hours=1)


@dataclass
class Users:
    """An archive in memory, whose clock is that of the engagements."""

    engagements: dict[str, list[Engagement]] = field(default_factory=dict)
    written_us: dict[str, int] = field(default_factory=dict)
    refuses: bool = False

    def choose(self, user: str, episode: int, at: datetime) -> None:
        one = Engagement(
            id=f"{at}", episode_id=f"episode-{episode}", type="like", timestamp_us=to_us(at)
        )
        self.engagements.setdefault(user, []).append(one)
        self.written_us[user] = to_us(at)

    def summaries(self) -> Iterator[Summary]:
        return self.changed_since(0)

    def changed_since(self, us: int) -> Iterator[Summary]:
        if us and self.refuses:
            raise Refused("the query requires an index")
        for user, written_us in self.written_us.items():
            if written_us >= us:
                yield Summary(engagements=newest(self.engagements[user]))


class Schedule:
    """A shelf and the scheduled builds on it, of episodes that may change."""

    def __init__(self, folder: Path) -> None:
        self.shelf = FolderShelf(folder)
        self.cache = FolderBuildCache(folder / "copies")
        self.users = Users()
        self.episodes = [
            msgspec.structs.replace(one, entities=[("Odd", "Even")[number % 2]])
            for number, one in enumerate(episodes(30))
        ]
        self.notes: dict[str, dict[str, str]] = {}
        self.embedded = 0
        self.min_users = 2

    def read(self) -> Iterator[SourceRecord]:
        for one in self.episodes:
            yield SourceRecord(one.id, {**msgspec.to_builtins(one), **self.notes.get(one.id, {})})

    def vectors(self, some: Sequence[Episode]) -> Vectors:
        self.embedded += 1
        return vectors_of(some)

    def inputs(self, now: datetime) -> BuildInputs:
        return BuildInputs(
            episodes=self,
            vectors=self,
            now=now,
            max_bad=lambda _: 0,
            users=self.users,
            min_users=self.min_users,
            until_us=settled_until(now),
            notes=TextSpool(self.shelf, NOTES),
        )

    def build(self, now: datetime) -> job.BuildResult:
        inputs = self.inputs(now)
        before = continuation.load(self.shelf, self.cache, now, inputs.parameters)
        return job.build(inputs, before)

    def run(self, now: datetime, **options: Any) -> job.BuildReport:
        return job.publish(self.shelf, self.build(now), keep=9, cache=self.cache, **options)

    def look(self, now: datetime) -> str:
        """Look as the schedule does; returns the status that the report has."""
        inputs = self.inputs(now)
        return look(self.shelf, self.cache, inputs, keep=9, signals_interval_s=3600).status

    def looks(self) -> LookTimes | None:
        pointer = self.shelf.current(9)
        return pointer.looks if pointer else None

    def signals(self) -> Signals:
        return verify(self.shelf).signals

    def expected(self, now: datetime) -> Catalog:
        """The catalog of a build that reads everything."""
        until_us = settled_until(now)
        summaries = [
            Summary(engagements=newest(e for e in some if e.timestamp_us < until_us))
            for some in self.users.engagements.values()
        ]
        parameters = SignalParameters(min_users=2)
        return build_catalog(
            self.episodes,
            vectors_of(self.episodes),
            now,
            summaries=summaries,
            parameters=parameters,
        )

    def assert_popularity_as_of(self, now: datetime) -> None:
        catalog = self.expected(now)
        found, expected = self.signals(), catalog.signals
        assert same_insights(verify(self.shelf).insights, catalog.insights)
        assert np.array_equal(found.listeners, expected.listeners)
        assert found.popularity == pytest.approx(expected.popularity, rel=1e-4, abs=1e-6)


@pytest.fixture
def schedule(tmp_path: Path) -> Schedule:
    """A schedule after its first build, of four users with two episodes each."""
    made = Schedule(tmp_path)
    for number in range(4):
        for back, episode in enumerate((number, number + 1, number + 2)):
            made.users.choose(f"user-{number}", episode, NOW - 9 * HOUR * (back + 1))
    assert made.run(NOW + HOUR).summaries == 4
    return made


def test_a_build_on_the_same_day_reads_what_changed_and_renews_popularity(
    schedule: Schedule,
) -> None:
    before = schedule.signals()
    schedule.users.choose("user-0", 9, NOW + 1.5 * HOUR)
    schedule.users.choose("new", 9, NOW + 1.6 * HOUR)
    schedule.users.choose("new", 0, NOW + 3 * HOUR - timedelta(minutes=1))  # not settled yet
    for hours, read in ((2, 2), (3, 1), (4, 1)):
        assert schedule.run(NOW + hours * HOUR).summaries == read
        schedule.assert_popularity_as_of(NOW + hours * HOUR)
    assert schedule.signals().listeners[[0, 9]].tolist() == [2, 2]
    insights = verify(schedule.shelf).insights
    assert dict(zip(insights.names, insights.listeners.tolist(), strict=True))["Odd"] == 5
    assert np.array_equal(schedule.signals().neighbour_rows, before.neighbour_rows)
    assert schedule.embedded == 1


def test_the_first_build_of_a_day_reads_all_and_makes_deletions_right(schedule: Schedule) -> None:
    del schedule.users.engagements["user-1"], schedule.users.written_us["user-1"]
    schedule.run(NOW + 2 * HOUR)
    assert schedule.signals().listeners[2] == 3
    assert schedule.run(NOW + 24 * HOUR).summaries == 3
    schedule.assert_popularity_as_of(NOW + 24 * HOUR)
    assert schedule.signals().listeners[2] == 2


def test_counts_and_other_signals_follow_an_episode_to_its_new_row(schedule: Schedule) -> None:
    before = verify(schedule.shelf)
    schedule.episodes = [*episodes(32)[30:], *reversed(schedule.episodes[:29])]
    schedule.users.choose("user-0", 30, NOW + 1.5 * HOUR)
    schedule.users.choose("user-1", 30, NOW + 1.5 * HOUR)
    now = NOW + 2 * HOUR
    assert schedule.run(now).summaries == 2
    schedule.assert_popularity_as_of(now)
    after = verify(schedule.shelf)
    assert named_neighbours(after, 2) == named_neighbours(before, 2) != {}
    assert after.signals.listeners[after.rows(("episode-30",))].tolist() == [2]


def named_neighbours(catalog: Catalog, number: int) -> dict[str, float]:
    row = int(catalog.rows((f"episode-{number}",))[0])
    return {catalog.ids[other]: weight for other, weight in neighbours_of(catalog, row).items()}


def test_every_signal_is_carried_over() -> None:
    catalog = catalog_heard_by(listeners([1, 2, 3], [2, 3, 4], [5, 1]))
    carried = carry_over(catalog, np.arange(30), catalog)
    for one in fields(Signals):
        old, new = getattr(catalog.signals, one.name), getattr(carried, one.name)
        assert np.array_equal(old, new, equal_nan=old.dtype.kind == "f"), one.name


def test_a_build_that_ends_between_its_two_writes_loses_and_doubles_nothing(
    schedule: Schedule,
) -> None:
    schedule.users.choose("user-0", 9, NOW + 1.5 * HOUR)
    schedule.users.choose("user-1", 9, NOW + 1.5 * HOUR)
    built = schedule.build(NOW + 2 * HOUR)
    job.publish(schedule.shelf, built, keep=9)  # the state is not saved
    assert schedule.run(NOW + 3 * HOUR).summaries == 4
    schedule.assert_popularity_as_of(NOW + 3 * HOUR)


def test_a_build_that_is_refused_is_made_again_from_the_same_state(schedule: Schedule) -> None:
    schedule.users.choose("user-0", 9, NOW + 1.5 * HOUR)
    schedule.users.choose("user-1", 9, NOW + 1.5 * HOUR)
    every, schedule.episodes = schedule.episodes, schedule.episodes[:12]
    with pytest.raises(CommandError, match="lost_episodes"):
        schedule.run(NOW + 2 * HOUR)
    schedule.episodes = every
    assert schedule.run(NOW + 3 * HOUR).summaries == 2
    schedule.assert_popularity_as_of(NOW + 3 * HOUR)


def test_a_higher_least_number_of_users_holds_for_all_signals_at_once(schedule: Schedule) -> None:
    assert len(schedule.signals().neighbour_rows)
    schedule.min_users = 4
    assert schedule.run(NOW + 2 * HOUR).summaries == 4
    assert not len(schedule.signals().neighbour_rows)


def test_where_changes_cannot_be_searched_every_summary_is_read(schedule: Schedule) -> None:
    schedule.users.refuses = True
    report = schedule.run(NOW + 2 * HOUR)
    assert report.summaries == 4
    assert "the query requires an index" in report.notes[0]
    schedule.assert_popularity_as_of(NOW + 2 * HOUR)


def test_bytes_that_are_no_state_are_none(caplog: pytest.LogCaptureFixture) -> None:
    assert decode_state(b"spoiled") is None
    assert "cannot be decoded" in caplog.text


def test_a_look_publishes_only_what_changed_and_notes_when_it_looked(schedule: Schedule) -> None:
    def us(hours: float) -> int:
        return to_us(NOW + hours * HOUR)

    schedule.users.choose("user-1", 9, NOW + 1.2 * HOUR)
    assert schedule.look(NOW + 1.5 * HOUR) == "published"
    built = verify(schedule.shelf).version
    schedule.users.choose("user-0", 9, NOW + 1.6 * HOUR)
    assert schedule.look(NOW + 2 * HOUR) == "unchanged"
    assert verify(schedule.shelf).version == built
    assert schedule.looks() == LookTimes(us(2), us(1.5), us(1))
    assert schedule.look(NOW + 2.5 * HOUR) == "published"  # an hour after the last signals
    schedule.assert_popularity_as_of(NOW + 2.5 * HOUR)
    assert schedule.look(NOW + 3.5 * HOUR) == "unchanged"  # no user was active
    assert schedule.looks() == LookTimes(us(3.5), us(3.5), us(1))
    schedule.episodes = episodes(31)
    assert schedule.look(NOW + 3.6 * HOUR) == "published"
    assert len(verify(schedule.shelf)) == 31
    assert schedule.look(NOW + 24 * HOUR) == "published"  # everything, once a day
    assert schedule.looks() == LookTimes(us(24), us(24), us(24))


def test_episodes_that_the_gate_refused_are_not_built_again_for_an_hour(
    schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow, reads = NOW + 24 * HOUR, 0
    summaries = schedule.users.summaries

    def read() -> Iterator[Summary]:
        nonlocal reads
        reads += 1
        return summaries()

    monkeypatch.setattr(schedule.users, "summaries", read)
    every, schedule.episodes = schedule.episodes, schedule.episodes[:12]
    for minutes, expected in ((0, 1), (5, 1), (30, 1), (60, 2)):
        with pytest.raises(CommandError, match="lost_episodes"):
            schedule.look(tomorrow + timedelta(minutes=minutes))
        assert reads == expected
    schedule.episodes = every
    assert schedule.look(tomorrow + timedelta(minutes=65)) == "published"


def test_no_look_fetches_transcripts_for_a_catalog_that_was_just_refused(
    schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, tomorrow = 0, NOW + 24 * HOUR

    @asynccontextmanager
    async def connect() -> AsyncIterator[WebFiles]:
        nonlocal opened
        opened += 1
        yield Files()

    class Files:
        async def get(self, url: str, known: Validators | None) -> WebFile | None:
            return WebFile(f"Words of {url}.".encode(), known or Validators())

    def inputs(now: datetime) -> BuildInputs:
        spool = TextSpool(schedule.shelf, TRANSCRIPTS)
        fetcher = TranscriptFetcher(connect, schedule.cache, spool, now.timestamp())
        return replace(without(now), transcripts=fetcher)

    without = schedule.inputs
    monkeypatch.setattr(schedule, "inputs", inputs)
    schedule.episodes = [
        msgspec.structs.replace(one, transcript_url="https://a.example/t")
        for one in schedule.episodes
    ]
    every, schedule.episodes = schedule.episodes, schedule.episodes[:12]
    for minutes, expected in ((0, 1), (5, 1), (30, 1), (70, 2)):
        with pytest.raises(CommandError, match="lost_episodes"):
            schedule.look(tomorrow + timedelta(minutes=minutes))
        assert opened == expected
    schedule.episodes = every
    assert schedule.look(tomorrow + timedelta(minutes=140)) == "published"
    assert (verify(schedule.shelf).transcripts is not None, opened) == (True, 3)


def test_changed_notes_are_published_at_the_next_look_and_renewed_signals_keep_them(
    schedule: Schedule,
) -> None:
    schedule.notes = {f"episode-{n}": {"notes": f"<p>Notes {n}"} for n in range(3)}
    assert schedule.look(NOW + 2 * HOUR) == "published"
    assert schedule.look(NOW + 2.1 * HOUR) == "unchanged"
    first = verify(schedule.shelf).notes
    assert first
    assert first.count == 3
    schedule.users.choose("user-9", 2, NOW + 2 * HOUR)
    assert schedule.look(NOW + 4 * HOUR) == "published"  # signals alone
    assert verify(schedule.shelf).notes == first
    schedule.notes["episode-1"] = {"notes": "<p>Other notes"}
    assert schedule.look(NOW + 4.1 * HOUR) == "published"
    second = verify(schedule.shelf).notes
    assert second
    assert (second.count, second.sha256 == first.sha256) == (3, False)
    schedule.notes.clear()
    assert schedule.look(NOW + 4.2 * HOUR) == "published"
    assert verify(schedule.shelf).notes is None
