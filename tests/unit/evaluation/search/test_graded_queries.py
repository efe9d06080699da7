from pathlib import Path

import pytest

from catalog_builder.errors import CommandError
from evaluation.search.graded_queries import GradedQuery, query_score, read_queries, score_queries
from feed.model.timestamps import to_us
from tests.support.catalogs import NOW, catalog_of, episodes

QUERY = GradedQuery(q="bread", kind="topic", relevant={"a": 3, "b": 1})


def test_a_query_scores_by_the_grades_and_places_of_what_was_found() -> None:
    assert query_score(["a", "b"], QUERY).ndcg == 1
    assert query_score(["b", "a"], QUERY).ndcg == pytest.approx((1 + 7 / 1.584963) / 7.630930)
    assert query_score(["a"], QUERY).success == 1
    assert query_score(["b"], QUERY).success == 0
    assert query_score(["-"] * 5 + ["a"], QUERY).success == 0
    assert query_score([], QUERY).ndcg == 0


def test_scores_are_means_by_kind_and_of_all() -> None:
    catalog = catalog_of(episodes(20))
    known = GradedQuery(q=catalog.title(3), kind="known", relevant={catalog.ids[3]: 3})
    scores = score_queries(catalog, [known, QUERY], to_us(NOW))
    assert (scores["known"].ndcg, scores["topic"].ndcg, scores["all"].ndcg) == (1, 0, 0.5)


@pytest.mark.parametrize("text", ["[]", "{}", '[{"q": "x", "kind": "y", "relevant": {"a": 4}}]'])
def test_a_file_of_queries_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "q.json").write_text(text)
    with pytest.raises(CommandError):
        read_queries(tmp_path / "q.json")
