"""A feed is never empty while anything in the catalog is allowed, and one that is says why."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from feed.model.engagement import ENGAGEMENT_TYPES, Engagement, Profile
from feed.model.timestamps import DAY_US, to_us
from feed.ranking import filters
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.user.hydration import hydrate
from feed.user.query import Query
from tests.support.catalogs import NOW, TOPICS, catalog_of, episodes

NOW_US = to_us(NOW)
CATALOGS = {
    (count, keeps): catalog_of(episodes(count, seed=count), keep_vectors=keeps)
    for count in (0, 1, 2, 5, 20)
    for keeps in (True, False)
}
RANKERS = {
    (key, name): Ranker(catalog, scenario)
    for key, catalog in CATALOGS.items()
    for name, scenario in shipped().items()
}
IDS = st.integers(0, 22).map("episode-{}".format)
ENGAGEMENTS = st.builds(
    Engagement,
    id=st.integers(0, 99).map(str),
    episode_id=IDS,
    type=st.sampled_from(ENGAGEMENT_TYPES),
    timestamp_us=st.just(NOW_US),
    progress=st.sampled_from([None, 0.3, 1.0]),
)
PROFILES = st.builds(
    Profile,
    category_interests=st.lists(st.sampled_from(TOPICS), max_size=2).map(tuple),
    muted_categories=st.lists(st.sampled_from(TOPICS), max_size=6, unique=True).map(tuple),
    languages=st.sampled_from([(), ("de",), ("en", "de"), ("tlh",)]),
)
QUERIES = st.builds(
    Query,
    engagements=st.lists(ENGAGEMENTS, max_size=3, unique_by=lambda one: one.id).map(tuple),
    excluded_ids=st.lists(IDS, max_size=5).map(tuple),
    profile=PROFILES,
    now_us=st.sampled_from([-400, 0, 400, 8_000]).map(lambda days: NOW_US + days * DAY_US),
)


@given(st.sampled_from(sorted(RANKERS)), QUERIES)
@settings(max_examples=150)
def test_a_feed_is_empty_only_where_nothing_is_allowed_and_says_why(
    which: tuple[tuple[int, bool], str], query: Query
) -> None:
    ranker, (_, name) = RANKERS[which], which
    catalog, chosen = ranker.catalog, ranker.scenario.filters
    slate = ranker.rank(query)
    hydrated = hydrate(query, catalog)
    allowed = filters.quality_floors(catalog, chosen)
    for mask in (
        filters.not_in_categories(catalog, hydrated.muted_categories),
        filters.in_languages(catalog, hydrated.languages),
        None if chosen.unpublished else filters.published(catalog, query.now_us),
        filters.fresh(catalog, query.now_us, 90) if name == "baseline" else None,
    ):
        allowed &= True if mask is None else mask
    allowed[hydrated.excluded_rows] = False
    allowed[hydrated.engaged_rows] = False
    assert len(slate.rows) or not np.count_nonzero(allowed)
    assert len(slate.rows) or slate.degraded
