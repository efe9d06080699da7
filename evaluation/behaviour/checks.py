"""Checks of one feed. Each says whether it holds, and what was seen."""

from collections import Counter
from typing import Annotated, Literal

import msgspec
import numpy as np

from evaluation.behaviour.seen import Seen
from evaluation.behaviour.verdict import Judge, Part, Top, Verdict, placed
from evaluation.behaviour.where import Where
from evaluation.offline.latency import session_ms
from feed.arrays.arrays import BoolArray

ScoreName = Literal["credibility", "insight", "information", "entertainment", "combined"]

WARM_UP = 5
"""sessions that are not timed"""


class Length(Judge, frozen=True, kw_only=True):
    """The queue has so many episodes."""

    at_least: Top

    def judge(self, seen: Seen, other: Seen) -> Verdict:
        return Verdict(len(seen.rows) >= self.at_least, f"{len(seen.rows)} episodes")


class Absent(Judge, frozen=True, kw_only=True):
    """None of these is anywhere in the queue, which is not empty."""

    where: Where

    def judge(self, seen: Seen, other: Seen) -> Verdict:
        places = seen.places(self.where.mask(seen.catalog))
        found = f"{len(places)} of them, at {places[:5].tolist()}" if len(places) else "none"
        return Verdict(
            not len(places) and len(seen.rows) > 0, f"{found} among {len(seen.rows)} episodes"
        )


class Share(Judge, frozen=True, kw_only=True):
    """How much of the top these are."""

    where: Where
    top: Top = 10
    at_least: Part = 0.0
    at_most: Part = 1.0

    def judge(self, seen: Seen, other: Seen) -> Verdict:
        count, shown = _count(seen, self.where.mask(seen.catalog), self.top)
        holds = shown > 0 and self.at_least <= count / shown <= self.at_most
        return Verdict(holds, f"{count} of the first {shown} are {self.where}")


class Breadth(Judge, frozen=True, kw_only=True):
    """The top is of so many categories (major ones) or series."""

    of: Literal["category", "series"] = "category"
    top: Top = 10
    at_least: Top

    def judge(self, seen: Seen, other: Seen) -> Verdict:
        catalog, rows = seen.catalog, seen.rows[: self.top]
        if self.of == "series":
            found = {series for series in catalog.series[rows].tolist() if series >= 0}
        else:
            inside = {one for row in rows.tolist() for one in catalog.categories_of(row).tolist()}
            found = {one for one in inside if catalog.category_major[one]}
        names = "series" if self.of == "series" else "categories"
        return Verdict(
            len(found) >= self.at_least, f"{len(found)} {names} in the first {len(rows)}"
        )


class Floor(Judge, frozen=True, kw_only=True):
    """Every episode has at least that score, where it has one."""

    score: ScoreName
    at_least: float

    def judge(self, seen: Seen, other: Seen) -> Verdict:
        scores = seen.scores(self.score)[seen.rows]
        known = scores[~np.isnan(scores)]
        below = int((known < self.at_least).sum())
        return Verdict(
            not below and len(seen.rows) > 0,
            f"lowest {self.score} {known.min(initial=np.inf):.2f}, "
            f"{below} of {len(seen.rows)} below {self.at_least:g}",
        )


class Quality(Judge, frozen=True, kw_only=True):
    """The mean score of the top lies above that share of the catalog."""

    score: ScoreName = "combined"
    top: Top = 10
    above: Part

    def judge(self, seen: Seen, other: Seen) -> Verdict:
        scores = seen.scores(self.score)
        known = scores[~np.isnan(scores)]
        shown = scores[seen.rows[: self.top]]
        shown = shown[~np.isnan(shown)]
        mean = float(shown.mean()) if len(shown) else -np.inf
        share = float((known < mean).mean()) if len(known) else 0.0
        return Verdict(
            len(shown) > 0 and share >= self.above,
            f"mean {self.score} {mean:.2f}, above {share:.0%} of the catalog",
        )


class Before(Judge, frozen=True, kw_only=True):
    """The first of these stands before the first of those."""

    first: Where
    then: Where

    def judge(self, seen: Seen, other: Seen) -> Verdict:
        one, two = (
            int(seen.places(where.mask(seen.catalog)).min(initial=len(seen.rows) + 1))
            for where in (self.first, self.then)
        )
        said = f"{self.first} at {placed(one, seen)}, {self.then} at {placed(two, seen)}"
        return Verdict(one < two, said)


class More(Judge, frozen=True, kw_only=True):
    """There are more of these than of those in the top."""

    of: Where
    than: Where
    top: Top = 10

    def judge(self, seen: Seen, other: Seen) -> Verdict:
        one, shown = _count(seen, self.of.mask(seen.catalog), self.top)
        two, _ = _count(seen, self.than.mask(seen.catalog), self.top)
        return Verdict(one > two, f"{one} {self.of} and {two} {self.than} in the first {shown}")


class Series(Judge, frozen=True, kw_only=True):
    """At most so many of a series in the top, and none of one twice in a row."""

    top: Top = 150
    at_most: Top = 2
    adjacent: bool = False

    def judge(self, seen: Seen, other: Seen) -> Verdict:
        series = seen.catalog.series[seen.rows[: self.top]]
        most = max(Counter(series[series >= 0].tolist()).values(), default=0)
        pairs = int(((series[1:] == series[:-1]) & (series[1:] >= 0)).sum())
        holds = most <= self.at_most and (self.adjacent or not pairs) and len(series) > 0
        return Verdict(
            holds, f"at most {most} of a series, {pairs} in a row, among {len(series)} episodes"
        )


class Reasons(Judge, frozen=True, kw_only=True):
    """Every reason in the top, or of those episodes in it, is one of these."""

    keys: tuple[str, ...]
    where: Where = Where()
    top: Top = 10

    def judge(self, seen: Seen, other: Seen) -> Verdict:
        places = seen.places(self.where.mask(seen.catalog))
        keys = Counter(seen.reasons[place - 1] for place in places.tolist() if place <= self.top)
        said = ", ".join(f"{count} {key}" for key, count in keys.most_common())
        return Verdict(bool(keys) and set(keys) <= set(self.keys), said or f"no {self.where}")


class Latency(Judge, frozen=True, kw_only=True):
    """A session, from query to first page, is made in so many milliseconds. Measured."""

    at_most_ms: float
    percentile: Annotated[float, msgspec.Meta(ge=0, le=100)] = 95.0
    sessions: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 200

    def judge(self, seen: Seen, other: Seen) -> Verdict:
        session_ms(seen.ranker, [seen.query] * WARM_UP)
        took = session_ms(seen.ranker, [seen.query] * self.sessions)
        found = float(np.percentile(took, self.percentile))
        return Verdict(
            found <= self.at_most_ms,
            f"p{self.percentile:g} {found:.1f} ms, median {np.median(took):.1f}, "
            f"{len(seen.catalog):,} episodes",
        )


def _count(seen: Seen, mask: BoolArray, top: int) -> tuple[int, int]:
    shown = seen.rows[:top]
    return int(mask[shown].sum()), len(shown)
