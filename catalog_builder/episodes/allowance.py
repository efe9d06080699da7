"""The allowance for bad episodes, judged feed by feed: one feed never stops the others."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction

from catalog_builder.episodes.duplicates import Item
from catalog_builder.errors import CommandError
from feed.ports.episodes import Problem

Allowance = Callable[[int], int]
"""How many of a number of episodes may be bad."""

_SHOWN = 3


def allowance(text: str) -> Allowance:
    """Returns the allowance of a count like `20`, or of a percentage like `10%`.

    Raises ValueError.
    """
    expected = f"expected a count like 20 or a percentage like 10%, got {text!r}"
    number = text.removesuffix("%")
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", number):
        raise ValueError(expected)
    if text != number:
        percent = Fraction(number)
        if percent > 100:  # noqa: PLR2004
            raise ValueError(expected)
        least = 1 if percent else 0  # one bad episode among a few is no reason to lose them all
        return lambda total: max(least, int(percent * total / 100))
    if "." in number:
        raise ValueError(expected)
    return lambda _total: int(number)


def within_allowance(
    items: Sequence[Item], bad: Sequence[Problem], allowed: Allowance
) -> tuple[list[Item], list[Problem]]:
    """Leaves out each feed that has more bad episodes than it may, and names it among the bad.

    Raises `CommandError` where the episodes of a source that is no feed are over the allowance, or
    no feed is left.
    """
    counts = Counter(problem.feed for problem in bad if not problem.whole_source)
    totals = counts + Counter(item.feed for item in items)
    over = {feed for feed, count in counts.items() if count > allowed(totals[feed])}
    said = {
        feed: f"{counts[feed]} bad episodes of {totals[feed]}, and --max-bad (the setting MAX_BAD) "
        f"allows {allowed(totals[feed])}; the first: {_first(bad, feed)}"
        for feed in sorted(over)
    }
    if "" in over:
        raise CommandError(f"{said['']}; see docs/episodes.md")
    kept = [item for item in items if item.feed not in over]
    if over and not kept:
        named = "; ".join(f"{feed}: {reason}" for feed, reason in list(said.items())[:_SHOWN])
        raise CommandError(f"no feed is left. {named}; see docs/episodes.md")
    left_out = [
        Problem(feed, f"left out: {reason}", whole_source=True, feed=feed)
        for feed, reason in said.items()
    ]
    return kept, [*left_out, *(one for one in bad if one.whole_source or one.feed not in over)]


def _first(bad: Sequence[Problem], feed: str) -> str:
    found = [one for one in bad if one.feed == feed and not one.whole_source]
    return "; ".join(f"{one.where}: {one.reason}" for one in found[:_SHOWN])
