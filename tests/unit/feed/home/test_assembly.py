"""What is on each shelf, and in which order."""

from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from catalog_builder.build import build_catalog
from feed.catalog.catalog import Catalog
from feed.home.assembly import HomeRanker
from feed.home.file import parse, shipped
from feed.home.page import HomePage, Shelf
from feed.model.engagement import Engagement, Profile, Summary
from feed.model.episode import Scores, Series
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped as scenarios
from feed.session.reason_text import render_all
from tests.support.catalogs import NOW, catalog_of, episodes, vectors_of
from tests.support.ranking import engagements, query_of, with_tables


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return catalog_of(episodes(400))


@pytest.fixture(scope="module")
def ranker(catalog: Catalog) -> Ranker:
    return Ranker(catalog, scenarios()["for_you"])


def page_of(
    ranker: Ranker, text: str = "", *, profile: Profile | None = None, **body: Any
) -> HomePage:
    home = parse(text) if text else shipped()
    return HomeRanker(ranker, home).assemble(query_of(profile, **body))


def of_topic(catalog: Catalog, topic: str, count: int) -> list[int]:
    return [row for row in range(len(catalog)) if catalog.title(row).startswith(topic)][:count]


def shelves(page: HomePage) -> dict[str, Shelf]:
    return {shelf.id: shelf for shelf in page.shelves}


def test_unfinished_episodes_continue_the_last_one_first_and_below_three_they_lead_what_is_picked(
    ranker: Ranker, catalog: Catalog
) -> None:
    three = ranker.features.best_first[:3].tolist()
    begun = [
        one | {"progress": 0.4, "timestamp": f"2026-02-0{at}T00:00:00Z"}
        for at, one in enumerate(engagements(catalog, *three, kind="listen"), 1)
    ]
    found = shelves(page_of(ranker, engagements=begun))
    assert found["continue"].queue.rows.tolist() == three[::-1]
    found = shelves(page_of(ranker, engagements=begun[:2]))
    assert "continue" not in found
    assert set(found["picked"].shown.rows[:2].tolist()) == set(three[:2])


def test_followed_shows_come_newest_first_and_say_so(ranker: Ranker, catalog: Catalog) -> None:
    followed = (catalog.series_ids[0], catalog.series_ids[1])
    text = '[[shelves]]\nname = "mine"\nkind = "followed"\norder = "newest"\nmax_per_series = 9'
    (shelf,) = page_of(ranker, text, profile=Profile(followed_series=followed)).shelves
    assert set(catalog.series[shelf.queue.rows].tolist()) <= {0, 1}
    assert (np.diff(catalog.published_us[shelf.queue.rows]) <= 0).all()


def test_a_shelf_about_an_episode_names_it_in_its_title_and_reasons(
    catalog: Catalog,
) -> None:
    scenario = with_tables(scenarios()["for_you"], reasons={"min_similarity": 0.7})
    heard = engagements(catalog, *of_topic(catalog, "Chess", 4), kind="complete")
    found = shelves(page_of(Ranker(catalog, scenario), engagements=heard))["because-1"]
    assert found.title.key == "because_complete"
    assert found.title.params["episode_id"] in {one["episode_id"] for one in heard}
    assert {one.text for one in render_all(catalog, found.queue.reasons)} == {found.title.text}
    topics = [catalog.title(row).split()[0] for row in found.queue.rows.tolist()]
    assert topics.count("Chess") > len(topics) / 2


def test_something_different_is_of_no_topic_that_the_listener_likes(
    ranker: Ranker, catalog: Catalog
) -> None:
    heard = engagements(catalog, *of_topic(catalog, "Chess", 8))
    found = shelves(page_of(ranker, engagements=heard))["different"]
    assert not any(catalog.title(row).startswith("Chess") for row in found.queue.rows.tolist())


def test_something_different_is_never_there_for_what_was_heard(catalog: Catalog) -> None:
    ranker = Ranker(catalog, with_tables(scenarios()["for_you"], reasons={"min_similarity": 0.0}))
    heard = engagements(catalog, *of_topic(catalog, "Chess", 3), *of_topic(catalog, "Dance", 3))
    found = shelves(page_of(ranker, engagements=heard))["different"].queue.reasons
    assert {one.key for one in render_all(catalog, found)} == {"quality"}


