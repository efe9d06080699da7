"""Episodes that bear names, and users who choose them at a steady rate, but for planted bursts."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np

from catalog_builder.build import build_catalog
from catalog_builder.signals.aggregates import SignalParameters
from feed.catalog.catalog import Catalog
from feed.catalog.insights import KINDS, Insights
from feed.model.engagement import Engagement, Summary, newest
from feed.model.episode import Episode
from feed.model.timestamps import DAY_US, HOUR_US, to_us
from feed.snapshot.schema import SECTIONS
from tests.support.catalogs import NOW, vectors_of

UNTIL = NOW + timedelta(hours=20)
SHOWS = 6


def episode(number: int, days: float = 3.0, **fields: Any) -> Episode:
    """An episode `days` before `UNTIL`, of one of `SHOWS` series unless `fields` name another."""
    show = f"show-{number % SHOWS}"
    published = (UNTIL - timedelta(days=days)).isoformat()
    record = {"id": f"episode-{number}", "title": f"Chess {number}", "published_at": published}
    return msgspec.convert(record | {"series": {"id": show, "name": show}} | fields, Episode)


def archive(
    names: Sequence[str], each: int = 4, facts: Mapping[int, dict[str, Any]] | None = None
) -> list[Episode]:
    """Episodes of long ago, `each` bearing every name as an entity, over several series.

    `facts` are further fields of those that bear a name, by its place.
    """
    return [
        episode(place * each + one, 400 + one, entities=[name], **(facts or {}).get(place, {}))
        for place, name in enumerate(names)
        for one in range(each)
    ]


def steady_users(
    episodes: Sequence[Episode], users: int = 60, days: int = 36, seed: int = 0
) -> list[list[Engagement]]:
    """The engagements of users who each choose an episode at random on most days, no more on one.

    On Saturdays and Sundays they choose twice as often.
    """
    rng = np.random.default_rng(seed)
    found: list[list[Engagement]] = []
    for user in range(users):
        ages = [age for age in range(days) if rng.random() < 0.4 * (1 + weekend(age))]
        chosen = rng.integers(0, len(episodes), len(ages))
        found.append(
            [choice(user, episodes[one].id, age) for one, age in zip(chosen, ages, strict=True)]
        )
    return found


def weekend(age: int) -> bool:
    """Whether so many days before the last day was a Saturday or a Sunday."""
    return (UNTIL - timedelta(days=age)).weekday() >= 5


def choice(user: int, episode_id: str, age_days: int, at: datetime = UNTIL) -> Engagement:
    """A user's like, some hours before `at`, so many days earlier."""
    when = to_us(at) - 6 * HOUR_US - age_days * DAY_US
    return Engagement(
        id=f"{user}-{episode_id}-{age_days}", episode_id=episode_id, type="like", timestamp_us=when
    )


def burst(name_episodes: Sequence[Episode], users: Sequence[int], age: int = 0) -> dict[int, Any]:
    """By user: a choice of one of these episodes, so many days before the last day."""
    return {
        user: [choice(user, name_episodes[user % len(name_episodes)].id, age)] for user in users
    }


def catalog_with(
    episodes: Sequence[Episode], users: Sequence[Sequence[Engagement]] = (), min_users: int = 5
) -> Catalog:
    """The catalog of these episodes as of `UNTIL`, with the insights of these users."""
    summaries = [Summary(engagements=newest(one)) for one in users]
    parameters = SignalParameters(min_users=min_users)
    return build_catalog(
        episodes, vectors_of(episodes), UNTIL, summaries=summaries, parameters=parameters
    )


def rising(catalog: Catalog) -> list[tuple[str, str]]:
    """Kind and name of each insight that rises."""
    insights = catalog.insights
    return [
        (KINDS[insights.kinds[place]], insights.names[place])
        for place in range(len(insights))
        if insights.rising[place]
    ]


def place_of(catalog: Catalog, name: str) -> int:
    """The place of the insight of this name."""
    return list(catalog.insights.names).index(name)


def same_insights(one: Insights, other: Insights) -> bool:
    """Whether two catalogs have equal insights, every column byte for byte."""
    columns = [column.attribute for name, column in SECTIONS.items() if name.startswith("insights")]
    pairs = [
        [attrgetter(path.removeprefix("insights."))(insights) for insights in (one, other)]
        for path in columns
    ]
    return all(np.array_equal(*pair) for pair in pairs)
