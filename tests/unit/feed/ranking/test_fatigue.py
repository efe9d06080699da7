import numpy as np
import pytest

from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement, Summary
from feed.model.impressions import Impression, merge
from feed.model.timestamps import DAY_US, to_us
from feed.ranking.fatigue import fatigue, tired_rows
from feed.ranking.pipeline import Ranker
from feed.scenarios.parameters import ImpressionParameters
from feed.scenarios.scenario import shipped
from feed.user.hydration import HydratedQuery, hydrate
from feed.user.query import Query
from tests.support.catalogs import NOW, catalog_of, episodes
from tests.support.ranking import query_of

NOW_US = to_us(NOW)
PARAMETERS = ImpressionParameters(half_life_days=2, limit_visits=2, limit_days=5)


def query(catalog: Catalog, **ages_days: tuple[float, ...]) -> Query:
    """A query whose user saw rows, `r7`, so many days ago."""
    seen = [
        Impression(catalog.ids[int(row[1:])], "", NOW_US - int(age * DAY_US))
        for row, ages in ages_days.items()
        for age in ages
    ]
    return query_of(Summary(seen=merge(b"", seen)))


def hydrated(catalog: Catalog, **ages_days: tuple[float, ...]) -> HydratedQuery:
    return hydrate(query(catalog, **ages_days), catalog)


def test_fatigue_adds_up_over_visits_and_halves_with_time(catalog: Catalog) -> None:
    found = fatigue(
        hydrated(catalog, r3=(2.0,), r5=(2.0, 4.0), r9=(0.001,)), PARAMETERS, np.array([9, 5, 3, 0])
    )
    assert found == pytest.approx([0.0, 0.75, 0.5, 0.0], abs=1e-4)


def test_what_was_seen_in_several_visits_is_tired_for_a_while(catalog: Catalog) -> None:
    seen = hydrated(catalog, r3=(1.0, 2.0), r5=(2.0,), r9=(6.0, 7.0), r11=(4.9, 30.0))
    assert tired_rows(seen, PARAMETERS).tolist() == [3, 11]
    assert not len(tired_rows(seen, ImpressionParameters()))


def test_a_visit_counts_once_and_not_while_it_lasts(catalog: Catalog) -> None:
    minutes = 1 / 1440
    seen = hydrated(
        catalog,
        r3=(1.0,),
        r5=(1.0, 1.0 + 15 * minutes, 1.0 + 30 * minutes),
        r7=(5 * minutes,),
        r9=(22 * minutes,),  # 17 minutes before the last of what was seen
    )
    found = fatigue(seen, PARAMETERS, np.array([3, 5, 7, 9]))
    assert found[0] == found[1] > found[2] == found[3] == 0
    assert not len(tired_rows(seen, PARAMETERS))


def test_what_a_user_acted_on_afterwards_was_not_seen_in_vain(catalog: Catalog) -> None:
    def tired_by(*ages: float) -> float:
        seen = [Impression(catalog.ids[3], "", NOW_US - int(age * DAY_US)) for age in ages]
        at_us = NOW_US - DAY_US
        listen = Engagement(
            id="a", episode_id=catalog.ids[3], type="listen", timestamp_us=at_us, progress=0.5
        )
        known = query_of(Summary(engagements=(listen,), seen=merge(b"", seen)))
        assert 3 in Ranker(catalog, shipped()["for_you"]).rank(known).rows
        return float(fatigue(hydrate(known, catalog), PARAMETERS, np.array([3]))[0])

    assert tired_by(3.0, 2.0, 1.01) == 0
    assert tired_by(2.0, 0.999) == 0  # the card was on the screen for a second after the press
    assert tired_by(2.0, 0.5) == pytest.approx(2**-0.25, abs=1e-4)


def test_unknown_episodes_and_unreadable_bytes_are_no_impressions(catalog: Catalog) -> None:
    for seen in (merge(b"", [Impression("unknown", "", 5)]), b"unreadable"):
        assert not len(hydrate(query_of(Summary(seen=seen)), catalog).seen_rows)


def test_a_catalog_that_was_seen_altogether_is_shown_again() -> None:
    catalog = catalog_of(episodes(60))
    ranker = Ranker(catalog, shipped()["for_you"])
    everything = {f"r{row}": (1.0, 2.0, 3.0) for row in range(60)}
    again = ranker.rank(query(catalog, **everything))
    assert len(again.rows) == len(ranker.rank(query_of()).rows)


def test_what_is_tired_is_left_out_while_others_fill_the_queue(catalog: Catalog) -> None:
    ranker = Ranker(catalog, shipped()["for_you"])
    first = ranker.rank(query_of()).rows[:5].tolist()
    again = ranker.rank(query(catalog, **{f"r{row}": (1.0, 2.0, 3.0) for row in first}))
    assert not set(first) & set(again.rows.tolist())
    assert again.make_detail(None).removed["tired"]
