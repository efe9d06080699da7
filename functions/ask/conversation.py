"""A conversation while its next question is answered: what came before, and how it is stored.

The question is stored as soon as what came before is known, and the answer when it is complete.
Each write follows the revision before it. So if a user's data are deleted meanwhile, the answer is
not stored, and restores nothing.
"""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

from feed.model.degradation import Degradation
from feed.model.limits import utf8_bytes
from feed.model.timestamps import DAY_US
from feed.ports.conversations import StoredConversation
from feed.ports.errors import Conflict, Unavailable
from feed.ports.language_model import Turn
from functions.ask.question import Question
from functions.serving.service import Service

KEPT_DAYS = 30
"""after its last answer a conversation expires"""
MAX_TURNS = 20
MAX_BYTES = 64 * 1024
"""of all turns, in UTF-8"""
CONFIRM_S = 0.25
"""how long an answer waits to learn whether the conversation that is kept is still stored"""
WRITE_S = 2.0
"""how long the last event waits until the answer is stored"""


Beginning = tuple[list[Turn], tuple[Degradation, ...]]
"""the turns before a question, and what went wrong"""


class Conversation:
    """The conversation that a question belongs to; one that is not kept has no turns."""

    def __init__(self, service: Service, question: Question) -> None:
        self._service = service
        self._question = question
        self._key = question.uid, question.conversation
        self._turns: tuple[Turn, ...] = ()
        self._writing: asyncio.Task[str] | None = None

    async def begin(self) -> Beginning:
        """Return the turns before the question, and what went wrong; begin to store the question.

        Questions without an answer, whose client hung up, are left out.
        """
        if self._question.conversation is None:
            return [], ()
        try:
            kept = self._service.asks.conversations.get(self._key)
            if kept is None or not await self._follows(kept):
                self._store_question(await self._read() if self._question.is_continued else None)
        except (TimeoutError, Unavailable) as error:
            reason = str(error) or "it did not answer in time"
            self._service.degradations.explain(Degradation.CONVERSATION_UNAVAILABLE, reason)
            return [], (Degradation.CONVERSATION_UNAVAILABLE,)
        return list(self._turns[:-1]), ()

    async def _follows(self, kept: StoredConversation) -> bool:
        """Return whether the question was stored behind what is kept, so that it is what is stored.

        Another instance may have deleted it, or gone on from it. While the store is too slow to
        tell, it is used.
        """
        writing = self._store_question(kept)
        await asyncio.wait({writing}, timeout=CONFIRM_S)
        return not (writing.done() and isinstance(writing.exception(), Conflict))

    def _store_question(self, stored: StoredConversation | None) -> asyncio.Task[str]:
        before = answered(stored.turns) if stored else []
        self._turns = (*before, Turn("user", self._question.text))
        revision = stored.revision if stored else None
        writing = asyncio.create_task(self._write(bounded(self._turns), revision))
        # Of a client that hangs up, nothing else looks at the result.
        writing.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._writing = writing
        return writing

    async def end(self, answer: str) -> bool:
        """Store the answer behind its question; return whether that was done in time."""
        if self._writing is None:
            return False
        turns = bounded((*self._turns, Turn("model", answer)))
        try:
            async with asyncio.timeout(WRITE_S):
                revision = await self._write(turns, await self._writing)
        except (TimeoutError, Unavailable, Conflict):
            return False
        self._service.asks.conversations.put(self._key, StoredConversation(turns, revision))
        return True

    def cancel(self) -> None:
        """Stop what is under way, where the client has hung up."""
        if self._writing is not None and not self._writing.done():
            self._writing.cancel()

    async def _read(self) -> StoredConversation | None:
        uid, conversation = self._question.uid, self._question.conversation
        assert uid is not None  # noqa: S101  # for the type checker
        assert conversation is not None  # noqa: S101  # as above
        store, now_us = self._service.conversations, self._service.now_us()
        return await self._service.store_breaker.call(lambda: store.read(uid, conversation, now_us))

    async def _write(self, turns: Sequence[Turn], revision: str | None) -> str:
        uid, conversation = self._question.uid, self._question.conversation
        assert uid is not None  # noqa: S101  # for the type checker
        assert conversation is not None  # noqa: S101  # as above
        service, now_us = self._service, self._service.now_us()
        service.asks.conversations.drop(self._key)
        return await service.store_breaker.call(
            lambda: service.conversations.write(
                uid,
                conversation,
                turns,
                now_us=now_us,
                expires_us=now_us + KEPT_DAYS * DAY_US,
                revision=revision,
            ),
            limited=False,
        )


def answered(turns: Sequence[Turn]) -> list[Turn]:
    """Return the questions that have an answer, each with its answer behind it.

    Of turns that were cut, the first may be an answer alone, which some models do not take.
    """
    pairs = [pair for pair in pairwise(turns) if [one.role for one in pair] == ["user", "model"]]
    return [one for pair in pairs for one in pair]


def bounded(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Return the newest turns, at most `MAX_TURNS`, that fit in `MAX_BYTES` together."""
    kept: list[Turn] = []
    left = MAX_BYTES
    for one in reversed(turns[-MAX_TURNS:]):
        left -= utf8_bytes(one.text)
        if left < 0:
            break
        kept.append(one)
    return tuple(reversed(kept))
