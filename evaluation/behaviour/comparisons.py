"""Checks of two feeds: what a change does, and what it leaves alone."""

from itertools import zip_longest
from typing import Literal

from evaluation.behaviour.seen import Seen
from evaluation.behaviour.verdict import Judge, Part, Top, Verdict, placed
from evaluation.behaviour.where import Where
from feed.arrays.arrays import BoolArray


class Overlap(Judge, frozen=True, kw_only=True):
    """How much of the top the two feeds have in common."""

    top: Top = 10
    at_least: Part = 0.0
    at_most: Part = 1.0

    def judge(self, seen: Seen, other: Seen) -> Verdict:
        one, two = seen.ids[: self.top], other.ids[: self.top]
        both, shown = len(set(one) & set(two)), max(len(one), len(two))
        holds = shown > 0 and self.at_least <= both / shown <= self.at_most
        return Verdict(holds, f"{both} of the first {shown} in both")


class Same(Judge, frozen=True, kw_only=True):
    """Both feeds show the same, in the same order."""

    top: Top = 150

    def judge(self, seen: Seen, other: Seen) -> Verdict:
        return _alike(seen.ids[: self.top], other.ids[: self.top])


class SameAbove(Judge, frozen=True, kw_only=True, tag="same_above"):
    """Above these, which only the second catalog has, the second feed shows what the first does."""

    where: Where

    def judge(self, seen: Seen, other: Seen) -> Verdict:
        places = other.places(self.where.mask(other.catalog))
        at = int(places.min(initial=len(other.rows) + 1))
        holds, saw = _alike(seen.ids[: at - 1], other.ids[: at - 1])
        return Verdict(holds, f"{self.where} at {placed(at, other)}; above it {saw}")


class Moves(Judge, frozen=True, kw_only=True):
    """In the second feed these stand lower (or higher) than in the first, on average.

    What is not in a queue counts as standing just after the longer one's end.
    """

    where: Where
    to: Literal["lower", "higher"]

    def judge(self, seen: Seen, other: Seen) -> Verdict:
        end = max(len(seen.rows), len(other.rows)) + 1
        one, two = (_mean_place(each, self.where.mask(each.catalog), end) for each in (seen, other))
        holds = two > one if self.to == "lower" else two < one
        return Verdict(holds, f"{self.where}: mean place {one:.1f}, then {two:.1f}")


def _mean_place(seen: Seen, mask: BoolArray, end: int) -> float:
    places = seen.places(mask)
    every = int(mask.sum())
    return float(places.sum() + (every - len(places)) * end) / max(every, 1)


def _alike(one: list[str], two: list[str]) -> Verdict:
    if one == two:
        return Verdict(len(one) > 0, f"the same {len(one)} episodes")
    pairs = enumerate(zip_longest(one, two, fillvalue="the end"), 1)
    at, (first, second) = next((place, pair) for place, pair in pairs if pair[0] != pair[1])
    return Verdict(False, f"the first difference at {at}: {first}, then {second}")
