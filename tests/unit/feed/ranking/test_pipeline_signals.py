"""Sessions over a catalog with signals of other users."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from catalog_builder.build import build_catalog
from catalog_builder.signals.aggregates import SignalParameters
from feed.catalog.catalog import Catalog
from feed.catalog.signals import Signals
from feed.model.engagement import Engagement, Profile, Summary
from feed.model.timestamps import DAY_US, to_us
from feed.ranking.catalog_features import CatalogFeatures
from feed.scenarios import scenario as scenarios
from feed.scenarios.parameters import Curve
from feed.session.reason_text import render_all
from tests.support.catalogs import NOW, episodes, vectors_of
from tests.support.ranking import engagements, ranked, with_tables
from tests.support.scenarios import PLAIN

EPISODES = episodes(300)
FOR_YOU = scenarios.shipped()["for_you"]
SOURCES = ("interests", "neighbours", "series", "unfinished", "trending", "popular")
SOURCES += ("fresh", "stated", "unseen", "exploration", "candidates")
EVERYTHING = with_tables(
    FOR_YOU,
    interests={"medoids": 3},
    sources=dict.fromkeys(SOURCES, 20),
    blend={
        "neighbours": 0.5,
        "popularity_day": 0.2,
        "series": 0.2,
        "category": 0.2,
        "interest": 0.2,
    },
    selector={
        "mmr": 0.2,
        "topic_decay": 0.9,
        "calibration": 0.3,
        "explore_every": 5,
        "near_duplicate": 0.95,
    },
    filters={"missing": "pass", "min_credibility": 0, "min_combined": 0},
)


def summary(uid: int, *numbers: int) -> Summary:
    """A user who finished these episodes, one a day."""
    return Summary(
        engagements=tuple(
            Engagement(
                id=f"{uid}-{index}",
                episode_id=EPISODES[number].id,
                type="complete",
                timestamp_us=to_us(NOW) - (len(numbers) - index) * DAY_US,
            )
            for index, number in enumerate(numbers)
        )
    )


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """20 users finished 10, then 20, then 30; 8 users finished 40 alone."""
    users = [summary(uid, 10, 20, 30) for uid in range(20)]
    users += [summary(100 + uid, 40) for uid in range(8)]
    vectors, parameters = vectors_of(EPISODES), SignalParameters(min_users=5)
    return build_catalog(EPISODES, vectors, NOW, summaries=users, parameters=parameters)


@pytest.fixture(scope="module")
def engaged(catalog: Catalog) -> list[dict[str, Any]]:
    return engagements(catalog, 10, kind="complete")


def test_an_episode_that_others_chose_with_it_is_a_candidate_and_says_so(
    catalog: Catalog, engaged: list[dict[str, Any]]
) -> None:
    slate = ranked(catalog, EVERYTHING, engagements=engaged)
    rows = slate.rows.tolist()
    assert {20, 30} < set(rows)
    assert 10 not in rows
    index = rows.index(20)
    assert "neighbours" in slate.trace.proposed_by[index]
    assert slate.trace.parts["neighbours"][index] > 0
    reason = render_all(catalog, slate.reasons)[index]
    assert reason.key in {"others", "because_complete"}
    assert reason.params["episode_id"] == EPISODES[10].id


def test_the_parts_of_a_score_add_up_to_it(catalog: Catalog, engaged: list[dict[str, Any]]) -> None:
    slate = ranked(catalog, EVERYTHING, engagements=engaged)
    total = np.sum([np.array(part) for part in slate.trace.parts.values()], axis=0)
    assert total == pytest.approx(slate.scores[:, 3] / 1e6, abs=1e-4)


def test_every_source_returns_only_what_is_allowed(
    catalog: Catalog, engaged: list[dict[str, Any]]
) -> None:
    excluded = [one.id for one in EPISODES[::2]]
    slate = ranked(catalog, EVERYTHING, engagements=engaged, excluded_ids=excluded)
    assert len(slate.rows)
    assert (slate.rows % 2 == 1).all()


def test_an_unfinished_episode_comes_back_unless_it_is_excluded(catalog: Catalog) -> None:
    left = [{"episode_id": EPISODES[60].id, "type": "listen", "progress": 0.5}]
    slate = ranked(catalog, with_tables(EVERYTHING, blend={"unfinished": 1}), engagements=left)
    index = slate.rows.tolist().index(60)
    assert render_all(catalog, slate.reasons)[index].key == "unfinished"
    gone = ranked(catalog, EVERYTHING, engagements=left, excluded_ids=[EPISODES[60].id])
    assert 60 not in gone.rows
    never = with_tables(FOR_YOU, sources={"unfinished": 0})
    assert 60 not in ranked(catalog, never, engagements=left).rows


def test_a_followed_series_is_a_reason(catalog: Catalog) -> None:
    series = catalog.series_ids[int(catalog.series[5])]
    slate = ranked(catalog, EVERYTHING, stored=Profile(followed_series=(series,)))
    reasons = render_all(catalog, slate.reasons)
    followed = [one.params for one in reasons if one.key == "series_followed"]
    assert {one["series_id"] for one in followed} == {series}


def test_a_first_visit_shows_the_range_of_the_catalog(catalog: Catalog) -> None:
    slate = ranked(catalog, EVERYTHING)
    assert len({EPISODES[row].title.split()[0] for row in slate.rows[:10].tolist()}) >= 4
    assert slate.cold_start


def test_an_exploration_slot_holds_an_unheard_episode_and_its_propensity(
    catalog: Catalog, engaged: list[dict[str, Any]]
) -> None:
    slate, *others = (
        ranked(catalog, EVERYTHING, engagements=engaged, seed=seed) for seed in (7, 7, 0, 1, 2, 3)
    )
    explored = np.flatnonzero(np.array(slate.trace.propensities) < 1)
    assert (explored[:3] % 5 == 4).all()
    assert not catalog.signals.listeners[slate.rows[explored]].any()
    reasons = render_all(catalog, slate.reasons)
    assert {reasons[index].key for index in explored.tolist()} <= {"unseen"}
    assert others[0].rows.tolist() == slate.rows.tolist()
    assert len({tuple(one.rows.tolist()) for one in others}) > 1


@pytest.mark.parametrize(("typical", "is_reason"), [(0.0, True), (9.0, False)])
def test_co_engagement_is_no_reason_where_its_curve_gives_less_than_to_a_typical_candidate(
    catalog: Catalog, engaged: list[dict[str, Any]], typical: float, is_reason: bool
) -> None:
    curve = Curve(at=(0.0, 10.0), value=(0.0, 5.0), typical=typical)
    blend = {"similarity": 0, "curves": {"neighbours": curve}}
    slate = ranked(catalog, with_tables(PLAIN, blend=blend), engagements=engaged)
    reason = render_all(catalog, slate.reasons)[slate.rows.tolist().index(20)]
    assert (reason.key == "others") == is_reason


def test_no_score_depends_on_which_other_candidates_there_are(
    catalog: Catalog, engaged: list[dict[str, Any]]
) -> None:
    all_slate = ranked(catalog, EVERYTHING, engagements=engaged)
    fewer = ranked(catalog, EVERYTHING, engagements=engaged, excluded_ids=[EPISODES[40].id])
    scores = dict(zip(all_slate.rows.tolist(), all_slate.scores[:, 3].tolist(), strict=True))
    for row, score in zip(fewer.rows.tolist(), fewer.scores[:, 3].tolist(), strict=True):
        assert scores.get(row, score) == pytest.approx(score, abs=1)


def test_without_signals_their_parts_are_zero(
    catalog: Catalog, engaged: list[dict[str, Any]]
) -> None:
    bare = replace(catalog, signals=Signals.none(len(catalog), len(catalog.series_ids)))
    parts = ranked(bare, PLAIN, engagements=engaged).trace.parts
    assert not any(parts[name][0] for name in ("neighbours", "popularity_day"))


def test_completion_is_the_median_where_too_few_have_started(catalog: Catalog) -> None:
    completion = np.full(len(catalog), np.nan, np.float32)
    completion[:3] = [0.25, 0.5, 1.0]
    signals = replace(catalog.signals, completion=completion)
    features = CatalogFeatures(replace(catalog, signals=signals), FOR_YOU)
    assert features.completion[:4].tolist() == [0.25, 0.5, 1.0, 0.5]


def test_one_click_is_trusted_less_than_many_listens(catalog: Catalog) -> None:
    cautious = with_tables(EVERYTHING, interests={"prior": 2.0}, selector={"explore_every": 0})
    trusting = with_tables(cautious, interests={"prior": 0})
    one = engagements(catalog, 10, kind="click")
    many = engagements(catalog, 10, 20, 30, 40, kind="complete")
    for sent, share in ((one, 0.5 / 2.5), (many, 6 / 8)):
        full, scaled = (
            dict(zip(slate.rows.tolist(), slate.trace.parts["interest"], strict=True))
            for slate in (ranked(catalog, some, engagements=sent) for some in (trusting, cautious))
        )
        for row in full.keys() & scaled.keys():
            assert scaled[row] == pytest.approx(share * full[row], abs=2e-6)
    declared = [EPISODES[0].title.split()[0]]
    full, scaled = (
        ranked(catalog, some, category_interests=declared).trace.parts["similarity"][0]
        for some in (trusting, cautious)
    )
    assert scaled == pytest.approx(0.5 * full, rel=0.2)
