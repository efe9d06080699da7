"""A synthetic listener: hidden preferences, and the choice of the next episode."""

from abc import ABC, abstractmethod

import numpy as np

from evaluation.data.synthetic.traits import TASTES, TOPICS, Traits
from feed.arrays.arrays import BoolArray, FloatArray

CHANCE = 0.07
"""share of the choices that are made at random: somebody else's device, a link, a mistake"""
NOON = 0.5
PREFERRED_MINUTES = (20.0, 50.0)
"""durations that are preferred before and after noon"""


class Listener(ABC):
    """A user with hidden preferences, who chooses one episode after the other."""

    per_sitting: float
    """mean number of episodes in a sitting"""

    def __init__(self, traits: Traits, rng: np.random.Generator, joined: float) -> None:
        self.traits = traits
        self.rng = rng
        self.joined = joined
        """day from which the user listens"""
        self.topics: FloatArray = rng.dirichlet(np.full(TOPICS, 0.25))
        self.taste: FloatArray = rng.normal(0, 1, TASTES)
        preferred = np.array(PREFERRED_MINUTES)[:, None]
        self.length: FloatArray = 0.5 * np.abs(np.log(traits.minutes / preferred))
        """(2, n) what an unusual duration costs before and after noon"""
        self.unheard: BoolArray = np.ones(len(traits.day), np.bool_)
        self.latest: int | None = None
        """the episode that was heard last"""

    @property
    def last_topics(self) -> FloatArray:
        """(TOPICS,) how much the user likes each topic in the end; sums to 1."""
        return self.topics

    @abstractmethod
    def utility(self, day: float, count: int) -> FloatArray:
        """(count,) utility of the first `count` episodes, which are those published by `day`."""

    def choose(self, day: float) -> tuple[int, bool] | None:
        """Choose an episode that is published and unheard, by a multinomial logit.

        Returns the episode and whether it was chosen at random, or None if there is none.
        """
        count = int(self.traits.day.searchsorted(day, side="right"))
        unheard = self.unheard[:count]
        if not unheard.any():
            return None
        by_chance = self.rng.random() < CHANCE
        if by_chance:
            episode = int(self.rng.choice(np.flatnonzero(unheard)))
        else:
            evening = int(day % 1 >= NOON)
            utility = self.utility(day, count) - self.length[evening, :count]
            utility[~unheard] = -np.inf
            odds = np.exp(utility - utility.max()).cumsum()
            episode = int(odds.searchsorted(self.rng.random() * odds[-1], side="right"))
        self.unheard[episode] = False
        if not by_chance:
            self.heard(episode)
        return episode, by_chance

    def heard(self, episode: int) -> None:
        """Remember a choice that was not made at random."""
        self.latest = episode

    def leads(self, tastes: FloatArray) -> FloatArray:
        """(k,) how well these (k, TASTES) positions follow the episode that was heard last."""
        if self.latest is None:
            return np.zeros(len(tastes))
        leads: FloatArray = tastes @ (self.traits.leads_to @ self.traits.tastes[self.latest])
        return leads
