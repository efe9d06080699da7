"""Limits the share of invalid episodes, feed by feed, so that one bad feed never stops the rest."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction

from catalog_builder.episodes.duplicates import FeedItem
from catalog_builder.errors import CommandError
from feed.ports.episodes import SourceProblem

Allowance = Callable[[int], int]
"""Returns how many of a number of episodes may be invalid."""

_EXAMPLES = 3
"""problems that an error message quotes"""


def parse_allowance(text: str) -> Allowance:
    """Returns the allowance that a count like `20` or a percentage like `10%` expresses.

    A percentage above 0 allows at least one invalid episode. Raises `ValueError`.
    """
    expected = f"expected a count like 20 or a percentage like 10%, got {text!r}"
    number = text.removesuffix("%")
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", number):
        raise ValueError(expected)
    if text != number:
        percent = Fraction(number)
        if percent > 100:  # noqa: PLR2004
            raise ValueError(expected)
        least = 1 if percent else 0  # one invalid episode among a few should not cost them all
        return lambda total: max(least, int(percent * total / 100))
    if "." in number:
        raise ValueError(expected)
    return lambda _total: int(number)


def apply_allowance(
    items: Sequence[FeedItem], problems: Sequence[SourceProblem], allowed: Allowance
) -> tuple[list[FeedItem], list[SourceProblem]]:
    """Leaves out each feed with more invalid episodes than allowed, and adds it to the problems.

    Raises `CommandError` if the episodes of a source without feeds exceed the allowance, or if no
    feed remains.
    """
    counts = Counter(problem.feed for problem in problems if not problem.whole_source)
    totals = counts + Counter(item.feed for item in items)
    over = {feed for feed, count in counts.items() if count > allowed(totals[feed])}
    reasons = {
        feed: f"{counts[feed]} bad episodes of {totals[feed]}, and --max-bad (the setting MAX_BAD) "
        f"allows {allowed(totals[feed])}; the first: {_examples(problems, feed)}"
        for feed in sorted(over)
    }
    if "" in over:
        raise CommandError(f"{reasons['']}; see docs/episodes.md")
    kept = [item for item in items if item.feed not in over]
    if over and not kept:
        named = "; ".join(f"{feed}: {reason}" for feed, reason in list(reasons.items())[:_EXAMPLES])
        raise CommandError(f"no feed is left. {named}; see docs/episodes.md")
    left_out = [
        SourceProblem(feed, f"left out: {reason}", whole_source=True, feed=feed)
        for feed, reason in reasons.items()
    ]
    return kept, [*left_out, *(one for one in problems if one.whole_source or one.feed not in over)]


def _examples(problems: Sequence[SourceProblem], feed: str) -> str:
    found = [one for one in problems if one.feed == feed and not one.whole_source]
    return "; ".join(f"{one.where}: {one.reason}" for one in found[:_EXAMPLES])
