"""Rankings whose popularity is renewed at intervals after the cut, as by scheduled builds."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Generic, TypeVar

import numpy as np

from catalog_builder.signals.interactions import MINUTE_US, collect_interactions
from catalog_builder.signals.popularity import PopularityCounts, add_changes, count_popularity
from evaluation.data.events import Events
from evaluation.data.training import (
    NOT_INTERESTED,
    TrainingData,
    TrainingUser,
    summaries_of,
)
from evaluation.offline.protocol import Targets
from evaluation.offline.recommender import Recommender
from feed.arrays.arrays import FloatArray, IntArray
from feed.model.engagement import Engagement, Summary, newest_first
from feed.scenarios.scenario import Scenario

T = TypeVar("T", bound=Recommender)


class RefreshedSignals:
    """The training data as of each target's moment: its time, rounded down to the interval.

    The events of all users before that moment count for popularity and the number of listeners.
    Everything else is as of the cut: users' histories, neighbours, completion, vectors.
    """

    def __init__(
        self,
        training: TrainingData,
        train: Events,
        test: Events,
        targets: Targets,
        *,
        every_us: int,
        min_people: int,
    ) -> None:
        """`every_us` is the interval in microseconds, in whole minutes."""
        moments = np.maximum(targets.times_us // every_us * every_us, training.now_us)
        names = [user.user_id for user in targets.users]
        self._moments = dict(zip(names, moments.tolist(), strict=True))
        self._known = {training.now_us: training}
        events = train.joined(test)
        rows = training.catalog.rows(list(events.episode_ids))[events.episode]
        events, rows = events.take(rows >= 0), rows[rows >= 0].astype(np.int64)
        users, liked = events.user.astype(np.int64), events.event_type != NOT_INTERESTED
        histories = _histories(train, test)
        counts, since_us = _counts_at_the_cut(training), training.now_us + 1
        for moment_us in np.unique(moments[moments > training.now_us]).tolist():
            minute = moment_us // MINUTE_US
            new = slice(*np.searchsorted(test.timestamp_us, (since_us, moment_us)))
            counts = add_changes(
                counts,
                [histories[test.user_ids[user]] for user in np.unique(test.user[new])],
                training.catalog.rows,
                since_us=since_us,
                until_us=moment_us,
                minute=minute,
            )
            end = int(np.searchsorted(events.timestamp_us, moment_us))
            self._known[moment_us] = replace(
                _with_popularity(training, counts, min_people),
                now_us=moment_us,
                user=users[:end],
                row=rows[:end],
                timestamp_us=events.timestamp_us[:end],
                liked=liked[:end],
            )
            since_us = moment_us

    def of(self, user: TrainingUser) -> TrainingData:
        """What is known at the moment of a user's target."""
        return self._known[self._moments[user.user_id]]


class RefreshedRecommender(Generic[T]):
    """A recommender that is prepared anew for each moment, when a user of another one comes."""

    def __init__(
        self,
        name: str,
        signals: RefreshedSignals,
        prepare: Callable[[TrainingData], T],
        scenario: Scenario | None = None,
    ) -> None:
        self.name = name
        self.scenario = scenario
        self._signals = signals
        self._prepare = prepare
        self._known: TrainingData | None = None

    def rank(self, user: TrainingUser, count: int) -> IntArray:
        """At most `count` rows, ranked at the moment of the user's target."""
        return self.at(user).rank(user, count)

    def score(self, user: TrainingUser) -> FloatArray:
        """(n,) score of every episode at the moment of the user's target."""
        return self.at(user).score(user)

    def at(self, user: TrainingUser) -> T:
        """The recommender as of the moment of the user's target."""
        known = self._signals.of(user)
        if known is not self._known:
            self._known, self._ranking = known, self._prepare(known)
        return self._ranking


def _histories(train: Events, test: Events) -> Mapping[str, Summary]:
    """By id of a user with test events: all events, also those that a summary has no room for."""
    before, after = summaries_of(train), summaries_of(test)

    def whole(name: str) -> tuple[Engagement, ...]:
        every = after[name].engagements
        if name in before:
            every += before[name].engagements
        return tuple(sorted(every, key=newest_first))

    return {name: Summary(engagements=whole(name)) for name in after}


def _counts_at_the_cut(training: TrainingData) -> PopularityCounts:
    catalog = training.catalog
    found = collect_interactions((one.summary for one in training.users.values()), catalog.rows)
    return count_popularity(found, training.now_us // MINUTE_US, len(catalog))


def _with_popularity(
    training: TrainingData, counts: PopularityCounts, min_people: int
) -> TrainingData:
    """The training data with these counts as popularity, and no prediction where it is known."""
    listeners, popularity, enough = counts.published(min_people)
    old = training.catalog.signals
    signals = replace(
        old,
        listeners=listeners,
        popularity=popularity,
        predicted_popularity=np.where(enough, np.float32(0), old.predicted_popularity),
    )
    catalog = replace(training.catalog, signals=signals, created_us=counts.minute * MINUTE_US)
    return replace(training, catalog=catalog)
