"""Rules: what a team decides over the heads of the numbers, as a scenario says it."""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

Words = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1)], ...], msgspec.Meta(min_length=1)
]


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a scenario file: unknown keys are refused."""


class Where(Table, frozen=True, kw_only=True):
    """Which episodes a rule is about: those for which all that is given holds; one thing at least.

    A category, a series or a language that the catalog has not names nobody.
    """

    categories: Words | None = None
    """in one of these, major or not"""
    series: Words | None = None
    """of one of these, by id"""
    languages: Words | None = None
    """in one of these; one whose language is unknown is in none"""
    min_age_days: Annotated[int, msgspec.Meta(ge=0, le=36_500)] | None = None
    max_age_days: Annotated[int, msgspec.Meta(ge=0, le=36_500)] | None = None
    """age in whole days, both ends included"""
    explicit: bool | None = None
    """whether the publisher says that it is; what is not said counts as no"""


class FilterRule(Table, frozen=True, kw_only=True):
    """Whom it names is never shown, or nobody else is."""

    show: Literal["never", "only"]
    where: Where


class BoostRule(Table, frozen=True, kw_only=True):
    """What it names gets that much added to its score, taken off where it is negative."""

    add: Annotated[float, msgspec.Meta(ge=-10, le=10)]
    where: Where


class PinRule(Table, frozen=True, kw_only=True):
    """A slot of the queue goes to the best of whom it names, if there is one left."""

    slot: Annotated[int, msgspec.Meta(ge=1, le=150)]
    where: Where


class Rules(Table, frozen=True, kw_only=True):
    """What a team decides over the heads of the numbers."""

    filters: tuple[FilterRule, ...] = ()
    boosts: tuple[BoostRule, ...] = ()
    pins: tuple[PinRule, ...] = ()


def wrong(rules: Rules) -> Iterator[str]:
    """What no bound says: each problem names the key and what was expected."""
    for kind, wheres in {
        "filters": [rule.where for rule in rules.filters],
        "boosts": [rule.where for rule in rules.boosts],
        "pins": [rule.where for rule in rules.pins],
    }.items():
        for at, where in enumerate(wheres):
            place = f"`$.rules.{kind}[{at}].where"
            if where == Where():
                yield f"expected at least one condition - at {place}`"
            low, high = where.min_age_days, where.max_age_days
            if low is not None and high is not None and low > high:
                yield f"expected at least {low} - at {place}.max_age_days`"
    slots = [rule.slot for rule in rules.pins]
    for at, slot in enumerate(slots):
        if slot in slots[:at]:
            yield f"expected each slot once - at `$.rules.pins[{at}].slot`"