def test_a_listener_who_muted_all_shows_but_one_gets_its_episodes(
    ranker: Ranker, catalog: Catalog
) -> None:
    largest = int(np.bincount(catalog.series[catalog.series >= 0]).argmax())
    others = [one for at, one in enumerate(catalog.series_ids) if at != largest]
    alone = [catalog.ids[row] for row in np.flatnonzero(catalog.series < 0).tolist()]
    page = page_of(ranker, muted_series=others, excluded_ids=alone)
    assert page.degraded == ("series_limit_relaxed",)
    assert set(catalog.series[page.shelves[0].queue.rows].tolist()) == {largest}


def test_what_was_heard_is_not_offered_again_by_another_show() -> None:
    some = episodes(200)
    best = Scores(credibility=5, insight=5, information=5, entertainment=5)
    for at in (0, 1):
        series = Series(id=f"show-{at}", name=f"Show {at}")
        some[at] = replace(some[at], title="Twice", series=series, scores=best, published_at=NOW)
    catalog = catalog_of(some)
    ranker = Ranker(catalog, scenarios()["for_you"])
    heard = [{"episode_id": "episode-0", "type": "listen"}]
    for body, is_there in (
        ({"excluded_ids": ["episode-0"]}, True),
        ({"engagements": heard}, False),
    ):
        page = page_of(ranker, **body)
        rows = np.concatenate([one.queue.rows for one in page.shelves if not one.is_of_series])
        assert ("episode-1" in {catalog.ids[row] for row in rows.tolist()}) is is_there


def test_a_shelf_of_ones_own_keeps_to_its_conditions_its_texts_and_the_limits_of_series(
    ranker: Ranker, catalog: Catalog
) -> None:
    text = """
    max_per_series = 1
    [[shelves]]
    name = "bread"
    kind = "episodes"
    title = "Fresh bread"
    where = { categories = ["Bread"], max_age_days = 200 }
    [[shelves]]
    name = "more"
    kind = "episodes"
    """
    bread, more = page_of(ranker, text).shelves
    assert (bread.title.key, bread.title.text) == ("bread", "Fresh bread")
    assert all(catalog.title(row).startswith("Bread") for row in bread.queue.rows.tolist())
    every = np.append(bread.queue.rows, more.queue.rows)
    assert np.bincount(catalog.series[every][catalog.series[every] >= 0]).max() == 1


def test_a_part_with_a_negative_factor_turns_its_order(ranker: Ranker) -> None:
    text = '[[shelves]]\nname = "worst"\nkind = "episodes"\nfactors = { quality = -9 }'
    (shelf,) = page_of(ranker, text).shelves
    assert ranker.features.quality[shelf.queue.rows].mean() < ranker.features.quality.mean()


def test_without_vectors_or_episodes_a_home_page_says_what_it_lacks() -> None:
    bare = catalog_of(episodes(200), keep_vectors=False)
    page = page_of(Ranker(bare, scenarios()["for_you"]), engagements=engagements(bare, *range(8)))
    assert page.degraded == ("vectors_unavailable",)
    assert len(page.shelves) >= 3
    empty = page_of(Ranker(catalog_of([]), scenarios()["for_you"]))
    assert (empty.shelves, empty.degraded) == ((), ("catalog_empty",))


def test_a_page_depends_on_no_random_draw() -> None:
    some = episodes(400)
    heard = [
        Summary(
            engagements=tuple(
                Engagement(
                    id=f"{at}", episode_id=f"episode-{at}", type="like", timestamp_us=to_us(NOW)
                )
                for at in range(60)
            )
        )
        for _ in range(5)
    ]
    catalog = build_catalog(some, vectors_of(some), NOW, summaries=heard)
    ranker = HomeRanker(Ranker(catalog, scenarios()["for_you"]), shipped())
    assert ranker.ranker.features.exploration_pool.size > 200
    first, second = (
        ranker.assemble(query_of(engagements=engagements(catalog, 1, 2, 3), seed=seed))
        for seed in (1, 2)
    )
    assert [one.queue.rows.tolist() for one in first.shelves] == [
        one.queue.rows.tolist() for one in second.shelves
    ]
