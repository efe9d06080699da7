"""Checks of a single feed."""

from collections import Counter
from typing import Annotated, Literal

import msgspec
import numpy as np

from evaluation.behaviour.check import Check, CheckResult, Depth, Fraction, RankedFeed
from evaluation.behaviour.criteria import EpisodeCriteria
from evaluation.offline.latency import session_ms

ScoreName = Literal["credibility", "insight", "information", "entertainment", "combined"]

WARM_UP = 5
"""Sessions that run before the clock starts."""


class LengthCheck(Check, frozen=True, kw_only=True):
    """Holds if the queue has at least `at_least` episodes."""

    at_least: Depth

    def judge(self, feed: RankedFeed, other: RankedFeed) -> CheckResult:
        return CheckResult(len(feed.rows) >= self.at_least, f"{len(feed.rows)} episodes")


class AbsentCheck(Check, frozen=True, kw_only=True):
    """Holds if no matching episode is in the queue, and the queue is not empty."""

    where: EpisodeCriteria

    def judge(self, feed: RankedFeed, other: RankedFeed) -> CheckResult:
        positions = feed.positions(self.where.mask(feed.catalog))
        matches = (
            f"{len(positions)} of them, at {positions[:5].tolist()}" if len(positions) else "none"
        )
        return CheckResult(
            not len(positions) and len(feed.rows) > 0, f"{matches} among {len(feed.rows)} episodes"
        )


class ShareCheck(Check, frozen=True, kw_only=True):
    """Holds if the share of matching episodes in the top lies within bounds."""

    where: EpisodeCriteria
    top: Depth = 10
    at_least: Fraction = 0.0
    at_most: Fraction = 1.0

    def judge(self, feed: RankedFeed, other: RankedFeed) -> CheckResult:
        count, shown = feed.count_in_top(self.where.mask(feed.catalog), self.top)
        holds = shown > 0 and self.at_least <= count / shown <= self.at_most
        return CheckResult(holds, f"{count} of the first {shown} are {self.where}")


class BreadthCheck(Check, frozen=True, kw_only=True):
    """Holds if the top covers at least `at_least` major categories, or series."""

    of: Literal["category", "series"] = "category"
    top: Depth = 10
    at_least: Depth

    def judge(self, feed: RankedFeed, other: RankedFeed) -> CheckResult:
        catalog, rows = feed.catalog, feed.rows[: self.top]
        if self.of == "series":
            groups = {series for series in catalog.series[rows].tolist() if series >= 0}
        else:
            inside = {one for row in rows.tolist() for one in catalog.categories_of(row).tolist()}
            groups = {one for one in inside if catalog.category_major[one]}
        names = "series" if self.of == "series" else "categories"
        return CheckResult(
            len(groups) >= self.at_least, f"{len(groups)} {names} in the first {len(rows)}"
        )


class FloorCheck(Check, frozen=True, kw_only=True):
    """Holds if every episode that has the score has at least `at_least`."""

    score: ScoreName
    at_least: float

    def judge(self, feed: RankedFeed, other: RankedFeed) -> CheckResult:
        scores = feed.scores(self.score)[feed.rows]
        known = scores[~np.isnan(scores)]
        below = int((known < self.at_least).sum())
        return CheckResult(
            not below and len(feed.rows) > 0,
            f"lowest {self.score} {known.min(initial=np.inf):.2f}, "
            f"{below} of {len(feed.rows)} below {self.at_least:g}",
        )


class QualityCheck(Check, frozen=True, kw_only=True):
    """Holds if the mean score of the top exceeds that of the share `above` of the catalog."""

    score: ScoreName = "combined"
    top: Depth = 10
    above: Fraction

    def judge(self, feed: RankedFeed, other: RankedFeed) -> CheckResult:
        scores = feed.scores(self.score)
        known = scores[~np.isnan(scores)]
        shown = scores[feed.rows[: self.top]]
        shown = shown[~np.isnan(shown)]
        mean = float(shown.mean()) if len(shown) else -np.inf
        share = float((known < mean).mean()) if len(known) else 0.0
        return CheckResult(
            len(shown) > 0 and share >= self.above,
            f"mean {self.score} {mean:.2f}, above {share:.0%} of the catalog",
        )


