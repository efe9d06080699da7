"""Hidden traits of synthetic shows and episodes, which decide what listeners choose."""

from dataclasses import dataclass

import numpy as np

from feed.arrays.arrays import BoolArray, FloatArray, IntArray

DAYS = 45
"""length of the time in which users listen, in days; it begins at day 0"""
TOPICS = 12
TASTES = 6
DAILY_SHARE = 0.12
"""share of the shows that publish every day"""
ENDED_SHARE = 0.35
"""share of the other shows that ended, some of them long before day 0"""
OLDEST_END = -200.0
"""earliest day on which a show may have ended"""
TREND_EVERY = 1.5
"""days from one trend to the next"""
EPISODES_PER_TREND = 4
"""number of episodes that a trend makes popular; one of them may be old"""


@dataclass(frozen=True)
class Traits:
    """Hidden traits of n episodes, sorted by publication, of s shows."""

    show: IntArray
    """(n,) index of the show"""
    number: IntArray
    """(n,) position in the show, 0 for its oldest episode"""
    day: FloatArray
    """(n,) publication time in days, negative before listening begins"""
    minutes: FloatArray
    """(n,) duration"""
    topics: FloatArray
    """(n, TOPICS) share of each topic: what the text reveals"""
    tastes: FloatArray
    """(n, TASTES) position in a space that no text reveals"""
    appeal: FloatArray
    """(n,) log of the popularity, apart from trends"""
    onset: FloatArray
    """(n,) day on which a trend reaches the episode; infinite if none does"""
    strength: FloatArray
    """(n,) what a trend adds to the utility at its onset"""
    lifetime: FloatArray
    """(n,) days in which a trend fades to 1 / e of its strength"""
    daily: BoolArray
    """(s,) true for shows that publish every day"""
    show_tastes: FloatArray
    """(s, TASTES) mean position of a show's episodes"""
    show_appeal: FloatArray
    """(s,) log of the popularity of a show"""
    leads_to: FloatArray
    """(TASTES, TASTES) takes the position of an episode to where its listeners go next"""

    def heat(self, day: float, count: int) -> FloatArray:
        """(count,) what trends add to the utility of the first `count` episodes on a day."""
        since = day - self.onset[:count]
        fading: FloatArray = np.exp(-np.maximum(since, 0) / self.lifetime[:count])
        return np.where(since >= 0, self.strength[:count] * fading, 0.0)


def draw_traits(shows: int, episodes: int, rng: np.random.Generator) -> Traits:
    """Draw the traits of shows and of their episodes."""
    daily = np.arange(shows) < max(1, round(DAILY_SHARE * shows))
    show, number, day = _schedule(daily, episodes, rng)
    main = rng.integers(0, TOPICS, shows)
    show_tastes = rng.normal(0, 1, (shows, TASTES))
    show_appeal = rng.exponential(1.3, shows)
    show_minutes = np.where(daily, 18.0, 45 * np.exp(rng.normal(0, 0.5, shows)))
    aside = rng.integers(0, TOPICS, episodes)
    onset, strength, lifetime = _trends(day, rng)
    rotation = np.linalg.qr(rng.normal(0, 1, (TASTES, TASTES)))[0]
    return Traits(
        show=show,
        number=number,
        day=day,
        minutes=show_minutes[show] * np.exp(rng.normal(0, 0.2, episodes)),
        topics=0.7 * np.eye(TOPICS)[main[show]] + 0.3 * np.eye(TOPICS)[aside],
        tastes=show_tastes[show] + 0.6 * rng.normal(0, 1, (episodes, TASTES)),
        appeal=show_appeal[show] + 0.7 * rng.normal(0, 1, episodes),
        onset=onset,
        strength=strength,
        lifetime=lifetime,
        daily=daily,
        show_tastes=show_tastes,
        show_appeal=show_appeal,
        leads_to=(np.eye(TASTES) + rotation) / 2,
    )


def _schedule(
    daily: BoolArray, episodes: int, rng: np.random.Generator
) -> tuple[IntArray, IntArray, FloatArray]:
    """Show, position in the show and publication day of each episode, sorted by day.

    Daily shows publish early in the morning, the others about weekly at any time.
    """
    shows = len(daily)
    every = np.where(daily, 1.0, 7 * np.exp(rng.normal(0, 0.5, shows)))
    ended = ~daily & (rng.random(shows) < ENDED_SHARE)
    last = np.where(ended, rng.uniform(OLDEST_END, DAYS, shows), DAYS - rng.random(shows) * every)
    last = np.where(daily, DAYS - rng.uniform(0.75, 0.85, shows), last)
    length = np.where(daily, DAYS + 15.0, 18 * np.exp(rng.normal(0, 0.6, shows)))
    count = rng.multinomial(episodes, length / length.sum())
    show = np.repeat(np.arange(shows), count)
    back = np.arange(episodes) - np.repeat(np.cumsum(count) - count, count)
    late = rng.uniform(0, np.where(daily, 0.05, 0.3)[show])
    day = last[show] - every[show] * (back + late)
    order = np.argsort(day)
    return show[order], (count[show] - 1 - back)[order], day[order]


def _trends(day: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Onset, strength and lifetime of the trend of each episode.

    A trend begins on a random day and reaches some of the episodes that are published around that
    day, of any show and topic, and an old one.
    """
    onset = np.full(len(day), np.inf)
    for start in rng.uniform(0, DAYS, round(DAYS / TREND_EVERY)).tolist():
        fresh = np.flatnonzero((day > start - 1) & (day < start + 1))
        old = np.flatnonzero(day < start - 10)
        reached = [*rng.permutation(fresh)[: EPISODES_PER_TREND - 1], *rng.permutation(old)[:1]]
        onset[reached] = np.maximum(start, day[reached])
    return onset, rng.uniform(1.5, 4, len(day)), rng.uniform(0.5, 2.5, len(day))
