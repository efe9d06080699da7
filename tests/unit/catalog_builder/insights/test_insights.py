"""What rises in a catalog, and what is published of it."""

import dataclasses
import random
from typing import Any

import msgspec
import pytest

from feed.catalog.insights import DAYS
from feed.model.engagement import Engagement
from feed.model.episode import Series
from tests.support.insights import (
    archive,
    burst,
    catalog_with,
    choice,
    episode,
    place_of,
    rising,
    same_insights,
    steady_users,
)

NAMES = [f"Name {letter}" for letter in "abcdefghijkl"]
ARCHIVE = archive(NAMES)
STEADY = steady_users(ARCHIVE)
OF_FIRST = ARCHIVE[:4]
OF_IDS = {one.id for one in OF_FIRST}


def with_burst(extra: dict[int, list[Engagement]]) -> list[list[Engagement]]:
    return [[*steady, *extra.get(user, [])] for user, steady in enumerate(STEADY)]


def test_a_burst_rises_on_its_first_day_and_nothing_else_does() -> None:
    assert rising(catalog_with(ARCHIVE, STEADY)) == []
    catalog = catalog_with(ARCHIVE, with_burst(burst(OF_FIRST, range(25))))
    assert rising(catalog) == [("entity", "Name a")]
    insights = catalog.insights
    assert insights.momentum[0, 0] > 1.5
    assert insights.listeners[0] >= 25
    assert insights.listeners_by_day[0, -1] >= 25
    assert set(insights.episodes(0).tolist()) == set(range(4))


def test_a_burst_of_fewer_users_than_the_minimum_is_not_published() -> None:
    users = with_burst(burst(OF_FIRST, range(25)))
    assert rising(catalog_with(ARCHIVE, users, min_users=50)) == []
    insights = catalog_with(ARCHIVE, users, min_users=50).insights
    assert not insights.listeners.any()
    assert not insights.listeners_by_day.any()
    assert not insights.momentum[:, 0].any()


def test_momentum_does_not_tell_of_fewer_users_than_the_minimum_in_earlier_weeks() -> None:
    def momentum(earlier: int) -> float:
        before = {user: [choice(user, OF_FIRST[0].id, 7)] for user in range(earlier)}
        others = [[one for one in user if one.episode_id not in OF_IDS] for user in STEADY]
        now = burst(OF_FIRST, range(25))
        users = [[*o, *before.get(u, []), *now.get(u, [])] for u, o in enumerate(others)]
        catalog = catalog_with(ARCHIVE, users)
        return float(catalog.insights.momentum[place_of(catalog, "Name a"), 0])

    assert momentum(0) == momentum(4) == 6.0
    assert momentum(5) < 6.0


def test_a_name_that_one_show_is_heard_for_rises_only_with_a_large_share_of_listeners() -> None:
    new = [episode(number, 2, entities=["Newcomer"]) for number in (100, 101)]
    crowd = [episode(number, 400, entities=["Crowd"]) for number in range(200, 204)]
    one_show = {user: [choice(user, new[0].id, 0)] for user in range(25)}
    two_shows = {user: [choice(user, new[user % 2].id, 0)] for user in range(25)}
    regulars = [
        [choice(user, crowd[user % 4].id, 7 * week) for week in range(5)] for user in range(120)
    ]
    assert rising(catalog_with([*ARCHIVE, *new], with_burst(one_show))) == [("entity", "Newcomer")]
    every = [*ARCHIVE, *new, *crowd]
    assert rising(catalog_with(every, [*with_burst(one_show), *regulars])) == []
    found = rising(catalog_with(every, [*with_burst(two_shows), *regulars]))
    assert found == [("entity", "Newcomer")]


def test_three_listeners_after_none_are_no_trend() -> None:
    new = episode(100, 2, entities=["Newcomer"]), episode(101, 2, entities=["Newcomer"])
    extra = {user: [choice(user, new[user % 2].id, 0)] for user in range(3)}
    assert rising(catalog_with([*ARCHIVE, *new], with_burst(extra), min_users=1)) == []


def test_spellings_that_differ_in_case_or_form_are_one_name() -> None:
    spelled = ["Zoë Ng", "zoë ng", "Zoe\u0308  Ng", "ZOË NG", "Zoë Ng"]
    some = [episode(number, 400, people=[name]) for number, name in enumerate(spelled)]
    users = [[choice(user, some[user % 5].id, 0)] for user in range(8)]
    insights = catalog_with(some, users).insights
    assert list(insights.names) == ["Zoë Ng"]
    assert insights.listeners.tolist() == [8]


