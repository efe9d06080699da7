"""The catalog's own measure of what is alike."""

from dataclasses import replace

import numpy as np
import pytest

from catalog_builder.vectors.cosine_scale import cosine_scale
from feed.catalog.catalog import Catalog
from feed.ranking.catalog_features import CatalogFeatures
from feed.scenarios.scenario import Scenario
from feed.vectors.embeddings import Embeddings
from tests.support.ranking import engagements, ranked, with_tables
from tests.support.scenarios import PLAIN


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_it_is_the_mean_and_the_99th_percentile_of_all_pairs() -> None:
    rows = unit(np.random.default_rng(0).normal(0.3, 1, (300, 16)))
    pairs = (rows @ rows.T)[~np.eye(300, dtype=bool)]
    assert cosine_scale(rows) == pytest.approx(
        [pairs.mean(), np.percentile(pairs, 99)], abs=0.025 + 1e-6
    )
    assert cosine_scale(rows) / 0.05 == pytest.approx(np.rint(cosine_scale(rows) / 0.05))


def test_a_sample_of_many_rows_is_as_good() -> None:
    rows = unit(np.random.default_rng(0).normal(0.3, 1, (9000, 16)))
    pairs = (rows[::9] @ rows.T)[rows[::9] @ rows.T < 0.9999]
    assert cosine_scale(rows) == pytest.approx([pairs.mean(), np.percentile(pairs, 99)], abs=0.03)


@pytest.mark.parametrize("rows", [np.eye(19), np.ones((40, 4)), np.zeros((0, 8))])
def test_too_few_or_equal_rows_leave_cosines_unscaled(rows: np.ndarray) -> None:
    assert cosine_scale(unit(rows) if len(rows) else rows.astype(np.float32)).tolist() == [0, 1]


def measuring(scale: str) -> Scenario:
    changes = {"measure": scale, "quality": 0, "recency": 0}
    return with_tables(PLAIN, blend=changes)


def test_a_model_in_which_everything_is_alike_makes_the_same_feed(catalog: Catalog) -> None:
    """A direction that all episodes share lifts every cosine, and says nothing about any."""
    lifted = unit(np.column_stack([catalog.embeddings[:], np.full(len(catalog), 1.5)]))
    lifted[~catalog.embeddings.present] = 0
    alike = replace(
        catalog,
        embeddings=Embeddings.exact(lifted, catalog.embeddings.present),
        anchors=np.column_stack([catalog.anchors, np.zeros(len(catalog.anchors), np.float32)]),
        cosine_scale=cosine_scale(lifted[catalog.embeddings.present]),
    )
    assert alike.cosine_scale[0] > 0.6 > catalog.cosine_scale[0]
    liked = engagements(catalog, 3)
    one, two = (ranked(some, measuring("catalog"), engagements=liked) for some in (catalog, alike))
    assert one.rows[:5].tolist() == two.rows[:5].tolist()
    assert len(np.intersect1d(one.rows[:20], two.rows[:20])) >= 17
    assert two.scores[0, 0] > one.scores[0, 0]  # the cosine that is shown stays one


def test_what_has_no_embedding_is_neither_like_nor_unlike(catalog: Catalog) -> None:
    features = CatalogFeatures(catalog, measuring("catalog"))
    zero, one = catalog.cosine_scale
    assert features.rescale(np.array([0.0, zero, one])) == pytest.approx([0, 0, 1])
    assert CatalogFeatures(catalog, measuring("cosine")).rescale(np.array([0.3])) == pytest.approx(
        [0.3]
    )
