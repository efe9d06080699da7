"""A feed seed: the session is about it, beside what is known of its user."""

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_builder.search_index import build_search_index
from feed.ranking.pipeline import Ranker, Slate
from feed.scenarios.scenario import shipped
from feed.search.feed_seed import find_feed_seed
from feed.session.reason_text import render_all
from feed.user.query import Query
from tests.support.catalogs import catalog_of, episodes
from tests.support.ranking import ids_of, query_of

CATALOG = catalog_of(episodes(150, seed=3))
WITHOUT_VECTORS = catalog_of(episodes(150, seed=3), keep_vectors=False)
BASELINE, FOR_YOU = (Ranker(CATALOG, shipped()[name]) for name in ("baseline", "for_you"))
some_ids = st.lists(st.sampled_from([*CATALOG.ids, "content-9"]), min_size=1, max_size=4)


def with_words(ranker: Ranker, text: str, vector: Any = None, **fields: Any) -> Query:
    """A query with what these words find; `vector` is their embedding, where a model made it."""
    query, index = query_of(**fields), build_search_index(ranker.catalog)
    allowed = ranker.allowed(query)
    seed = find_feed_seed(
        ranker.catalog, index, text, allowed=allowed, now_us=query.now_us, vector=vector
    )
    return msgspec.structs.replace(query, feed_seed=seed)


def of_topic(slate: Slate, topic: str) -> int:
    """How many of the first ten episodes are of a topic."""
    return sum(CATALOG.title(row).startswith(topic) for row in slate.rows[:10].tolist())


@settings(max_examples=40)
@given(some_ids)
def test_a_seed_of_episodes_ranks_as_clicks_on_them_do_where_similarity_alone_is_personal(
    ids: list[str],
) -> None:
    ids = list({int(CATALOG.rows([one])[0]): one for one in ids}.values())
    clicks = [{"episode_id": one, "type": "click"} for one in ids]
    seeded = BASELINE.rank(query_of(feed_seed={"episode_ids": ids}))
    clicked = BASELINE.rank(query_of(engagements=clicks))
    assert seeded.cold_start == clicked.cold_start
    assert np.abs(seeded.scores - clicked.scores).max(initial=0) <= 1


@settings(max_examples=30)
@given(some_ids, st.randoms(use_true_random=False))
def test_order_and_repetition_of_a_seeds_episodes_do_not_matter(
    ids: list[str], random: Any
) -> None:
    shuffled = random.sample([*ids, *ids], 2 * len(ids))
    one, two = (
        FOR_YOU.rank(query_of(feed_seed={"episode_ids": given})) for given in (ids, shuffled)
    )
    assert one.rows.tolist() == two.rows.tolist()
    assert one.scores.tolist() == two.scores.tolist()


def test_unknown_episodes_of_a_seed_are_dropped_and_named() -> None:
    known = FOR_YOU.rank(query_of(feed_seed={"episode_ids": ["episode-7"]}))
    more = FOR_YOU.rank(query_of(feed_seed={"episode_ids": ["episode-7", "gone"]}))
    none = FOR_YOU.rank(query_of(feed_seed={"episode_ids": ["gone"]}))
    assert more.rows.tolist() == known.rows.tolist()
    assert (known.degraded, more.degraded) == ((), ("seed_unmatched",))
    assert none.degraded == ("seed_unmatched",)
    assert none.rows.tolist() == FOR_YOU.rank(query_of()).rows.tolist()


@pytest.mark.parametrize("ranker", [BASELINE, FOR_YOU], ids=["baseline", "for_you"])
def test_a_session_with_words_is_about_them_and_its_reasons_say_so(ranker: Ranker) -> None:
    chess = [
        {"episode_id": CATALOG.ids[row], "type": "like"}
        for row in range(len(CATALOG))
        if CATALOG.title(row).startswith("Chess")
    ][:8]
    slate = ranker.rank(with_words(ranker, "bread, mostly", engagements=chess))
    assert of_topic(slate, "Bread") >= 6
    assert of_topic(ranker.rank(query_of(engagements=chess)), "Bread") <= 2
    reason = render_all(CATALOG, slate.reasons, "bread, mostly")[0]
    assert (reason.key, reason.text) == ("seed", "Matches “bread, mostly”")
    assert not set(ids_of(CATALOG, slate.rows)) & {one["episode_id"] for one in chess}


def test_the_reason_of_a_seed_of_episodes_names_the_nearest_one() -> None:
    seeds = [3, 40]
    slate = BASELINE.rank(query_of(feed_seed={"episode_ids": ids_of(CATALOG, seeds)}))
    cosines = CATALOG.embeddings[slate.rows] @ CATALOG.embeddings[np.array(seeds)].T
    named = set()
    for reason, nearest in zip(
        render_all(CATALOG, slate.reasons), cosines.argmax(axis=1).tolist(), strict=True
    ):
        if reason.key == "seed_episode":
            assert reason.params["episode_id"] == CATALOG.ids[seeds[nearest]]
            named.add(nearest)
    assert named == {0, 1}


def test_words_that_nothing_matches_are_named_and_change_nothing() -> None:
    slate = FOR_YOU.rank(with_words(FOR_YOU, "qqqqqqqq"))
    assert slate.degraded == ("seed_unmatched",)
    assert slate.rows.tolist() == FOR_YOU.rank(query_of()).rows.tolist()


def test_words_that_a_model_embeds_need_not_be_in_the_catalog() -> None:
    bread = [row for row in range(len(CATALOG)) if CATALOG.title(row).startswith("Bread")]
    vector = CATALOG.embeddings[np.array(bread)].sum(axis=0)
    query = with_words(FOR_YOU, "qqqqqqqq", vector / np.linalg.norm(vector))
    slate = FOR_YOU.rank(query)
    assert slate.degraded == ()
    assert of_topic(slate, "Bread") >= 8


def test_a_recorded_seed_ranks_as_the_words_did() -> None:
    query = with_words(FOR_YOU, "bread")
    slate = FOR_YOU.rank(query)
    recorded = msgspec.json.decode(
        msgspec.json.encode(slate.trace.seed), type=type(query.feed_seed)
    )
    again = FOR_YOU.rank(msgspec.structs.replace(query, feed_seed=recorded))
    assert again.rows.tolist() == slate.rows.tolist()
    assert again.scores.tolist() == slate.scores.tolist()


def test_words_find_candidates_where_no_vectors_are_in_memory() -> None:
    ranker = Ranker(WITHOUT_VECTORS, shipped()["for_you"])
    query = with_words(ranker, "bread")
    assert query.feed_seed is not None
    assert not query.feed_seed.vector
    assert of_topic(ranker.rank(query), "Bread") >= 8
