"""Predicted popularity, compared with scikit-learn's ridge regression."""

import msgspec
import numpy as np
import pytest
from sklearn.linear_model import Ridge

from catalog_builder.signals import popularity_prior
from catalog_builder.signals.popularity_prior import EpisodeContent, predict_popularity
from feed.model.episode import Categories
from tests.support.catalogs import catalog_of, episodes
from tests.support.listeners import catalog_heard_by, listeners


def test_an_unheard_episode_is_expected_to_do_as_well_as_those_like_it() -> None:
    topics = [one.title.split()[0] for one in episodes(400)]
    liked = [n for n, topic in enumerate(topics) if topic == "Chess"]
    others = [n for n, topic in enumerate(topics) if topic != "Chess"]
    users = listeners(*[liked[::2]] * 9, others[::2])
    predicted = catalog_heard_by(users, count=400).signals.predicted_popularity
    assert predicted[liked[1::2]].mean() > 2 * predicted[others[1::2]].mean()
    assert not predicted[liked[::2]].any()


def test_prediction_is_ridge_regression_on_the_known_episodes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = EpisodeContent.of(catalog_of(episodes(200)))
    popularity = np.random.default_rng(0).exponential(5, 200)
    known, target = np.arange(200) % 3 > 0, np.log1p(popularity)
    series = popularity_prior._series_means(content, target, known)
    categories = popularity_prior._membership(content)
    table = popularity_prior._features(content, series, categories, np.arange(200))
    features = np.hstack([table.dense, table.categories.toarray()])
    model = Ridge(alpha=popularity_prior.PENALTY).fit(features[known], target[known])
    monkeypatch.setattr(popularity_prior, "BATCH", 7)
    found = predict_popularity(content, popularity, known)
    assert found[~known] == pytest.approx(np.maximum(model.predict(features[~known]), 0), rel=1e-4)
    assert not found[known].any()


def test_only_the_largest_categories_are_features(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"Rare": 2, "Common": 9, "Middling": 4, "Also": 4}
    names = [name for name, size in sizes.items() for _ in range(size)]
    some = [
        msgspec.structs.replace(one, categories=Categories(major=[name]))
        for one, name in zip(episodes(len(names)), names, strict=True)
    ]
    content = EpisodeContent.of(catalog_of(some))
    monkeypatch.setattr(popularity_prior, "MAX_CATEGORIES", 2)
    found = popularity_prior._largest_categories(content)
    assert sorted(content.categories[one] for one in found.tolist()) == ["Also", "Common"]
