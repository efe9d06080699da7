from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed.catalog.catalog import Catalog
from feed.catalog.signals import Signals
from feed.model.engagement import Profile
from feed.ranking.pipeline import Ranker
from feed.ranking.series_recommendation import KNOWN_FROM, RecommendedSeries
from feed.scenarios.scenario import shipped
from feed.session.reason_text import render_all
from tests.support.catalogs import TOPICS, catalog_of, episodes
from tests.support.ranking import engagements, query_of

FOR_YOU = shipped()["for_you"]


@pytest.fixture(scope="module")
def ranker(catalog: Catalog) -> Ranker:
    return Ranker(catalog, FOR_YOU)


def names(catalog: Catalog, found: RecommendedSeries) -> list[str]:
    return [catalog.series_ids[one] for one in found.series.tolist()]


def rows_of(catalog: Catalog, name: str) -> list[int]:
    series = list(catalog.series_ids).index(name)
    return [int(row) for row in np.flatnonzero(catalog.series == series)]


def test_who_listens_to_a_show_gets_shows_about_the_same(ranker: Ranker) -> None:
    catalog = ranker.catalog
    heard = rows_of(catalog, "series-Chess-0")[:3]
    found = ranker.recommend_series(query_of(engagements=engagements(catalog, *heard)), 4)
    assert {name.split("-")[1] for name in names(catalog, found)} == {"Chess"}
    first = render_all(catalog, found.reasons)[0]
    assert (first.key, first.params["series_id"]) == ("series_similar", "series-Chess-0")


@pytest.mark.parametrize("name", ["category_interests", "followed_series"])
def test_one_statement_or_one_followed_show_is_enough(ranker: Ranker, name: str) -> None:
    value = "Bread" if name == "category_interests" else "series-Bread-0"
    found = ranker.recommend_series(query_of(Profile(**{name: (value,)})), 4)
    assert {one.split("-")[1] for one in names(ranker.catalog, found)} == {"Bread"}
    assert not found.cold_start


def test_where_people_go_on_to_counts_whatever_a_show_is_about(catalog: Catalog) -> None:
    source, target = (rows_of(catalog, f"series-{one}-0")[0] for one in ("Chess", "Bread"))
    starts = np.zeros(len(catalog) + 1, np.int64)
    starts[source + 1 :] = 1
    signals = replace(
        Signals.none(len(catalog), len(catalog.series_ids)),
        neighbour_starts=starts,
        neighbour_rows=np.array([target], np.int32),
        neighbour_weights=np.array([0.5], np.float32),
    )
    query = query_of(engagements=engagements(catalog, source))
    known = replace(catalog, signals=signals)
    with_listeners = Ranker(known, FOR_YOU).recommend_series(query, 6)
    assert "series-Bread-0" not in names(
        catalog, Ranker(catalog, FOR_YOU).recommend_series(query, 6)
    )
    place = names(catalog, with_listeners).index("series-Bread-0")
    reason = render_all(known, with_listeners.reasons)[place]
    assert reason.text == "Chosen by people who listen to Series-Chess-0"


def test_on_a_first_visit_the_best_shows_come_and_not_all_about_one_thing(ranker: Ranker) -> None:
    found = ranker.recommend_series(query_of(), 10)
    assert found.cold_start
    assert len({name.split("-")[1] for name in names(ranker.catalog, found)}) > 2
    assert {one.key for one in render_all(ranker.catalog, found.reasons)} <= {"quality", "discover"}


def test_without_vectors_the_categories_of_shows_speak() -> None:
    bare = catalog_of(episodes(300), keep_vectors=False)
    heard = rows_of(bare, "series-Chess-0")[:4]
    query = query_of(engagements=engagements(bare, *heard))
    found = Ranker(bare, FOR_YOU).recommend_series(query, 3)
    assert {name.split("-")[1] for name in names(bare, found)} == {"Chess"}


def test_a_show_of_which_one_episode_was_heard_names_that_episode(ranker: Ranker) -> None:
    catalog = ranker.catalog
    heard = next(
        row for row in rows_of(catalog, "series-Chess-0") if catalog.embeddings.present[row]
    )
    found = ranker.recommend_series(query_of(engagements=engagements(catalog, heard)), 30)
    place = names(catalog, found).index("series-Chess-0")
    assert render_all(catalog, found.reasons)[place].params["episode_id"] == catalog.ids[heard]


def test_a_catalog_without_shows_recommends_none() -> None:
    lone = [msgspec.structs.replace(one, series=None) for one in episodes(20)]
    bare = catalog_of(lone)
    query = query_of(engagements=engagements(bare, 0, 1))
    assert not len(Ranker(bare, FOR_YOU).recommend_series(query, 5).series)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_no_show_is_followed_muted_known_or_disliked(ranker: Ranker, data: st.DataObject) -> None:
    catalog = ranker.catalog
    some = st.lists(st.sampled_from(list(catalog.series_ids)), max_size=20)
    rows = st.lists(st.integers(0, len(catalog) - 1), max_size=40, unique=True)
    followed, muted = data.draw(some), data.draw(some)
    topics = data.draw(st.lists(st.sampled_from(TOPICS), max_size=2, unique=True))
    liked, disliked = data.draw(rows), data.draw(rows)
    disliked = [row for row in disliked if row not in liked]
    query = query_of(
        Profile(
            category_interests=tuple(TOPICS[:2]),
            followed_series=tuple(followed),
            muted_series=tuple(muted),
            muted_categories=tuple(topics),
        ),
        engagements=[
            *engagements(catalog, *liked),
            *engagements(catalog, *disliked, kind="not_interested"),
        ],
    )
    found = ranker.recommend_series(query, 12)
    assert msgspec.json.encode(found.series.tolist()) == msgspec.json.encode(
        ranker.recommend_series(query, 12).series.tolist()
    )
    assert len(set(found.series.tolist())) == len(found.series) == len(found.reasons.codes)
    for series, name in zip(found.series.tolist(), names(catalog, found), strict=True):
        of = [row for row in (*liked, *disliked) if catalog.series[row] == series]
        assert name not in followed
        assert name not in muted
        assert len(of) < KNOWN_FROM
        assert not any(row in disliked for row in of)
        episodes_of = np.flatnonzero(catalog.series == series)
        assert set(episodes_of) - set(of)
        out = np.isin(episodes_of, catalog.rows_in_categories(catalog.find_categories(topics)))
        assert 2 * np.count_nonzero(out) < len(episodes_of)
