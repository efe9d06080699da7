"""The answers about insights: people, entities and topics, and the episodes behind them."""

from typing import Generic, TypeVar

import msgspec

from feed.catalog.insights import InsightKind
from feed.model.card import Card
from feed.session.answers import Reason

E = TypeVar("E")


class _Insight(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    kind: InsightKind
    """a topic is a category"""
    name: str
    """as most episodes spell it"""
    rising: bool
    listeners: int
    """in the last 7 days; 0 for fewer than the builder's minimum"""
    series: int
    """that published in the last 7 days"""
    listener_momentum: float | None
    """listeners as a multiple of what earlier weeks let expect; null where it is not known"""
    series_momentum: float | None
    """publishing series as a multiple of what earlier weeks let expect; null if fewer than two"""
    listeners_by_day: list[int]
    """on each of 14 days, the last one last; 0 for fewer than the builder's minimum"""
    series_by_day: list[int]
    """that published on each of 14 days, the last one last"""
    reason: Reason
    episodes: E
    """behind the insight, the most listened to first, then the newest"""


class Insight(_Insight[list[Card]], frozen=True, kw_only=True):
    """A person, a thing or a topic, how many listen to it and how many publish on it."""


class EncodedInsight(_Insight[msgspec.Raw], frozen=True, kw_only=True):
    """An `Insight` whose episodes are already encoded."""


class _InsightList(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    insights: list[E]
    """those that rise, in the order for this user, or the largest ones"""
    until: str | None
    """the last day (UTC) that is counted; null in a catalog without insights"""
    catalog_version: str
    degraded: list[str]


class InsightList(_InsightList[Insight], frozen=True, kw_only=True):
    """Insights: those that rise, or the largest."""


class EncodedInsightList(_InsightList[EncodedInsight], frozen=True, kw_only=True):
    """An `InsightList` whose episodes are already encoded."""


class _InsightPage(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    insight: E
    until: str | None
    """the last day (UTC) that is counted; null in a catalog without insights"""
    catalog_version: str
    degraded: list[str]


class InsightPage(_InsightPage[Insight], frozen=True, kw_only=True):
    """One insight, whether it rises or not."""


class EncodedInsightPage(_InsightPage[EncodedInsight], frozen=True, kw_only=True):
    """An `InsightPage` whose episodes are already encoded."""
