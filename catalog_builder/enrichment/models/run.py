"""The run: asks a model about the episodes that lack something, within limits of cost and time."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from catalog_builder.enrichment.models.answer import read_answer
from catalog_builder.enrichment.models.content import Content
from catalog_builder.enrichment.models.prices import FREE, Price
from catalog_builder.enrichment.models.prompt import labels, make_prompt, most_tokens
from catalog_builder.enrichment.models.results import Result, StoredResults
from catalog_builder.enrichment.models.taxonomy import Taxonomy
from feed.ports.errors import Refused, Unavailable
from feed.ports.language_model import (
    Blocked,
    Generated,
    LanguageModel,
    Malformed,
    Overloaded,
    Unfinished,
    Usage,
)

SAVE_S = 1.0
"""time after which answers are stored: what a kill loses"""
MAX_UNFINISHED = 6
"""answers in a row that do not end within their limit, after which no other is taken to"""
MAX_PAUSE_S = 16.0
"""after a failure, whatever a region asks for"""
MAX_DOUBLINGS = 16
"""of that pause"""
ATTEMPTS = 3
"""calls for a batch that the model does not answer"""


@dataclass(frozen=True, kw_only=True)
class RunLimits:
    """How much a run does."""

    batch: int = 4
    """episodes in one prompt"""
    at_once: int = 8
    """calls under way"""
    timeout_s: float = 90.0
    """of one call"""
    pause_s: float = 0.5
    """after a failure; doubled with each further one in a row, up to `MAX_PAUSE_S`"""
    down_s: float = 30.0
    """of failures alone, after which the model is taken to be down"""
    max_dollars: float | None = None
    """None: whatever it costs"""
    max_s: float | None = None
    """time after which no further call begins; None: all are made"""


@dataclass(kw_only=True)
class RunReport:
    """What a run did."""

    answered: int = 0
    left_out: int = 0
    """episodes that the model was asked about twice without an answer that can be used"""
    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    dollars: float = 0.0
    """for the answers, by the tokens that the model says"""
    unanswered_dollars: float = 0.0
    """what calls without an answer cost at most"""
    stopped: str = ""
    """why not all were asked about"""


@dataclass(frozen=True)
class _Batch:
    contents: Sequence[Content]
    is_second: bool = False
    """whether the model has answered before, but nothing that can be used"""
    failures: int = 0


class EnrichmentRun:
    """Asks a model about contents, and stores each result as it comes, for another run."""

    def __init__(
        self,
        model: LanguageModel,
        results: StoredResults,
        taxonomy: Taxonomy,
        *,
        price: Price = FREE,
        limits: RunLimits = RunLimits(),  # immutable
        advance: Callable[[int], None] = lambda _: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a run that has asked nothing yet; `advance` is told how many episodes are done."""
        self._model, self._results, self._taxonomy = model, results, taxonomy
        self._price, self._limits = price, limits
        self._advance, self._monotonic = advance, monotonic
        self._report = RunReport()
        self._reserved: list[float] = []
        """the most that each call under way may cost"""
        self._failures = self._unfinished = 0
        """in a row"""
        self._failing_since: float | None = None

    async def ask(self, contents: Sequence[Content]) -> RunReport:
        """Ask about all of these, which are different. Never raises for what the model does."""
        size = self._limits.batch
        self._waiting = deque(
            _Batch(contents[at : at + size]) for at in range(0, len(contents), size)
        )
        self._until = self._monotonic() + (self._limits.max_s or float("inf"))
        self._saved_at = self._monotonic()
        self._ended = asyncio.Condition()
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._limits.at_once, len(self._waiting))):
                    group.create_task(self._work())
        finally:
            self._results.save()
        return self._report

    async def _work(self) -> None:
        while self._waiting and not self._report.stopped:
            batch = self._waiting.popleft()
            prompt = make_prompt(batch.contents, self._taxonomy)
            most = Usage(*most_tokens(prompt))
            reserved = self._price.of(most)
            if reason := await self._reason_to_stop(reserved):
                self._report.stopped = reason
                return
            self._reserved.append(reserved)
            self._report.calls += 1
            try:
                answer = await self._model.generate(prompt, self._limits.timeout_s)
            except Overloaded as error:
                self._report.calls -= 1
                if not self._is_down(error):
                    self._waiting.appendleft(batch)
                    longest_s = min(MAX_PAUSE_S, self._limits.down_s)
                    await asyncio.sleep(min(error.retry_after_s, longest_s))
            except Unavailable as error:
                self._report.unanswered_dollars += reserved  # it may be charged all the same
                await self._failed(batch, error)
            else:
                self._failures, self._unfinished, self._failing_since = 0, 0, None
                self._charge(answer, most)
                self._take(batch, answer.text)
            finally:
                async with self._ended:
                    self._reserved.remove(reserved)
                    self._ended.notify_all()
            if self._monotonic() - self._saved_at >= SAVE_S:
                self._saved_at = self._monotonic()
                await asyncio.to_thread(self._results.save)

    async def _reason_to_stop(self, dollars: float) -> str:
        """Why no call that may cost so much can begin; empty if it can.

        Waits while calls under way, which mostly cost less than they might, decide it.
        """
        most = self._limits.max_dollars
        if most is not None:
            async with self._ended:
                await self._ended.wait_for(
                    lambda: not self._reserved or self._spent + self._held + dollars <= most
                )
            if self._spent + dollars > most:
                return f"the next call might exceed the budget of ${most:g}"
        if self._monotonic() >= self._until:
            return f"the time of {self._limits.max_s:g} s is over"
        return self._report.stopped

    @property
    def _spent(self) -> float:
        return self._report.dollars + self._report.unanswered_dollars

    @property
    def _held(self) -> float:
        return sum(self._reserved)

    def _charge(self, answer: Generated, most: Usage) -> None:
        used = answer.usage if any(answer.usage) else most  # some endpoints do not say
        before = self._report.usage
        self._report.usage = Usage(
            before.input_tokens + used.input_tokens, before.output_tokens + used.output_tokens
        )
        self._report.dollars += self._price.of(used)

    def _take(self, batch: _Batch, text: str) -> None:
        """Keeps what can be used of an answer; the rest is asked about once more, one by one."""
        try:
            found = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
            reason = "not in the answer"
        except (msgspec.DecodeError, UnicodeEncodeError) as error:
            found, reason = {}, f"no JSON object: {error}"
        for label, content in zip(labels(len(batch.contents)), batch.contents, strict=True):
            try:
                if label not in found:
                    raise msgspec.ValidationError(reason)
                answer = read_answer(found[label], content, self._taxonomy)
            except msgspec.DecodeError as error:
                self._again(batch, content, str(error))
            else:
                self._keep(Result(content.key(), answer))

    def _again(self, batch: _Batch, content: Content, reason: str) -> None:
        if batch.is_second:
            self._keep(Result(content.key(), None, reason[:200]))
        else:
            self._waiting.append(_Batch((content,), is_second=True))

    def _keep(self, result: Result) -> None:
        self._results.add(result)
        if result.answer is None:
            self._report.left_out += 1
        else:
            self._report.answered += 1
        self._advance(1)

    async def _failed(self, batch: _Batch, error: Unavailable) -> None:
        if isinstance(error, Blocked | Unfinished):  # because of one of them, whichever it is
            self._unfinished += isinstance(error, Unfinished)
            if self._unfinished >= MAX_UNFINISHED:
                self._stop(error)
            else:
                self._each_again(batch, error)
            return
        self._failures += 1
        if isinstance(error, Refused):
            self._stop(error)
        elif self._is_down(error):
            return
        elif batch.failures + 1 < ATTEMPTS:
            self._waiting.append(_Batch(batch.contents, batch.is_second, batch.failures + 1))
            pause_s = self._limits.pause_s * 2.0 ** min(self._failures - 1, MAX_DOUBLINGS)
            await asyncio.sleep(min(pause_s, MAX_PAUSE_S))
        elif isinstance(error, Malformed):
            self._each_again(batch, error)

    def _each_again(self, batch: _Batch, error: Unavailable) -> None:
        for content in batch.contents:
            self._again(batch, content, str(error))

    def _is_down(self, error: Unavailable) -> bool:
        """Notes a failure; stops the run, and returns True, if there was nothing else for long."""
        now = self._monotonic()
        if self._failing_since is None:
            self._failing_since = now
        is_down = now - self._failing_since >= self._limits.down_s
        if is_down:
            self._stop(error)
        return is_down

    def _stop(self, error: Unavailable) -> None:
        self._report.stopped = f"the model does not answer: {error}"
