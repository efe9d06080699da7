"""Events: what an answer is sent as, one after another."""

from typing import ClassVar

import msgspec

from feed.model.card import Card


class SessionEvent(msgspec.Struct, frozen=True):
    """The answer has begun. Sent at once."""

    name: ClassVar[str] = "session"
    id: str
    """of the answer, as in the log"""
    conversation: str | None
    """id of the conversation, for the next question in it; null where none is kept"""


class AnswerSource(Card, frozen=True, kw_only=True):
    """The card of an episode that the answer may cite."""

    number: int
    """by which it is cited, as `[1]`"""
    score: float
    """how well it matches; comparable within one answer only"""
    passages: list[str]
    """its sentences that match best, the best first"""
    starts_s: list[float | None]
    """where in the audio each passage is said, in seconds, to some half a minute; null for one
    that is not of the transcript, or where the transcript has no times or goes on behind the
    end of the episode"""
    at_s: float | None
    """the first of `starts_s` that is known: where to start the player; null where none is"""


class SourcesEvent(msgspec.Struct, frozen=True):
    """The sources were found. Sent before the first token."""

    name: ClassVar[str] = "sources"
    episodes: list[AnswerSource]
    """the best first; empty where nothing matches, or nothing was looked for"""
    catalog_version: str | None
    """null where nothing was looked for"""


class TokenEvent(msgspec.Struct, frozen=True):
    """The next piece of the answer."""

    name: ClassVar[str] = "token"
    text: str
    """to be appended to what came before"""


class TokenUsage(msgspec.Struct, frozen=True):
    """Tokens that the model was charged for."""

    input_tokens: int
    output_tokens: int


class AnswerTimings(msgspec.Struct, frozen=True):
    """When parts of the answer were ready, in milliseconds since the request arrived."""

    first_event: float
    sources: float
    first_token: float | None
    """null where none came"""
    total: float


class DoneEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The answer has ended. Nothing comes after it."""

    name: ClassVar[str] = "done"
    model: str
    """name of the model; `extractive` where the answer consists of sentences of the sources"""
    complete: bool
    """false: the model broke off, or there was no time left"""
    stored: bool
    """whether question and answer are in the conversation"""
    citations_removed: int
    """number of citations of sources that were not given"""
    usage: TokenUsage
    timings_ms: AnswerTimings
    degraded: list[str]
    """everything the answer had to do without; more causes may be added"""


Event = SessionEvent | SourcesEvent | TokenEvent | DoneEvent


class Answer(DoneEvent, frozen=True, kw_only=True):
    """A whole answer."""

    id: str
    """of the answer, as in the log"""
    conversation: str | None
    """id of the conversation, for the next question in it; null where none is kept"""
    text: str
    """with citations of its sources, as `[1]`"""
    sources: list[AnswerSource]
    """the best first; empty where nothing matches, or nothing was looked for"""
    catalog_version: str | None
    """null where nothing was looked for"""
