"""An audience ranks episodes as the user's session does, and keeps the best whatever the order."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed.model.engagement import ENGAGEMENT_TYPES, Engagement, Profile, Summary
from feed.model.impressions import Impression, merge, unpack
from feed.model.timestamps import to_us
from feed.ranking.audience import Audience, Member, find_members
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.session.reason_text import render
from feed.user.query import Query
from tests.support.catalogs import NOW, TOPICS, catalog_of, episodes
from tests.support.ranking import query_of, with_tables

FOR_YOU = with_tables(shipped()["for_you"], filters={"min_credibility": 2.0})
NOW_US = to_us(NOW)
CATALOG = catalog_of(episodes(100))
RANKER = Ranker(CATALOG, FOR_YOU)
ROWS = st.integers(0, len(CATALOG) - 1)
SERIES = st.sampled_from(list(CATALOG.series_ids))


@st.composite
def queries(draw: st.DrawFn) -> Query:
    heard = draw(st.lists(st.tuples(ROWS, st.sampled_from(ENGAGEMENT_TYPES)), max_size=12))
    engagements = [
        Engagement(
            id=str(nth), episode_id=CATALOG.ids[row], type=kind, timestamp_us=NOW_US - nth - 1
        )
        for nth, (row, kind) in enumerate(heard)
    ]
    shown = draw(st.lists(ROWS, max_size=5, unique=True))
    ago_s = draw(st.sampled_from([60, 10_000]))
    seen = [Impression(CATALOG.ids[row], "s", NOW_US - ago_s * 1_000_000) for row in shown]
    profile = Profile(
        category_interests=tuple(draw(st.lists(st.sampled_from(TOPICS), max_size=2))),
        followed_series=tuple(draw(st.lists(SERIES, max_size=3))),
        muted_series=tuple(draw(st.lists(SERIES, max_size=3))),
        muted_categories=tuple(draw(st.lists(st.sampled_from(TOPICS), max_size=1))),
        languages=draw(st.sampled_from([(), ("de",)])),
    )
    summary = Summary(engagements=tuple(engagements), profile=profile, seen=merge(b"", seen))
    return query_of(summary)


@given(queries(), st.lists(ROWS, min_size=1, max_size=20, unique=True))
@settings(max_examples=20)
def test_an_episode_has_the_score_and_the_place_that_it_has_in_the_users_session(
    query: Query, chosen: list[int]
) -> None:
    rows = np.array(chosen)
    standings = RANKER.standings(query, rows)
    every = RANKER.score(query)
    assert standings.scores == pytest.approx(every[rows], abs=1e-5)

    slate, allowed = RANKER.rank(query), RANKER.allowed(query)
    queued = dict(zip(slate.rows.tolist(), slate.scores[:, 3].tolist(), strict=True))
    on_screen = CATALOG.all_rows_by_hash(unpack(query.seen).episodes).tolist()
    known = {one.episode_id for one in query.engagements}
    known |= {CATALOG.ids[row] for row in on_screen}
    for row, is_new, place in zip(chosen, standings.is_new, standings.places, strict=True):
        assert not is_new or (allowed[row] and CATALOG.ids[row] not in known)
        if place:
            score = round(every[row] * 1e6)
            better_in_queue = sum(one > score + 5 for one in queued.values())
            better_in_catalog = np.count_nonzero(every[allowed] > every[row] - 1e-5)
            assert is_new
            assert 1 + better_in_queue <= place <= 1 + better_in_catalog
            assert row not in queued or abs(queued[row] - score) <= 5


members = st.builds(
    Member,
    user_id=st.text("abc", min_size=1, max_size=4),
    is_follower=st.booleans(),
    place=st.integers(1, 3),
    score=st.integers(0, 3),
    reason=st.just(0),
    subject_hash=st.just(0),
)


@given(
    st.lists(members, max_size=40, unique_by=lambda one: one.user_id),
    st.integers(1, 8),
    st.booleans(),
)
@settings(max_examples=40)
def test_an_audience_keeps_the_best_whatever_the_order_and_wherever_it_was_interrupted(
    found: list[Member], limit: int, by_place: bool
) -> None:
    best = sorted(found, key=lambda one: one.best_first(by_place=by_place))[:limit]
    shuffled = random.Random(len(found)).sample(found, len(found))
    half = Audience(limit, by_place=by_place)
    for one in shuffled[::2]:
        half.add(one)
    rest = Audience(limit, half.members(), half.found, by_place=by_place)
    for one in shuffled[1::2]:
        rest.add(one)
    assert rest.members() == best
    assert rest.found == len(found)


@given(queries(), ROWS, st.integers(1, 20))
@settings(max_examples=20)
def test_only_followers_and_users_who_would_find_it_near_the_top_are_told(
    query: Query, row: int, within: int
) -> None:
    standings = RANKER.standings(query, np.array([row]))
    series = int(CATALOG.series[row])
    follows = series >= 0 and CATALOG.series_ids[series] in query.profile.followed_series
    for index, member in find_members("ada", standings, within):
        assert index == 0
        assert member.is_follower == follows
        assert follows or 1 <= member.place <= within
        if follows:
            reason = render(CATALOG, member.reason, member.subject_hash)
            assert reason.params["series_id"] == CATALOG.series_ids[series]
