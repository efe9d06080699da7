"""The law: once all events are handled, in any order and with any duplicates, the packed
engagements are byte for byte those of a summary rebuilt from the engagements that exist, in all
sources together."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

import feed.model.engagement
import feed.summary.writer
from feed.model.engagement import ENGAGEMENT_TYPES, Engagement, Profile, Summary, newest, pack
from feed.ports.errors import Unavailable
from feed.ports.users import StoredSummary
from feed.summary.writer import refresh_summary
from tests.support.stepped_store import SteppedStore, run_to_end

HELD = 3  # so that almost every step cuts off or uncovers something
UID = "u"

EMOJI = "\N{HEADPHONE}"
"""one character, four bytes"""
SOURCES = ("", "app", "more")
"""Earshot's own collection, and two of an app, which are read one after another"""
FIRST = ["app/a", "a", "more/a", "b", "app/c", "d"]
IDS = st.sampled_from([*FIRST, EMOJI * 32, EMOJI * 33])  # the last has more than 128 bytes
EPISODES = st.sampled_from(["of", EMOJI * 128, EMOJI * 129])  # the last has more than 512
TIMES = st.integers(0, 9)  # some are equal
DELETION = "when a user's data were deleted"
"""the event of that document"""
PICKS = st.integers(0, 10**6)


@pytest.fixture(autouse=True, scope="module")
def summaries_hold_few() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed.model.engagement, "MAX_ENGAGEMENTS", HELD)
        patch.setattr(feed.summary.writer, "MAX_ENGAGEMENTS", HELD)
        yield


@dataclass
class Writer:
    """A writer that has started, and the events it handles."""

    work: Coroutine[Any, Any, object]
    events: list[str | None]


class ConcurrentWriters(RuleBasedStateMachine):
    """Users act, events are delivered late, twice, in any order, to writers that interleave."""

    def __init__(self) -> None:
        super().__init__()
        self.store = SteppedStore(SOURCES)
        self.pending: list[str | None] = []
        self.past: list[str | None] = []
        self.writers: list[Writer] = []

    @initialize(times=st.lists(st.integers(0, 9), max_size=6))
    def start_full(self, times: list[int]) -> None:
        """A user of some time: the summary is as it should be, and some were cut off."""
        for name, at in zip(FIRST, times, strict=False):
            self.store.engagements[name] = Engagement(
                id=name, episode_id="of", type="click", timestamp_us=at
            )
        run_to_end(refresh_summary(self.store, UID, rebuild=True))

    @rule(name=IDS, episode=EPISODES, timestamp=TIMES, kind=st.sampled_from(ENGAGEMENT_TYPES))
    def engage(self, name: str, episode: str, timestamp: int, kind: Any) -> None:
        """Create an engagement, or change one, which then is newer than any deletion."""
        self.store.hidden.discard(name)
        self.store.engagements[name] = Engagement(
            id=name, episode_id=episode, type=kind, timestamp_us=timestamp
        )
        self.pending.append(name)

    @precondition(lambda self: self.store.engagements)
    @rule(pick=PICKS)
    def delete(self, pick: int) -> None:
        name = sorted(self.store.engagements)[pick % len(self.store.engagements)]
        del self.store.engagements[name]
        self.store.hidden.discard(name)
        self.pending.append(name)

    @rule(languages=st.sampled_from([(), ("en",), (EMOJI * 129, "de"), ("fr",) * 201]))
    def change_profile(self, languages: tuple[str, ...]) -> None:
        self.store.change_profile({"languages": languages})
        self.pending.append(None)

    @rule(dies=st.booleans())
    def delete_everything(self, *, dies: bool) -> None:
        """A user deletes all that there is; the request rebuilds the summary beside the events.

        What an app keeps stays, and does not count any more: no event names it, but one says so.
        """
        kept = {name for name in self.store.engagements if "/" in name}
        gone = [name for name in self.store.engagements if name not in kept]
        self.pending += [*gone, None, DELETION]
        for name in gone:
            del self.store.engagements[name]
        self.store.hidden |= kept
        self.store.change_profile({"languages": ()})
        if not dies:
            self._start([None], rebuild=True)

    @precondition(lambda self: self.pending)
    @rule(pick=PICKS, count=st.integers(1, 3))
    def deliver(self, pick: int, count: int) -> None:
        """Give pending events to a new writer, in any order."""
        events = [self.pending.pop(pick % len(self.pending)) for _ in self.pending[:count]]
        self._start(events)

    @precondition(lambda self: self.past)
    @rule(pick=PICKS)
    def deliver_again(self, pick: int) -> None:
        """Deliver an event that was handled already."""
        self._start([self.past[pick % len(self.past)]])

    @precondition(lambda self: self.writers)
    @rule(pick=PICKS, steps=st.integers(1, 8))
    def step(self, pick: int, steps: int) -> None:
        """Let one writer go on."""
        writer = self.writers[pick % len(self.writers)]
        for _ in range(steps):
            if not self._step(writer):
                return

    @precondition(lambda self: self.writers)
    @rule(pick=PICKS)
    def crash(self, pick: int) -> None:
        """A writer dies somewhere; its events were never acknowledged, so they come again."""
        writer = self.writers.pop(pick % len(self.writers))
        writer.work.close()
        self.pending += writer.events

    @precondition(lambda self: self.store.summary)
    @rule()
    def spoil(self) -> None:
        """The stored summary becomes unreadable; some event finds it so."""
        assert self.store.summary
        self.store.summary = StoredSummary(None, self.store.summary.revision + "'")
        self.pending.append("a")

    def teardown(self) -> None:
        """Handle what is left; only what was never acknowledged is delivered again."""
        while self.writers or self.pending:
            while self.writers:
                self._step(self.writers[0])
            if self.pending:
                self._start([self.pending.pop()])
        exist = newest(
            one
            for one in self.store.engagements.values()
            if len(one.id.encode()) <= 128
            and len(one.episode_id.encode()) <= 512
            and one.id not in self.store.hidden
        )
        languages = [one for one in self.store.profile.languages if len(one.encode()) <= 512]
        profile = Profile(languages=tuple(languages[:200]))
        stored = self.store.summary
        if not exist and profile == Profile():
            assert stored is None
        else:
            assert stored is not None
            assert stored.summary is not None
            assert pack(stored.summary.engagements) == pack(exist)
            assert stored.summary == Summary(engagements=exist, profile=profile)

    def _start(self, events: list[str | None], *, rebuild: bool = False) -> None:
        names = [event for event in events if event is not None and event != DELETION]
        rebuild = rebuild or DELETION in events
        work = refresh_summary(self.store, UID, names, profile=None in events, rebuild=rebuild)
        self.writers.append(Writer(work, events))

    def _step(self, writer: Writer) -> bool:
        try:
            writer.work.send(None)
        except StopIteration:
            self.past += writer.events
        except Unavailable:
            self.pending += writer.events
        else:
            return True
        self.writers.remove(writer)
        return False


ConcurrentWriters.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None
)
TestConcurrentWriters = ConcurrentWriters.TestCase
