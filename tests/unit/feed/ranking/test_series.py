from dataclasses import replace

import numpy as np
import pytest

from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.catalog.signals import Signals
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker
from feed.ranking.series import NEWEST
from feed.scenarios.scenario import shipped
from tests.support.catalogs import NOW, catalog_of, episodes

FOR_YOU = shipped()["for_you"]


def series_of(catalog: Catalog, name: str) -> int:
    return int(catalog.series_index.first(hash_strings([name]))[0])


def test_a_series_vector_is_the_mean_of_its_newest_episodes(catalog: Catalog) -> None:
    features = Ranker(catalog, FOR_YOU).series
    for series in range(len(catalog.series_ids)):
        rows = features.rows(series, to_us(NOW))
        assert (np.diff(catalog.published_us[rows]) <= 0).all()
        mean = catalog.embeddings[rows[:NEWEST]].sum(axis=0)
        expected = mean / np.linalg.norm(mean)
        assert features.vectors[series] == pytest.approx(expected, abs=1e-5)


def test_series_about_the_same_are_similar(catalog: Catalog) -> None:
    features = Ranker(catalog, FOR_YOU).series
    series = series_of(catalog, "series-Chess-0")
    everything = np.ones(len(catalog.series_ids), np.bool_)
    found, scores = features.similar(series, 5, everything)
    assert series not in found
    assert scores.tolist() == sorted(scores, reverse=True)
    assert {catalog.series_ids[one].split("-")[1] for one in found.tolist()} == {"Chess"}
    everything[found[0]] = False
    assert found[0] not in features.similar(series, 5, everything)[0]


def test_series_that_share_listeners_are_similar_whatever_they_are_about(catalog: Catalog) -> None:
    chess, bread = (series_of(catalog, f"series-{topic}-0") for topic in ("Chess", "Bread"))
    source, target = (int(np.flatnonzero(catalog.series == one)[0]) for one in (chess, bread))
    starts = np.zeros(len(catalog) + 1, np.int64)
    starts[source + 1 :] = 1
    signals = replace(
        Signals.none(len(catalog), len(catalog.series_ids)),
        neighbour_starts=starts,
        neighbour_rows=np.array([target], np.int32),
        neighbour_weights=np.array([0.5], np.float32),
    )
    none = Ranker(catalog, FOR_YOU).series.similarity(chess)
    shared = Ranker(replace(catalog, signals=signals), FOR_YOU).series.similarity(chess)
    difference = shared - none
    assert difference[bread] == pytest.approx(1.0)
    assert np.count_nonzero(difference) == 1


def test_without_vectors_only_listeners_make_series_similar() -> None:
    bare = catalog_of(episodes(60), keep_vectors=False)
    assert not Ranker(bare, FOR_YOU).series.similarity(0).any()


def test_the_topics_of_episodes_are_their_most_frequent_categories(catalog: Catalog) -> None:
    features = Ranker(catalog, FOR_YOU).series
    rows = features.rows(series_of(catalog, "series-Chess-0"), to_us(NOW))
    assert features.topics(rows, 5) == ["Chess"]
    assert features.topics(rows[:0], 5) == []