def test_a_host_and_the_name_of_a_show_do_not_count_in_its_own_episodes() -> None:
    show: dict[str, Any] = {"series": {"id": "talk", "name": "Straight Talk"}}
    own = [
        episode(number, 400, people=["Ida Host"], entities=["straight talk podcast"], **show)
        for number in range(5)
    ]
    guest = episode(9, 400, people=["Ida Host"]), episode(10, 400, people=["Ida Host"])
    users = [[choice(user, own[user % 5].id, 0)] for user in range(30)]
    insights = catalog_with([*own, *guest], users).insights
    assert (list(insights.names), insights.listeners.tolist()) == (["Ida Host"], [0])
    assert set(insights.rows.tolist()) == {5, 6}
    users = [[choice(user, guest[user % 2].id, 0)] for user in range(6)]
    assert catalog_with([*own, *guest], users).insights.listeners.tolist() == [6]


def test_words_that_say_nothing_are_no_names() -> None:
    words = ["Podcast", "guest", "42", "?", "x", "", " ", "w" * 81, 7, None, {"name": "Host"}]
    some = [episode(number, 1, entities=words, people=words) for number in range(4)]
    assert len(catalog_with(some).insights) == 0


def test_many_shows_on_one_name_rise_without_any_user() -> None:
    shows = [
        episode(100 + one, one % 2, people=["Ada"], series={"id": f"s{one}"}) for one in range(9)
    ]
    regular = [
        episode(200 + one, one / 2, people=[f"Guest {one % 4}"], series={"id": f"r{one % 40}"})
        for one in range(70)
    ]
    catalog = catalog_with([*shows, *regular])
    assert rising(catalog) == [("person", "Ada")]
    assert catalog.insights.series[0] == 9
    assert int(catalog.insights.series_by_day[0].sum()) == 9
    # Nine episodes of one show are that show's.
    one_show = Series(id="one show")
    alone = [msgspec.structs.replace(one, series=one_show) for one in shows]
    assert rising(catalog_with([*alone, *regular])) == []


def test_an_archive_that_nobody_hears_has_the_names_of_several_episodes() -> None:
    of_one_show = {"series": {"id": "one show"}}
    some = [
        *(episode(number, 400, people=["Bob"], **of_one_show) for number in range(3)),
        *(episode(number, 400, **of_one_show) for number in range(3, 9)),
        *(episode(number, 400, people=["Ada"]) for number in (20, 21)),
        episode(22, 400, people=["Once"]),
        *(episode(number, -9, people=["Soon"]) for number in (23, 24)),
    ]
    insights = catalog_with(some).insights
    assert list(insights.names) == ["Ada", "Bob"]
    assert not insights.rising.any()


def test_a_name_that_is_a_category_is_a_topic() -> None:
    some = [
        episode(number, 1, categories={"major": ["Coffee"]}, entities=["coffee"])
        for number in range(4)
    ]
    insights = catalog_with(some).insights
    assert (list(insights.names), insights.kinds.tolist()) == (["Coffee"], [2])


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_episodes_and_users_does_not_matter(seed: int) -> None:
    users = with_burst(burst(OF_FIRST, range(25)))
    expected = catalog_with(ARCHIVE, users)
    shuffled, others = list(ARCHIVE), list(users)
    random.Random(seed).shuffle(shuffled)
    random.Random(seed).shuffle(others)
    found = catalog_with(shuffled, others)
    alike = dataclasses.replace(found.insights, rows=expected.insights.rows)
    assert same_insights(alike, expected.insights)
    for place in range(len(found.insights)):
        ids = [{one.ids[row] for row in one.insights.episodes(place)} for one in (found, expected)]
        assert ids[0] == ids[1]


def test_days_add_up_to_what_each_user_did() -> None:
    catalog = catalog_with(ARCHIVE, STEADY, min_users=1)
    insights = catalog.insights
    place = place_of(catalog, "Name a")
    expected = [0] * DAYS
    for user in STEADY:
        for age in {int(one.id.rsplit("-", 1)[1]) for one in user if one.episode_id in OF_IDS}:
            if age < DAYS:
                expected[DAYS - 1 - age] += 1
    assert insights.listeners_by_day[place].tolist() == expected
