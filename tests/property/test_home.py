"""A home page never shows an episode twice, and each shelf is continued in order to its end."""

from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from feed.catalog.catalog import Catalog
from feed.home.assembly import HomeRanker
from feed.home.cursor import next_of_shelf, seal_home, unseal_home
from feed.home.file import shipped as shipped_home
from feed.home.page import HomePage
from feed.home.parameters import MIN_EPISODES
from feed.model.engagement import Profile
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from tests.support.catalogs import TOPICS, catalog_of, episodes
from tests.support.ranking import engagements, query_of

KEYS = (b"a key of the server's own",)


@cache
def catalog() -> Catalog:
    return catalog_of(episodes(300))


@cache
def home_ranker() -> HomeRanker:
    return HomeRanker(Ranker(catalog(), shipped()["for_you"]), shipped_home())


@st.composite
def home_pages(draw: st.DrawFn) -> HomePage:
    some = catalog()
    rows = st.integers(0, len(some) - 1)
    sent = [
        one | {"progress": draw(st.sampled_from([None, 0.05, 0.4, 0.99]))}
        for kind in ("listen", "like")
        for one in engagements(some, *draw(st.lists(rows, max_size=12)), kind=kind)
    ]
    profile = Profile(
        category_interests=tuple(draw(st.sets(st.sampled_from(TOPICS), max_size=2))),
        followed_series=tuple(draw(st.sets(st.sampled_from(list(some.series_ids)), max_size=3))),
    )
    excluded = [some.ids[row] for row in draw(st.lists(rows, max_size=250))]
    return home_ranker().assemble(query_of(profile, engagements=sent, excluded_ids=excluded))


@settings(max_examples=40, deadline=None)
@given(home_pages(), st.integers(1, 7))
def test_shelves_share_no_episode_and_each_goes_on_where_it_stopped(
    page: HomePage, limit: int
) -> None:
    for of_series in (False, True):
        rows = [one.queue.rows for one in page.shelves if one.is_of_series == of_series]
        every = np.concatenate([np.zeros(0, np.int64), *rows])
        assert len(np.unique(every)) == len(every)
    assert len({one.id for one in page.shelves}) == len(page.shelves)
    token = seal_home(page, catalog(), uid="u", keys=KEYS, expires_us=1)
    for shelf in page.shelves:
        assert len(shelf.queue) >= MIN_EPISODES
        assert shelf.title.text
        if not len(shelf.rest):
            continue
        assert token is not None
        found: list[int] = []
        payload = unseal_home(token, session_id=page.session_id, uid="u", keys=KEYS, now_us=0)
        shown, left = len(shelf.shown), len(shelf.rest)
        while left:
            part = next_of_shelf(
                catalog(), page.session_id, payload, shelf.id, shown=shown, limit=limit
            )
            assert part.positions == tuple(range(shown + 1, part.shown + 1))
            found += part.queue.rows.tolist()
            shown, left = part.shown, part.remaining
        assert found == shelf.rest.rows.tolist()
