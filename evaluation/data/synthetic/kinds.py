"""Kinds of synthetic listeners: what decides which episode each hears next."""

import numpy as np

from evaluation.data.synthetic.listener import Listener
from evaluation.data.synthetic.traits import DAYS, TOPICS, Traits
from feed.arrays.arrays import BoolArray, FloatArray, IntArray

OLDEST_FIRST_SHARE = 0.7
"""share of binge listeners who begin with the oldest episode of a show"""
MOST_SKIPPED = 2
"""largest number of episodes that a binge listener leaves out at once"""
TOPIC_CHANGE_SHARE = 0.3
"""share of regular listeners whose topics change half-way"""


class Binge(Listener):
    """Goes through the episodes of a show in order, then through those of a show like it.

    Daily shows attract such listeners less than others.
    """

    per_sitting = 3.0

    def __init__(self, traits: Traits, rng: np.random.Generator, joined: float) -> None:
        super().__init__(traits, rng, joined)
        self.step = 1 if rng.random() < OLDEST_FIRST_SHARE else -1
        self.begun: BoolArray = np.zeros(len(traits.daily), np.bool_)
        self.upcoming: IntArray = np.zeros(len(traits.daily), np.int64)
        """(s,) position of the next episode of each show that was begun"""
        self.preference: FloatArray = (
            0.4 * traits.show_tastes @ self.taste + 0.7 * traits.show_appeal - 3.0 * traits.daily
        )

    def utility(self, day: float, count: int) -> FloatArray:  # noqa: ARG002 - whatever the day
        """(count,) utility of the shows, for the next episode of each; skipping some costs."""
        show, number = self.traits.show[:count], self.traits.number[:count]
        shows = self.preference + 0.6 * self.leads(self.traits.show_tastes)
        if self.latest is not None:
            shows[self.traits.show[self.latest]] += 2.5
        upcoming = self.upcoming
        if self.step < 0:
            newest = np.bincount(show, minlength=len(shows)) - 1
            upcoming = np.where(self.begun, upcoming, newest)
        skipped = (number - upcoming[show]) * self.step
        near = (skipped >= 0) & (skipped <= MOST_SKIPPED)
        return np.where(near, shows[show] - 2.0 * skipped, -20.0)

    def heard(self, episode: int) -> None:
        """Remember the place in the show as well."""
        super().heard(episode)
        show = self.traits.show[episode]
        self.begun[show] = True
        self.upcoming[show] = self.traits.number[episode] + self.step


class News(Listener):
    """Follows a few daily shows, topics and trends: an episode is stale within days."""

    per_sitting = 1.6

    def __init__(self, traits: Traits, rng: np.random.Generator, joined: float) -> None:
        super().__init__(traits, rng, joined)
        attraction = 0.5 * traits.show_tastes @ self.taste + traits.show_appeal
        attraction = attraction + rng.gumbel(0, 1, len(traits.daily))
        daily = np.flatnonzero(traits.daily)
        followed = daily[np.argsort(-attraction[daily])][: rng.integers(1, 4)]
        loyalty = np.zeros(len(traits.daily))
        loyalty[followed] = 2.5
        self.preference: FloatArray = (
            loyalty[traits.show] + 2.0 * traits.topics @ self.topics + 0.4 * traits.appeal
        )

    def utility(self, day: float, count: int) -> FloatArray:
        """(count,) fading within a day of the publication, or of the onset of a trend."""
        traits = self.traits
        onset = traits.onset[:count]
        news = np.where(onset <= day, onset, traits.day[:count])
        return self.preference[:count] + 1.5 * traits.heat(day, count) - (day - news) / 0.9


class Browse(Listener):
    """Chooses by topic, taste and the last episode, from all shows, whatever their age."""

    per_sitting = 1.5

    def __init__(self, traits: Traits, rng: np.random.Generator, joined: float) -> None:
        super().__init__(traits, rng, joined)
        self.preference: FloatArray = (
            4.0 * traits.topics @ self.topics + 0.6 * traits.tastes @ self.taste
        ) + 0.7 * traits.appeal

    def utility(self, day: float, count: int) -> FloatArray:  # noqa: ARG002 - whatever the day
        """(count,) preference, and how well an episode of another show follows the last one."""
        utility = self.preference[:count] + 0.5 * self.leads(self.traits.tastes[:count])
        if self.latest is not None:
            utility -= 2.0 * (self.traits.show[:count] == self.traits.show[self.latest])
        return utility


class Regular(Listener):
    """Returns to shows that it knows, soon after publication; some change topics half-way."""

    per_sitting = 1.3

    def __init__(self, traits: Traits, rng: np.random.Generator, joined: float) -> None:
        super().__init__(traits, rng, joined)
        change = rng.random() < TOPIC_CHANGE_SHARE
        self.later: FloatArray = rng.dirichlet(np.full(TOPICS, 0.25)) if change else self.topics
        self.habit = np.zeros(len(traits.daily))
        self.preference: FloatArray = 0.9 * traits.tastes @ self.taste + traits.appeal

    @property
    def last_topics(self) -> FloatArray:
        """(TOPICS,) how much the user likes each topic in the end; sums to 1."""
        return self.later

    def utility(self, day: float, count: int) -> FloatArray:
        """(count,) preference, topics and habit, fading within weeks of the publication."""
        traits = self.traits
        topics = self.topics if day < (self.joined + DAYS) / 2 else self.later
        return (
            6.0 * (traits.topics[:count] @ topics)
            + self.preference[:count]
            + 0.5 * self.habit[traits.show[:count]]
            + 0.5 * traits.heat(day, count)
            - (day - traits.day[:count]) / 12
        )

    def heard(self, episode: int) -> None:
        """Remember the show as well."""
        super().heard(episode)
        show = self.traits.show[episode]
        self.habit[show] = min(self.habit[show] + 1, 3)


KINDS: dict[str, type[Listener]] = {
    "binge": Binge,
    "news": News,
    "browse": Browse,
    "regular": Regular,
}
