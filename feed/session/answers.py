"""The answers of a session: a page of episodes, with what it was ranked from."""

from typing import Generic, TypeVar

import msgspec

from feed.model.card import Card
from feed.ranking.trace import Trace
from feed.ranking.trace_detail import TraceDetail
from feed.scenarios.experiment import Assignment

E = TypeVar("E")


class Reason(msgspec.Struct, frozen=True, gc=False):
    """Why an episode is shown. An app translates it by `key` and `params`."""

    key: str
    """the kind of reason; more kinds may be added"""
    params: dict[str, str]
    """what the reason names, such as `title` or `category`"""
    text: str
    """in English"""


class RankedEpisode(Card, frozen=True, kw_only=True, gc=False):
    """The card of an episode in a session, with its scores, its place and its reason."""

    similarity_score: float
    quality_score: float
    recency_score: float
    final_score: float
    """before the diversity rules, which also decide the order"""
    queue_position: int
    """its place in the whole queue, from 1"""
    reason: Reason


class _Page(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    session_id: str
    """16 hexadecimal digits: the seed of the session"""
    episodes: E
    """the next episodes of the queue, in order"""
    total_in_queue: int
    """episodes in the whole queue"""
    shown_count: int
    """episodes on this page and earlier ones"""
    remaining_count: int
    """episodes still to come"""
    next_cursor: str | None
    """for the next page; null if nothing is left"""
    cold_start: bool
    """whether nothing is known of the user's taste"""
    user_vector_episodes: int
    """how many episodes the user vector was made of"""
    catalog_version: str
    scenario: str
    degraded: list[str]
    """everything the session had to do without; more causes may be added"""
    experiment: Assignment | msgspec.UnsetType = msgspec.UNSET
    """on every page of a session that is part of an experiment"""
    total_s: float | msgspec.UnsetType = msgspec.UNSET
    """seconds that the whole queue takes to hear, on the first page, if the request has `fill_s`"""
    trace: Trace | msgspec.UnsetType = msgspec.UNSET
    """on the first page, if the request asks for it"""
    detail: TraceDetail | msgspec.UnsetType = msgspec.UNSET
    """on the first page, if an admin's request asks for it"""


class SessionPage(_Page[list[RankedEpisode]], frozen=True, kw_only=True):
    """One page of a session."""


class EncodedPage(_Page[msgspec.Raw], frozen=True, kw_only=True):
    """A `SessionPage` whose episodes are already encoded."""


class EncodedReplay(EncodedPage, frozen=True, kw_only=True):
    """The first page of a replayed session, and its whole queue, already encoded."""

    queue: msgspec.Raw
    """every episode with id, scores, position and reason"""
