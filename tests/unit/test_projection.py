"""The map of a catalog: what is unlike lies apart, and a vector lies where its episode does."""

import numpy as np

from catalog_builder.projection import projection
from feed.projection import UNIT, Projection
from tests.support.catalogs import catalog_of, episodes

EVERY = np.ones(300, np.bool_)


def two_groups(seed: int = 0) -> np.ndarray:
    """(300, 32) unit rows, the first 150 around one direction and the others around another."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(300, 32)) * 0.3
    rows[:150, 4] += 2
    rows[150:, 9] += 2
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32)


def test_groups_that_are_unlike_lie_apart_along_the_first_axis() -> None:
    first = projection(two_groups(), EVERY).points[:, 0] / UNIT
    assert (np.sign(first[:150]) == np.sign(first[0])).all()
    assert (np.sign(first[150:]) == -np.sign(first[0])).all()


def test_the_map_fills_its_frame_and_is_the_same_each_time() -> None:
    made = projection(two_groups(), EVERY)
    assert np.abs(made.points.astype(int)).max() > 0.99 * UNIT
    assert np.array_equal(projection(two_groups(), EVERY).points, made.points)


def test_the_vector_of_an_episode_is_placed_where_the_episode_is() -> None:
    rows = two_groups()
    made = projection(rows, EVERY)
    for row in (0, 149, 299):
        assert np.allclose(made.place(rows[row]), made.at(row), atol=1e-3)


def test_an_episode_without_an_embedding_is_nowhere() -> None:
    catalog = catalog_of(episodes(100))
    unknown = np.flatnonzero(catalog.embedded == 0)
    assert len(unknown)
    assert [catalog.projection.at(int(row)) for row in unknown] == [None] * len(unknown)
    known = np.flatnonzero(catalog.embedded)
    assert all(catalog.projection.at(int(row)) is not None for row in known)


def test_a_catalog_that_leaves_its_vectors_elsewhere_has_the_same_map() -> None:
    held, lean = catalog_of(episodes(60)), catalog_of(episodes(60), keep_vectors=False)
    assert np.array_equal(held.projection.points, lean.projection.points)


def test_too_few_episodes_or_all_alike_have_no_map() -> None:
    assert len(projection(two_groups()[:2], EVERY[:2])) == 0
    assert len(projection(np.repeat(two_groups()[:1], 5, axis=0), EVERY[:5])) == 0
    assert Projection.none(8).at(3) is None
