"""Checks that compare the feeds of a case's two sessions."""

from itertools import zip_longest
from typing import Literal

from evaluation.behaviour.check import Check, CheckResult, Depth, Fraction, RankedFeed
from evaluation.behaviour.criteria import EpisodeCriteria
from feed.arrays.arrays import BoolArray


class OverlapCheck(Check, frozen=True, kw_only=True):
    """Holds if the share of the top that both feeds have in common lies within bounds."""

    top: Depth = 10
    at_least: Fraction = 0.0
    at_most: Fraction = 1.0

    def judge(self, feed: RankedFeed, other: RankedFeed) -> CheckResult:
        one, two = feed.ids[: self.top], other.ids[: self.top]
        both, shown = len(set(one) & set(two)), max(len(one), len(two))
        holds = shown > 0 and self.at_least <= both / shown <= self.at_most
        return CheckResult(holds, f"{both} of the first {shown} in both")


class SameCheck(Check, frozen=True, kw_only=True):
    """Holds if both feeds have the same top in the same order."""

    top: Depth = 150

    def judge(self, feed: RankedFeed, other: RankedFeed) -> CheckResult:
        return _compare(feed.ids[: self.top], other.ids[: self.top])


class SameAboveCheck(Check, frozen=True, kw_only=True, tag="same_above"):
    """Holds if both feeds are equal above the first match in the second feed.

    Matches are episodes that only the second session's catalog has.
    """

    where: EpisodeCriteria

    def judge(self, feed: RankedFeed, other: RankedFeed) -> CheckResult:
        positions = other.positions(self.where.mask(other.catalog))
        at = int(positions.min(initial=len(other.rows) + 1))
        holds, observed = _compare(feed.ids[: at - 1], other.ids[: at - 1])
        return CheckResult(holds, f"{self.where} at {other.position_text(at)}; above it {observed}")


class MovesCheck(Check, frozen=True, kw_only=True):
    """Holds if the matches stand further down (or up) in the second feed, on average.

    An episode that is not in a queue counts as one position past the end of the longer queue.
    """

    where: EpisodeCriteria
    to: Literal["lower", "higher"]

    def judge(self, feed: RankedFeed, other: RankedFeed) -> CheckResult:
        end = max(len(feed.rows), len(other.rows)) + 1
        one, two = (
            _mean_position(each, self.where.mask(each.catalog), end) for each in (feed, other)
        )
        holds = two > one if self.to == "lower" else two < one
        return CheckResult(holds, f"{self.where}: mean position {one:.1f}, then {two:.1f}")


def _mean_position(feed: RankedFeed, mask: BoolArray, end: int) -> float:
    positions = feed.positions(mask)
    every = int(mask.sum())
    return float(positions.sum() + (every - len(positions)) * end) / max(every, 1)


def _compare(one: list[str], two: list[str]) -> CheckResult:
    if one == two:
        return CheckResult(len(one) > 0, f"the same {len(one)} episodes")
    pairs = enumerate(zip_longest(one, two, fillvalue="the end"), 1)
    at, (first, second) = next((position, pair) for position, pair in pairs if pair[0] != pair[1])
    return CheckResult(False, f"the first difference at {at}: {first}, then {second}")
