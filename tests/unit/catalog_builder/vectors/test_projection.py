"""The map of a catalog: what is unlike lies apart, and a vector lies where its episode does."""

import numpy as np

from catalog_builder.vectors.projection import build_projection
from feed.catalog.projection import UNIT, Projection
from tests.support.catalogs import catalog_of, episodes

EVERY = np.ones(300, np.bool_)
NO_ANCHORS = np.zeros((0, 32), np.float32)


def two_groups(seed: int = 0) -> np.ndarray:
    """(300, 32) unit rows, the first 150 around one direction and the others around another."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(300, 32)) * 0.3
    rows[:150, 4] += 2
    rows[150:, 9] += 2
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32)


def test_groups_that_are_unlike_lie_apart_along_the_first_axis() -> None:
    first = build_projection(two_groups(), EVERY, NO_ANCHORS).points[:, 0] / UNIT
    assert (np.sign(first[:150]) == np.sign(first[0])).all()
    assert (np.sign(first[150:]) == -np.sign(first[0])).all()


def test_the_map_fills_its_frame_and_is_the_same_each_time() -> None:
    made = build_projection(two_groups(), EVERY, NO_ANCHORS)
    assert (made.points.min(axis=0) < -0.99 * UNIT).all()
    assert (made.points.max(axis=0) > 0.99 * UNIT).all()
    assert np.array_equal(build_projection(two_groups(), EVERY, NO_ANCHORS).points, made.points)


def test_the_vector_of_an_episode_is_placed_where_the_episode_is() -> None:
    rows = two_groups()
    made = build_projection(rows, EVERY, NO_ANCHORS)
    for row in (0, 149, 299):
        assert np.allclose(made.project(rows[row]), made.point(row), atol=1e-3)


def test_an_episode_without_an_embedding_is_nowhere() -> None:
    catalog = catalog_of(episodes(100))
    unknown = np.flatnonzero(catalog.embeddings.present == 0)
    assert len(unknown)
    assert [catalog.projection.point(int(row)) for row in unknown] == [None] * len(unknown)
    known = np.flatnonzero(catalog.embeddings.present)
    assert all(catalog.projection.point(int(row)) is not None for row in known)


def test_a_catalog_that_leaves_its_vectors_elsewhere_has_the_same_map() -> None:
    held, lean = catalog_of(episodes(60)), catalog_of(episodes(60), keep_vectors=False)
    assert np.array_equal(held.projection.points, lean.projection.points)


def test_too_few_episodes_or_all_alike_have_no_map() -> None:
    assert len(build_projection(two_groups()[:2], EVERY[:2], NO_ANCHORS)) == 0
    assert len(build_projection(np.repeat(two_groups()[:1], 5, axis=0), EVERY[:5], NO_ANCHORS)) == 0
    assert Projection.none(8).point(3) is None


def test_categories_lie_apart_though_some_series_repeat_themselves() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(300, 32))
    member = np.repeat(np.arange(3), 100)
    anchors = np.eye(32, dtype=np.float32)[:3]
    rows = 2 * anchors[member] + 0.5 * noise
    for start in (0, 100, 200):  # the same words in each
        rows[start : start + 30] = 4 * noise[start]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    points = build_projection(rows.astype(np.float32), EVERY, anchors).points.astype(float)
    others = [points[start + 30 : start + 100] for start in (0, 100, 200)]
    means = [one.mean(axis=0) for one in others]
    gaps = [np.linalg.norm(means[a] - means[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert min(gaps) > 2 * max(one.std(axis=0).max() for one in others)
