"""Interactions in users' summaries, compared with a slow reading of their definition."""

import numpy as np
from hypothesis import given

from catalog_builder.signals.interactions import (
    COMPLETED,
    STARTED,
    UNKNOWN,
    collect_interactions,
)
from feed.model.engagement import Engagement, Summary
from tests.support.listeners import CATALOG, summaries


@given(summaries)
def test_a_user_has_one_interaction_with_an_episode_at_its_strongest_and_newest(
    users: list[Summary],
) -> None:
    found = collect_interactions(users, CATALOG.rows)
    expected = []
    for summary in users:
        chosen: dict[int, list[Engagement]] = {}
        for one in summary.engagements:
            row = int(one.episode_id.removeprefix("episode-"))
            skipped = one.type == "listen" and one.progress is not None and one.progress < 0.1
            if row < 30 and one.type != "not_interested" and not skipped:
                chosen.setdefault(row, []).append(one)
        if chosen:
            expected.append(
                sorted(
                    (
                        max(one.timestamp_us for one in some) // 60_000_000,
                        row,
                        max(0.5 if one.type == "click" else 1.0 for one in some),
                        max(map(completion, some)),
                    )
                    for row, some in chosen.items()
                )
            )
    assert found.users == len(expected)
    columns = zip(found.minutes, found.rows, found.weights, found.completion, strict=True)
    assert [tuple(one) for one in columns] == [one for some in expected for one in some]
    assert np.diff(found.starts).tolist() == [len(some) for some in expected]


def completion(one: Engagement) -> int:
    if one.type == "complete":
        return COMPLETED
    if one.type != "listen" or one.progress is None:
        return UNKNOWN
    return COMPLETED if one.progress >= 0.9 else STARTED
