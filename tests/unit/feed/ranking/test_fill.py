from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.ranking.pipeline import Slate
from feed.scenarios.scenario import parse, shipped
from tests.support.catalogs import catalog_of, episodes, with_lengths
from tests.support.ranking import engagements, ranked, with_tables

FOR_YOU = shipped()["for_you"]
HALF_HOUR_S = 1800


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """A catalog in which nine of ten episodes have a length."""
    return catalog_of(with_lengths(episodes(400)))


def lengths(catalog: Catalog, slate: Slate) -> Any:
    return catalog.durations_of(slate.rows)


@pytest.mark.parametrize("scenario", shipped().values(), ids=shipped())
@pytest.mark.parametrize("fill_s", [600, HALF_HOUR_S, 7200, 36_000])
def test_the_episodes_of_a_fill_take_the_time(catalog: Catalog, scenario: Any, fill_s: int) -> None:
    slate = ranked(catalog, scenario, fill_s=fill_s, engagements=engagements(catalog, 3, 9))
    total_s = lengths(catalog, slate).sum()
    assert slate.total_s == pytest.approx(total_s)
    assert fill_s * 0.95 <= total_s <= fill_s * 1.05
    assert not {"time_unfilled", "all_too_long"} & set(slate.degraded)
    assert not slate.explored


def test_the_best_of_the_queue_is_in_a_fill_that_it_fits(catalog: Catalog) -> None:
    """Where every episode takes as long, a fill is the beginning of the queue."""
    equal = replace(catalog, durations_s=np.full(len(catalog), 600, np.float32))
    plain = with_tables(
        FOR_YOU, selector={"max_per_series": 1, "tail_every": 0, "explore_every": 0}
    )
    queue = ranked(equal, plain)
    assert ranked(equal, plain, fill_s=3000).rows.tolist() == queue.rows[:5].tolist()


def test_of_an_episode_that_was_begun_the_rest_counts(catalog: Catalog) -> None:
    row = int(np.flatnonzero(catalog.durations_s > 3000)[0])
    begun = {**engagements(catalog, row, kind="listen")[0], "progress": 0.75}
    rest_s = round(float(catalog.durations_s[row]) / 4)
    slate = ranked(catalog, FOR_YOU, fill_s=rest_s, engagements=[begun])
    assert slate.rows.tolist() == [row]
    assert slate.total_s == pytest.approx(rest_s, abs=1)


def test_a_time_that_no_episodes_add_up_to_is_filled_as_far_as_they_do(catalog: Catalog) -> None:
    durations_s = np.full(len(catalog), 9e4, np.float32)
    durations_s[ranked(catalog, FOR_YOU).rows[7]] = 1500
    slate = ranked(replace(catalog, durations_s=durations_s), FOR_YOU, fill_s=HALF_HOUR_S)
    assert slate.total_s == 1500
    assert "time_unfilled" in slate.degraded


@pytest.mark.parametrize("length", [np.nan, 2000])
def test_where_no_episode_is_known_to_be_short_enough_a_fill_is_empty_and_says_so(
    catalog: Catalog, length: float
) -> None:
    some = replace(catalog, durations_s=np.full(len(catalog), length, np.float32))
    slate = ranked(some, FOR_YOU, fill_s=HALF_HOUR_S)
    assert (len(slate.rows), slate.total_s) == (0, 0)
    assert slate.degraded[-1] == "all_too_long"
    assert "time_unfilled" not in slate.degraded


def test_a_pinned_episode_is_in_a_fill(catalog: Catalog) -> None:
    pin = '[[rules.pins]]\nslot = 1\nwhere = { series = ["series-Chess-1"] }'
    slate = ranked(catalog, parse(f'name = "pinned"\n{pin}'), fill_s=HALF_HOUR_S)
    assert catalog.series_ids[int(catalog.series[slate.rows[0]])] == "series-Chess-1"
    assert HALF_HOUR_S * 0.95 <= lengths(catalog, slate).sum() <= HALF_HOUR_S * 1.05