class BeforeCheck(Check, frozen=True, kw_only=True):
    """Holds if the first match of `first` precedes the first match of `then`."""

    first: EpisodeCriteria
    then: EpisodeCriteria

    def judge(self, feed: RankedFeed, other: RankedFeed) -> CheckResult:
        one, two = (
            int(feed.positions(where.mask(feed.catalog)).min(initial=len(feed.rows) + 1))
            for where in (self.first, self.then)
        )
        observed = (
            f"{self.first} at {feed.position_text(one)}, {self.then} at {feed.position_text(two)}"
        )
        return CheckResult(one < two, observed)


class MoreCheck(Check, frozen=True, kw_only=True):
    """Holds if the top has more matches of `of` than of `than`."""

    of: EpisodeCriteria
    than: EpisodeCriteria
    top: Depth = 10

    def judge(self, feed: RankedFeed, other: RankedFeed) -> CheckResult:
        one, shown = feed.count_in_top(self.of.mask(feed.catalog), self.top)
        two, _ = feed.count_in_top(self.than.mask(feed.catalog), self.top)
        return CheckResult(one > two, f"{one} {self.of} and {two} {self.than} in the first {shown}")


class SeriesCheck(Check, frozen=True, kw_only=True):
    """Holds if no series has more than `at_most` episodes in the top, or two in a row.

    `adjacent` allows two in a row.
    """

    top: Depth = 150
    at_most: Depth = 2
    adjacent: bool = False

    def judge(self, feed: RankedFeed, other: RankedFeed) -> CheckResult:
        series = feed.catalog.series[feed.rows[: self.top]]
        most = max(Counter(series[series >= 0].tolist()).values(), default=0)
        pairs = int(((series[1:] == series[:-1]) & (series[1:] >= 0)).sum())
        holds = most <= self.at_most and (self.adjacent or not pairs) and len(series) > 0
        return CheckResult(
            holds, f"at most {most} of a series, {pairs} in a row, among {len(series)} episodes"
        )


class ReasonsCheck(Check, frozen=True, kw_only=True):
    """Holds if every reason of the matching episodes in the top is one of `keys`."""

    keys: tuple[str, ...]
    where: EpisodeCriteria = EpisodeCriteria()
    top: Depth = 10

    def judge(self, feed: RankedFeed, other: RankedFeed) -> CheckResult:
        positions = feed.positions(self.where.mask(feed.catalog))
        keys = Counter(feed.reasons[at - 1] for at in positions.tolist() if at <= self.top)
        observed = ", ".join(f"{count} {key}" for key, count in keys.most_common())
        holds = bool(keys) and set(keys) <= set(self.keys)
        return CheckResult(holds, observed or f"no {self.where}")


class LatencyCheck(Check, frozen=True, kw_only=True):
    """Holds if a session, from query to first page, takes at most `at_most_ms` milliseconds.

    Times `sessions` sessions on this machine and takes their `percentile`.
    """

    at_most_ms: float
    percentile: Annotated[float, msgspec.Meta(ge=0, le=100)] = 95.0
    sessions: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 200

    def judge(self, feed: RankedFeed, other: RankedFeed) -> CheckResult:
        session_ms(feed.ranker, [feed.query] * WARM_UP)
        durations_ms = session_ms(feed.ranker, [feed.query] * self.sessions)
        percentile_ms = float(np.percentile(durations_ms, self.percentile))
        return CheckResult(
            percentile_ms <= self.at_most_ms,
            f"p{self.percentile:g} {percentile_ms:.1f} ms, median {np.median(durations_ms):.1f}, "
            f"{len(feed.catalog):,} episodes",
        )
