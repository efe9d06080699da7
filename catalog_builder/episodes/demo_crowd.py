"""Made-up listeners of the demo catalog, so that its charts, neighbours and insights say something.

They exist only while the demo's catalog is built: no store has them.
"""

import datetime as dt
import itertools
import random
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from feed.model.engagement import Engagement, Summary, newest
from feed.model.timestamps import to_us
from feed.ports.users import SummaryArchive

SEED = 20240301
LISTENERS = 240
DAYS = 42
"""in which they listened: the insights compare five weeks"""
CHOICES = range(12, 25)
"""how many episodes each of them chose"""
TASTE_SHARE = 0.85
"""share of the choices from the two subcategories that a listener likes best"""
FRESH_DAYS = 9.0
"""age at which an episode is chosen half as often as a new one"""
TALKED_ABOUT_SHARE = 0.25
"""share of the listeners who chose an episode about one of the rising topics in the last days"""
TALKED_ABOUT_HOURS = 30.0
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


class CrowdArchive:
    """A `SummaryArchive` of the listeners in another one, and of the demo's made-up listeners."""

    def __init__(
        self,
        others: SummaryArchive,
        episodes: Sequence[dict[str, Any]],
        rising: Collection[str],
        now: dt.datetime,
    ) -> None:
        """`rising` are the entities that the listeners have begun to talk about at `now`."""
        self._others = others
        self._made = episodes, rising, now

    def summaries(self) -> Iterator[Summary]:
        """Yield every summary. Raises `Unavailable`."""
        return itertools.chain(self._others.summaries(), crowd(*self._made))

    def changed_since(self, us: int) -> Iterator[Summary]:
        """Yield those of the other archive: made-up listeners never change. Raises as it does."""
        return self._others.changed_since(us)


class _Offer(NamedTuple):
    """An episode, as a listener finds it."""

    episode_id: str
    published_us: int


def crowd(
    episodes: Sequence[dict[str, Any]], rising: Collection[str], now: dt.datetime
) -> Iterator[Summary]:
    """Yields the summaries of made-up listeners: the same for the same episodes and time."""
    rng = random.Random(SEED)  # noqa: S311 - repeatable listeners, no secrets
    now_us = to_us(now)
    by_taste: dict[str, list[_Offer]] = defaultdict(list)
    by_topic: dict[str, list[_Offer]] = {topic: [] for topic in rising}
    for one in episodes:
        offer = _Offer(one["id"], to_us(dt.datetime.fromisoformat(one["published_at"])))
        by_taste[one["categories"]["subcategories"][0]].append(offer)
        for topic in by_topic.keys() & set(one["entities"]):
            by_topic[topic].append(offer)
    tastes = sorted(by_taste)
    for number in range(LISTENERS):
        liked = rng.sample(tastes, k=2)
        chosen: dict[str, Engagement] = {}
        for _ in range(rng.choice(CHOICES)):
            taste = rng.choice(liked) if rng.random() < TASTE_SHARE else rng.choice(tastes)
            at_us = now_us - round(rng.random() * DAYS * DAY_US)
            found = _choose(by_taste[taste], at_us, rng)
            if found is not None:
                chosen[found.episode_id] = _listen(number, found, at_us, rng)
        if by_topic and rng.random() < TALKED_ABOUT_SHARE:
            for offer in by_topic[rng.choice(sorted(by_topic))]:
                longest_us = min(TALKED_ABOUT_HOURS * HOUR_US, now_us - offer.published_us)
                at_us = now_us - round(rng.random() * longest_us)
                chosen[offer.episode_id] = _listen(number, offer, at_us, rng)
        yield Summary(engagements=newest(chosen.values()))


def _choose(offers: list[_Offer], at_us: int, rng: random.Random) -> _Offer | None:
    """Returns one of the episodes that are out at a moment, new ones more often; None if none."""
    out = [one for one in offers if one.published_us < at_us]
    if not out:
        return None
    weights = [2.0 ** -((at_us - one.published_us) / DAY_US / FRESH_DAYS) + 0.02 for one in out]
    return rng.choices(out, weights)[0]


def _listen(number: int, offer: _Offer, at_us: int, rng: random.Random) -> Engagement:
    """Returns that a listener heard an episode, most often to its end."""
    heard = min(1.0, max(0.12, rng.gauss(0.85, 0.3)))
    return Engagement(
        id=f"{number}-{offer.episode_id}",
        episode_id=offer.episode_id,
        type="listen",
        timestamp_us=at_us,
        progress=round(heard, 2),
    )
