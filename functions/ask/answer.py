"""An answer: from a question to sources, text, and the last event."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from feed.ports.language_model import Turn
from functions.ask import extractive
from functions.ask.conversation import Beginning, Conversation
from functions.ask.events import AnswerTimings, DoneEvent, SourcesEvent, TokenEvent, TokenUsage
from functions.ask.generation import Generation
from functions.ask.prompt import make_prompt
from functions.ask.question import Progress, Question
from functions.ask.sources import Sources, find_sources
from functions.serving.service import Service


class Answering:
    """The answer to one question, while it is made: finds sources, and streams a text from them."""

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
            sources = await self._sources(beginning)
            self._degraded += sources.degraded
            self._progress.mark("sources")
            yield SourcesEvent([one.shown for one in sources.episodes], sources.catalog_version)
            turns, degraded = await beginning
            self._degraded += degraded
            written: list[str] = []
            async with aclosing(self._text(sources, turns)) as texts:
                async for text in texts:
                    self._progress.mark("first_token")
                    written.append(text)
                    yield TokenEvent(text)
            yield self._done(stored=await conversation.end("".join(written)))
        finally:
            beginning.cancel()
            conversation.cancel()

    async def _sources(self, beginning: asyncio.Task[Beginning]) -> Sources:
        if not self._question.use_retrieval:
            return Sources([], None, ())

        async def before() -> str:
            turns, _ = await beginning
            return next((one.text for one in reversed(turns) if one.role == "user"), "")

        timings = self._progress.timings
        return await find_sources(self._service, self._question, before, timings)

    async def _text(self, sources: Sources, turns: list[Turn]) -> AsyncGenerator[str, None]:
        """Yield the text piece by piece: the model's, or where it has none, that of the sources."""
        found = sources.episodes if self._question.use_retrieval else None
        model = self._service.model
        if model is not None:
            prompt = make_prompt(self._question.text, turns, found)
            generation = Generation(model, prompt, len(found or ()))
            timeout_s = self._service.settings.MODEL_TIMEOUT_S
            async with aclosing(generation.texts(self._progress.timings, timeout_s)) as texts:
                async for text in texts:
                    self._model = model.name
                    yield text
            self._usage = TokenUsage(*generation.usage)
            self._citations_removed = generation.citations_removed
            if generation.failure is not None:
                self._degraded.append(generation.failure)
                self._service.degradations.explain(generation.failure, generation.reason)
                self._complete = not generation.began
            if generation.began:
                return
        for text in extractive.extract(found):
            yield text

    def _done(self, *, stored: bool) -> DoneEvent:
        self._progress.mark("total")
        degraded = [*dict.fromkeys(self._degraded)]
        self._progress.timings.log_fields["degraded"] = degraded
        timings_ms = {"first_token": None, **self._progress.at_ms}
        return DoneEvent(
            model=self._model,
            complete=self._complete,
            stored=stored,
            citations_removed=self._citations_removed,
            usage=self._usage,
            timings_ms=msgspec.convert(timings_ms, AnswerTimings),
            degraded=[*degraded],
        )
