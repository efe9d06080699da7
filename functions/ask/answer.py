"""An answer: from a question to sources, text, and the last event."""

import asyncio
from collections.abc import AsyncGenerator

import msgspec

from functions.ask import extractive
from functions.ask.conversation import Conversation
from functions.ask.events import AnswerTimings, DoneEvent, SourcesEvent, TokenEvent, TokenUsage
from functions.ask.question import Progress, Question
from functions.ask.sources import Sources, find_sources
from functions.serving.service import Service


class Answering:
    """Answers one question."""

    def __init__(self, service: Service, question: Question, progress: Progress) -> None:
        self._service = service
        self._question = question
        self._progress = progress
        self._degraded = [*question.degraded]
        self._model = extractive.NAME
        self._usage = TokenUsage(0, 0)
        self._citations_removed = 0
        self._complete = True

    async def events(self) -> AsyncGenerator[SourcesEvent | TokenEvent | DoneEvent, None]:
        """Yield the events of the answer after the first one.

        Raises `ProblemError` where the answer cannot go on.
        """
        conversation = Conversation(self._service, self._question)
        beginning = asyncio.create_task(conversation.begin())
        try:
            sources = await self._sources()
            self._degraded += sources.degraded
            self._progress.mark("sources")
            yield SourcesEvent([one.shown for one in sources.episodes], sources.catalog_version)
            _turns, degraded = await beginning
            self._degraded += degraded
            texts: list[str] = []
            async for text in self._text(sources):
                self._progress.mark("first_token")
                texts.append(text)
                yield TokenEvent(text)
            yield self._done(stored=await conversation.end("".join(texts)))
        finally:
            beginning.cancel()
            conversation.cancel()

    async def _sources(self) -> Sources:
        question = self._question
        if not question.use_retrieval:
            return Sources([], None, ())
        return await find_sources(
            self._service, question.text, question.uid, self._progress.timings
        )

    async def _text(self, sources: Sources) -> AsyncGenerator[str, None]:
        for text in extractive.extract(sources.episodes, asked=self._question.use_retrieval):
            yield text

    def _done(self, *, stored: bool) -> DoneEvent:
        self._progress.mark("total")
        degraded = [*dict.fromkeys(map(str, self._degraded))]
        self._progress.timings.log_fields["degraded"] = degraded
        timings_ms = {"first_token": None, **self._progress.at_ms}
        return DoneEvent(
            model=self._model,
            complete=self._complete,
            stored=stored,
            citations_removed=self._citations_removed,
            usage=self._usage,
            timings_ms=msgspec.convert(timings_ms, AnswerTimings),
            degraded=degraded,
        )
