"""Computes a catalog's signals: from all users' summaries, or from those that changed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np
import numpy.typing as npt

from catalog_builder.insights.build import build_insights
from catalog_builder.insights.counts import ListenerCounter, NameCounts
from catalog_builder.insights.names import EpisodeNames
from catalog_builder.signals.aggregates import (
    MIN_USERS,
    PREDICTED,
    SignalParameters,
    compute_signals,
)
from catalog_builder.signals.interactions import MINUTE_US, collect_interactions
from catalog_builder.signals.popularity import PopularityCounts, add_changes, count_popularity
from catalog_builder.signals.popularity_prior import EpisodeContent, predict_popularity
from feed.arrays.arrays import IntArray, ranges
from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.catalog.insights import Insights
from feed.catalog.signals import Signals
from feed.model.engagement import Summary
from feed.model.timestamps import DAY_US


@dataclass(frozen=True)
class ComputedSignals:
    """The signals and insights of a catalog, and the counts that they are computed from."""

    signals: Signals
    insights: Insights
    counts: PopularityCounts
    listeners: NameCounts


class SignalPass(Protocol):
    """Computes the signals of a catalog."""

    def compute(
        self, catalog: Catalog, names: EpisodeNames, content: EpisodeContent | None
    ) -> ComputedSignals:
        """Returns the signals of `catalog` as of its creation; those that it has do not count.

        `names` and `content` are those of its episodes; no content where none has changed.
        """


@dataclass(frozen=True)
class FullPass:
    """Computes all signals anew, from the summaries of all users."""

    summaries: Iterable[Summary] = ()
    parameters: SignalParameters | None = None

    def compute(
        self, catalog: Catalog, names: EpisodeNames, content: EpisodeContent | None
    ) -> ComputedSignals:
        """Returns the signals; reads all summaries."""
        content, parameters = content or EpisodeContent.of(catalog), self.parameters
        counter = ListenerCounter(names, catalog.created_us // DAY_US)
        found = collect_interactions(self.summaries, catalog.rows, partial(counter.add, 1))
        counts = count_popularity(found, catalog.created_us // MINUTE_US, len(catalog))
        signals = compute_signals(found, content, parameters, counts)
        min_users = parameters.min_users if parameters else MIN_USERS
        return _computed(catalog, names, signals, counts, counter.counts, min_users)


@dataclass(frozen=True, kw_only=True)
class IncrementalPass:
    """Renews popularity by what changed; carries all other signals over from an earlier catalog."""

    before: Catalog
    """the earlier catalog, with its signals"""
    counts: PopularityCounts
    """of the earlier catalog's episodes, from all engagements before `since_us`"""
    listeners: NameCounts
    """of the earlier catalog's names, from the same engagements, as of the same day"""
    changed: Iterable[Summary]
    """the summaries that may have later engagements"""
    since_us: int
    """microseconds since 1970"""
    until_us: int
    """engagements from this moment on do not count yet, microseconds since 1970"""
    min_users: int
    """fewest users that a published value may come from"""

    def compute(
        self, catalog: Catalog, names: EpisodeNames, content: EpisodeContent | None
    ) -> ComputedSignals:
        """Returns the signals; reads the changed summaries.

        An episode that the earlier catalog lacks has only what is counted or predicted now. Without
        `content` no prediction is made anew.
        """
        rows = catalog.id_index.first(self.before.id_hashes)
        counter = ListenerCounter(names, catalog.created_us // DAY_US, self.listeners)
        counts = add_changes(
            self.counts.moved(rows, len(catalog)),
            self.changed,
            catalog.rows,
            since_us=self.since_us,
            until_us=self.until_us,
            minute=catalog.created_us // MINUTE_US,
            watch=counter.add,
        )
        listeners, popularity, enough = counts.published(self.min_users)
        signals = carry_over(self.before, rows, catalog)
        predicted = np.where(enough, np.float32(0), signals.predicted_popularity)
        if content is not None:
            predicted = predict_popularity(content, counts.popularity[:, PREDICTED], enough)
        signals = replace(
            signals, listeners=listeners, popularity=popularity, predicted_popularity=predicted
        )
        return _computed(catalog, names, signals, counts, counter.counts, self.min_users)


def _computed(
    catalog: Catalog,
    names: EpisodeNames,
    signals: Signals,
    counts: PopularityCounts,
    listeners: NameCounts,
    min_users: int,
) -> ComputedSignals:
    insights = build_insights(replace(catalog, signals=signals), names, listeners, min_users)
    return ComputedSignals(signals, insights, counts, listeners)


def carry_over(before: Catalog, rows: IntArray, catalog: Catalog) -> Signals:
    """Returns the signals of `before` for the episodes and series of `catalog`, matched by id.

    `rows` (b,) are the rows in `catalog` of the episodes of `before`, -1 for one that is gone. A
    new episode or series has none.
    """
    old, n = before.signals, len(catalog)
    kept = np.flatnonzero(rows >= 0)
    places = rows[kept]
    none = Signals.none(n, len(catalog.series_ids))
    for name in ("listeners", "popularity", "completion", "predicted_popularity"):
        getattr(none, name)[places] = getattr(old, name)[kept]
    series = catalog.series_index.first(hash_strings(list(before.series_ids)))
    none.series_return[series[series >= 0]] = old.series_return[series >= 0]
    source = np.full(n, -1, np.int64)
    source[places] = kept
    starts, neighbours, weights = _moved_neighbours(old, source, rows)
    return replace(
        none, neighbour_starts=starts, neighbour_rows=neighbours, neighbour_weights=weights
    )


def _moved_neighbours(
    old: Signals, source: IntArray, rows: IntArray
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Starts (n + 1,), rows and weights of the neighbours that are left.

    `source` (n,) is the old row of each episode, -1 for a new one; `rows` the new of each old one.
    """
    known = np.flatnonzero(source >= 0)
    begins, ends = old.neighbour_starts[source[known]], old.neighbour_starts[source[known] + 1]
    edges = ranges(begins, ends)
    targets = rows[old.neighbour_rows[edges]]
    left = targets >= 0
    counts = np.bincount(np.repeat(known, ends - begins)[left], minlength=len(source))
    starts = np.append(0, np.cumsum(counts)).astype(np.int64)
    return starts, targets[left].astype(np.int32), old.neighbour_weights[edges][left]
