"""Rules of a scenario: editorial decisions that apply on top of the score."""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from feed.scenarios.parameters import Table

Names = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1)], ...], msgspec.Meta(min_length=1)
]
MAX_RULES = 100
"""Number of rules of one kind: each costs a byte for every episode of the catalog, and a pass."""
AgeDays = Annotated[int, msgspec.Meta(ge=0, le=36_500)]
"""Age of an episode in whole days."""


class Where(Table, frozen=True, kw_only=True):
    """The episodes that a rule applies to: those that meet all conditions given, at least one.

    A category, series or language that the catalog does not have matches no episode.
    """

    categories: Names | None = None
    """in one of these categories, major or not"""
    series: Names | None = None
    """of one of these series, by id"""
    languages: Names | None = None
    """in one of these languages (`en` includes `en-US`); an episode of unknown language matches
    none"""
    min_age_days: AgeDays | None = None
    """at least so many whole days old"""
    max_age_days: AgeDays | None = None
    """at most so many whole days old"""
    explicit: bool | None = None
    """whether the publisher calls it explicit; an episode without a statement is not"""


class FilterRule(Table, frozen=True, kw_only=True):
    """Hides the matching episodes (`never`), or all others (`only`)."""

    show: Literal["never", "only"]
    where: Where


class BoostRule(Table, frozen=True, kw_only=True):
    """Adds to the score of the matching episodes; boosts of several rules add up."""

    add: Annotated[float, msgspec.Meta(ge=-10, le=10)]
    where: Where


class PinRule(Table, frozen=True, kw_only=True):
    """Gives a slot of the queue, counted from 1, to the best matching episode that is left."""

    slot: Annotated[int, msgspec.Meta(ge=1, le=150)]
    where: Where


class Rules(Table, frozen=True, kw_only=True):
    """All rules of a scenario."""

    filters: Annotated[tuple[FilterRule, ...], msgspec.Meta(max_length=MAX_RULES)] = ()
    boosts: Annotated[tuple[BoostRule, ...], msgspec.Meta(max_length=MAX_RULES)] = ()
    pins: Annotated[tuple[PinRule, ...], msgspec.Meta(max_length=MAX_RULES)] = ()


def rule_problems(rules: Rules) -> Iterator[str]:
    """What the types do not check: each problem names its key and what was expected."""
    for kind in Rules.__struct_fields__:
        for index, rule in enumerate(getattr(rules, kind)):
            where, key = rule.where, f"`$.rules.{kind}[{index}].where"
            if where == Where():
                yield f"expected at least one condition - at {key}`"
            low, high = where.min_age_days, where.max_age_days
            if low is not None and high is not None and low > high:
                yield f"expected at least {low} - at {key}.max_age_days`"
    slots = [rule.slot for rule in rules.pins]
    for index, slot in enumerate(slots):
        if slot in slots[:index]:
            yield f"expected each slot once - at `$.rules.pins[{index}].slot`"
