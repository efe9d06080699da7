"""Sessions over a catalog that knows what others did."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from catalog_builder.build import build_catalog
from catalog_builder.signals.aggregates import SignalParameters
from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement, Summary
from feed.model.timestamps import DAY_US, to_us
from feed.ranking.catalog_features import CatalogFeatures
from feed.ranking.pipeline import Ranker, Slate
from feed.scenarios import scenario as scenarios
from feed.scenarios.scenario import Scenario
from feed.session.reason_text import render_all
from feed.session.request import SessionRequest, make_query
from tests.support.catalogs import NOW, episodes, vectors_of

SOME = episodes(300)
FOR_YOU = scenarios.shipped()["for_you"]
US = to_us(NOW)


def listener(uid: int, *numbers: int) -> Summary:
    return Summary(
        engagements=tuple(
            Engagement(
                id=f"{uid}-{at}",
                episode_id=SOME[number].id,
                type="complete",
                timestamp_us=US - (len(numbers) - at) * DAY_US,
            )
            for at, number in enumerate(numbers)
        )
    )


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """20 people finished 10, then 20, then 30; 8 finished 40 alone."""
    users = [listener(uid, 10, 20, 30) for uid in range(20)]
    users += [listener(100 + uid, 40) for uid in range(8)]
    return build_catalog(
        SOME, vectors_of(SOME), NOW, summaries=users, parameters=SignalParameters(min_users=5)
    )


def ranked(catalog: Catalog, scenario: Scenario, seed: int = 0, **fields: Any) -> Slate:
    request = msgspec.convert(fields, SessionRequest)
    return Ranker(catalog, scenario).rank(make_query(request, None, seed=seed, now_us=US))


def with_(scenario: Scenario, **tables: dict[str, Any]) -> Scenario:
    changed = {
        name: msgspec.structs.replace(getattr(scenario, name), **values)
        for name, values in tables.items()
    }
    return msgspec.structs.replace(scenario, **changed)


EVERYTHING = with_(
    FOR_YOU,
    interests={"medoids": 3},
    sources=dict.fromkeys(
        (
            *("interests", "neighbours", "series", "unfinished", "trending", "popular"),
            *("fresh", "stated", "unseen", "exploration"),
        ),
        20,
    )
    | {"candidates": 20},
    blend={"neighbours": 0.5, "trend": 0.2, "series": 0.2, "category": 0.2, "interest": 0.2},
    selector={
        "mmr": 0.2,
        "topic_decay": 0.9,
        "calibration": 0.3,
        "explore_every": 5,
        "near_duplicate": 0.95,
    },
    filters={"missing": "pass", "min_credibility": 0, "min_combined": 0},
)
ENGAGED = [{"episode_id": SOME[10].id, "type": "complete"}]


def test_what_others_chose_with_it_is_a_candidate_and_says_so(catalog: Catalog) -> None:
    slate = ranked(catalog, EVERYTHING, engagements=ENGAGED)
    rows = slate.rows.tolist()
    assert 20 in rows
    assert 30 in rows
    assert 10 not in rows
    at = rows.index(20)
    assert "neighbours" in slate.trace.proposed_by[at]
    assert slate.trace.parts["neighbours"][at] > 0
    reason = render_all(catalog, slate.reasons)[at]
    assert reason["key"] in {"others", "because_complete"}
    assert reason["params"]["episode_id"] == SOME[10].id


def test_the_parts_of_a_score_add_up_to_it(catalog: Catalog) -> None:
    slate = ranked(catalog, EVERYTHING, engagements=ENGAGED)
    total = np.sum([np.array(part) for part in slate.trace.parts.values()], axis=0)
    assert total == pytest.approx(slate.scores[:, 3] / 1e6, abs=1e-4)


def test_every_source_brings_only_what_is_allowed(catalog: Catalog) -> None:
    excluded = [one.id for one in SOME[::2]]
    slate = ranked(catalog, EVERYTHING, engagements=ENGAGED, excluded_ids=excluded)
    assert len(slate.rows)
    assert not (slate.rows % 2 == 0).any()


def test_an_episode_left_half_way_comes_back_unless_it_is_excluded(catalog: Catalog) -> None:
    left = [{"episode_id": SOME[60].id, "type": "listen", "progress": 0.5}]
    slate = ranked(catalog, with_(EVERYTHING, blend={"unfinished": 1}), engagements=left)
    at = slate.rows.tolist().index(60)
    assert render_all(catalog, slate.reasons)[at]["key"] == "unfinished"
    gone = ranked(catalog, EVERYTHING, engagements=left, excluded_ids=[SOME[60].id])
    assert 60 not in gone.rows
    never = with_(FOR_YOU, sources={"unfinished": 0})
    assert 60 not in ranked(catalog, never, engagements=left).rows


def test_a_series_that_is_followed_is_a_reason(catalog: Catalog) -> None:
    from feed.model.engagement import Profile  # noqa: PLC0415

    series = catalog.series_ids[int(catalog.series[5])]
    query = make_query(
        SessionRequest(),
        Summary(profile=Profile(followed_series=(series,))),
        seed=0,
        now_us=US,
    )
    slate = Ranker(catalog, EVERYTHING).rank(query)
    followed = [
        one for one in render_all(catalog, slate.reasons) if one["key"] == "series_followed"
    ]
    assert followed
    assert {one["params"]["series_id"] for one in followed} == {series}


def test_a_first_visit_shows_what_the_catalog_is(catalog: Catalog) -> None:
    wide = ranked(catalog, EVERYTHING)
    topics = {SOME[row].title.split()[0] for row in wide.rows[:10].tolist()}
    assert len(topics) >= 4
    assert wide.cold_start


def test_open_slots_hold_what_few_have_heard_and_their_propensity(catalog: Catalog) -> None:
    slate = ranked(catalog, EVERYTHING, engagements=ENGAGED, seed=7)
    propensities = np.array(slate.trace.propensities)
    drawn = np.flatnonzero(propensities < 1)
    assert (drawn[:3] % 5 == 4).all()
    assert not catalog.signals.listeners[slate.rows[drawn]].any()
    reasons = render_all(catalog, slate.reasons)
    assert {reasons[at]["key"] for at in drawn.tolist()} <= {"unseen"}
    same = ranked(catalog, EVERYTHING, engagements=ENGAGED, seed=7)
    assert same.rows.tolist() == slate.rows.tolist()
    other = [ranked(catalog, EVERYTHING, engagements=ENGAGED, seed=s) for s in range(5)]
    assert len({tuple(one.rows.tolist()) for one in other}) > 1


def test_an_irrelevant_episode_more_changes_no_score(catalog: Catalog) -> None:
    """No part of a score depends on which other candidates there are."""
    fewer = ranked(catalog, EVERYTHING, engagements=ENGAGED, excluded_ids=[SOME[40].id])
    every = ranked(catalog, EVERYTHING, engagements=ENGAGED)
    scores = dict(zip(every.rows.tolist(), every.scores[:, 3].tolist(), strict=True))
    for row, score in zip(fewer.rows.tolist(), fewer.scores[:, 3].tolist(), strict=True):
        assert scores.get(row, score) == pytest.approx(score, abs=1)


def test_without_signals_for_you_is_what_it_was(catalog: Catalog) -> None:
    from feed.catalog.signals import Signals  # noqa: PLC0415

    bare = replace(catalog, signals=Signals.none(len(catalog), len(catalog.series_ids)))
    slate = ranked(bare, FOR_YOU, engagements=ENGAGED)
    assert not any(slate.trace.parts[name][0] for name in ("neighbours", "trend", "popularity"))


def test_what_is_new_to_many_rises_and_what_they_always_chose_does_not(catalog: Catalog) -> None:
    popularity = np.zeros((len(catalog), 4), np.float32)
    popularity[0] = [4, 9, 9.9, 10]  # all of it of the last days
    popularity[1] = [4, 9, 60, 300]
    signals = replace(catalog.signals, popularity=popularity)
    trend_ratio = CatalogFeatures(replace(catalog, signals=signals), FOR_YOU).trend_ratio
    assert trend_ratio[0] == pytest.approx(0.81)
    assert trend_ratio[1] < 0.01
    assert not trend_ratio[2:].any()


def test_completion_is_the_median_where_too_few_have_begun(catalog: Catalog) -> None:
    completion = np.full(len(catalog), np.nan, np.float32)
    completion[:3] = [0.25, 0.5, 1.0]
    signals = replace(catalog.signals, completion=completion)
    features = CatalogFeatures(replace(catalog, signals=signals), FOR_YOU)
    assert features.completion[:4].tolist() == [0.25, 0.5, 1.0, 0.5]


def test_one_click_is_believed_less_than_many_listens(catalog: Catalog) -> None:
    doubting = with_(EVERYTHING, interests={"prior": 2.0}, selector={"explore_every": 0})
    one = [{"episode_id": SOME[10].id, "type": "click"}]
    many = [{"episode_id": SOME[n].id, "type": "complete"} for n in (10, 20, 30, 40)]
    for engagements, share in ((one, 0.5 / 2.5), (many, 6 / 8)):
        believed = ranked(catalog, with_(doubting, interests={"prior": 0}), engagements=engagements)
        doubted = ranked(catalog, doubting, engagements=engagements)
        before = dict(zip(believed.rows.tolist(), believed.trace.parts["interest"], strict=True))
        for row, part in zip(doubted.rows.tolist(), doubted.trace.parts["interest"], strict=True):
            if row in before:
                assert part == pytest.approx(share * before[row], abs=2e-6)
    asked = [SOME[0].title.split()[0]]
    stated = ranked(catalog, doubting, category_interests=asked)
    plain = ranked(catalog, with_(doubting, interests={"prior": 0}), category_interests=asked)
    assert stated.trace.parts["similarity"][0] == pytest.approx(
        0.5 * plain.trace.parts["similarity"][0], rel=0.2
    )
