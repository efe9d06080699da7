"""Ask: answers to questions about the catalog, streamed as they are written.

What an answer needs is imported by the first one.
"""

import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive

from feed.session.request import Seed
from functions.api.seed_words import seed_words
from functions.ask.events import Answer, DoneEvent, Event, SessionEvent, SourcesEvent, TokenEvent
from functions.ask.question import Progress, Question
from functions.http.endpoint import INTERNAL_ERROR, json_response
from functions.http.event_stream import MEDIA_TYPE, EventStream, encode_event, unless_hung_up
from functions.http.request_body import read_body
from functions.problems import ProblemError, invalid
from functions.serving.service import Service
from functions.telemetry import Timings, log_error

MAX_QUESTION = 1000
"""characters"""


class AskRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/ask`."""

    question: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_QUESTION)]
    conversation: (
        Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9-][A-Za-z0-9_-]{0,63}$")] | None
    ) = None
    """id of the conversation that the question belongs to, chosen by the client or from an earlier
    answer; a signed-in user's alone"""
    use_retrieval: bool = True
    """false: nothing is looked for in the catalog"""
    seed: Seed | None = None
    """what the question is about: episodes become its first sources, words are searched for, too"""


async def ask(service: Service, request: Request, timings: Timings) -> Response:
    """Answer a question as a stream of events, or at once for clients that accept only JSON."""
    uid, degraded = await service.optional_user(request)
    asked = await read_body(request, AskRequest)
    if not asked.question.strip():
        raise invalid("question", "a word")
    if uid is None and asked.conversation is not None and not degraded:
        raise ProblemError(
            401,
            "not-signed-in",
            "a conversation is kept for a signed-in user alone",
            field="conversation",
            expected="none without a user",
            headers={"WWW-Authenticate": "Bearer"},
        )
    words = seed_words(service, asked.seed)
    service.limits.check_ask(uid, request.scope)
    answer_id = secrets.token_hex(8)
    timings.log_fields["answer"] = answer_id
    question = Question(
        text=asked.question,
        uid=uid,
        answer_id=answer_id,
        conversation=None if uid is None else asked.conversation or answer_id,
        is_continued=uid is not None and asked.conversation is not None,
        use_retrieval=asked.use_retrieval,
        seed_words=words,
        seed_ids=asked.seed.episode_ids or () if asked.seed else (),
        degraded=degraded,
    )
    progress = Progress(timings, service.metrics)
    accepted = request.headers.get("accept", "")
    service.asks.begin(uid, answer_id)
    if "application/json" in accepted and MEDIA_TYPE not in accepted:
        try:
            return await _whole(service, question, progress, request.receive)
        finally:
            service.asks.end(uid, answer_id)
    events = _encoded(service, question, progress)
    return EventStream(events, ended=lambda: service.asks.end(uid, answer_id))


async def _events(
    service: Service, question: Question, progress: Progress
) -> AsyncGenerator[Event, None]:
    """Yield the events of an answer. Nothing is waited for before the first one."""
    progress.mark("first_event")
    yield SessionEvent(question.answer_id, question.conversation)
    from functions.ask.answer import Answering  # noqa: PLC0415  # see the module

    try:
        async with aclosing(Answering(service, question, progress).events()) as events:
            async for event in events:
                if isinstance(event, DoneEvent):  # whoever has read it may ask again
                    service.asks.end(question.uid, question.answer_id)
                yield event
    finally:
        service.asks.end(question.uid, question.answer_id)


async def _encoded(
    service: Service, question: Question, progress: Progress
) -> AsyncGenerator[bytes, None]:
    """Yield the events of an answer as they are sent, at last the problem that ended it."""
    try:
        async with aclosing(_events(service, question, progress)) as events:
            async for event in events:
                yield encode_event(event.name, msgspec.json.encode(event))
    except ProblemError as problem:
        progress.timings.log_fields |= {"problem": problem.log_text, "degraded": problem.causes}
        yield encode_event("error", bytes(problem.response().body))
    except Exception as error:  # noqa: BLE001  # the stream has begun: it ends with a problem
        log_error("an answer failed", error)
        failed = ProblemError(500, "internal-error", INTERNAL_ERROR)
        yield encode_event("error", bytes(failed.response().body))


async def _whole(
    service: Service, question: Question, progress: Progress, receive: Receive
) -> Response:
    """Return a whole answer. Raises `ProblemError` where it cannot be given."""
    found: list[Event] = []

    async def collect() -> None:
        async with aclosing(_events(service, question, progress)) as events:
            found.extend([event async for event in events])

    if not await unless_hung_up(receive, collect()):
        progress.timings.log_fields["hung_up"] = True
        return json_response(b"{}")  # nobody receives it
    done, sources = found[-1], found[1]
    assert isinstance(done, DoneEvent)  # noqa: S101  # the last event of every answer
    assert isinstance(sources, SourcesEvent)  # noqa: S101  # the second one
    answer = Answer(
        **msgspec.structs.asdict(done),
        id=question.answer_id,
        conversation=question.conversation,
        text="".join(one.text for one in found if isinstance(one, TokenEvent)),
        sources=sources.episodes,
        catalog_version=sources.catalog_version,
    )
    return json_response(answer)
