"""Signals of what all users did, held against a slow reading of their definitions."""

from collections.abc import Sequence
from dataclasses import fields, replace
from random import Random

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from catalog_builder.build import build_catalog
from catalog_builder.signals import co_engagement as pairs_module
from catalog_builder.signals import interactions as interactions_module
from catalog_builder.signals import popularity_prior as promise_module
from catalog_builder.signals.aggregates import Parameters, age_days, signals
from catalog_builder.signals.co_engagement import Parameters as NeighbourParameters
from catalog_builder.signals.interactions import BEGUN, FINISHED, UNKNOWN, Interactions, collect
from catalog_builder.signals.neighbours import neighbours
from feed.catalog.catalog import Catalog
from feed.catalog.signals import HALF_LIVES_DAYS, Signals
from feed.model.engagement import TYPES, Engagement, Summary
from feed.model.episode import Categories
from feed.model.timestamps import DAY_US, to_us
from tests.support.catalogs import NOW, catalog_of, episodes, vectors_of

CATALOG = catalog_of(episodes(30))
US = to_us(NOW)

engagements = st.builds(
    Engagement,
    id=st.just(""),
    episode_id=st.integers(0, 33).map(lambda n: f"episode-{n}"),
    type=st.sampled_from(TYPES),
    timestamp_us=st.integers(0, 300).map(lambda days: US - days * DAY_US),
    progress=st.none() | st.sampled_from([0.0, 0.05, 0.5, 0.95, 1.0]),
)
summaries = st.lists(st.lists(engagements, max_size=12), max_size=12).map(
    lambda users: [Summary(engagements=tuple(one)) for one in users]
)


def choice(uid: int, number: int, kind: str = "complete", days: int = 0) -> Engagement:
    return Engagement(
        id=f"{uid}-{number}",
        episode_id=f"episode-{number}",
        type=kind,  # type: ignore[arg-type]
        timestamp_us=US - days * DAY_US,
    )


def crowd(*users: Sequence[int]) -> list[Summary]:
    """One user for each list: the episodes that they finished, the first a day before the next."""
    return [
        Summary(
            engagements=tuple(
                choice(uid, number, days=len(numbers) - at) for at, number in enumerate(numbers)
            )
        )
        for uid, numbers in enumerate(users)
    ]


def made(users: list[Summary], min_people: int = 1) -> Catalog:
    some = episodes(30)
    parameters = Parameters(min_people=min_people)
    return build_catalog(some, vectors_of(some), NOW, summaries=users, parameters=parameters)


def near(catalog: Catalog, row: int) -> dict[int, float]:
    start, end = catalog.signals.neighbour_starts[row : row + 2]
    rows = catalog.signals.neighbour_rows[start:end].tolist()
    return dict(zip(rows, catalog.signals.neighbour_weights[start:end].tolist(), strict=True))


@given(summaries)
def test_a_choice_is_one_for_each_user_and_episode_at_its_strongest_and_newest(
    users: list[Summary],
) -> None:
    found = collect(users, CATALOG)
    wanted = []
    for summary in users:
        chosen: dict[int, list[Engagement]] = {}
        for one in summary.engagements:
            row = int(one.episode_id.removeprefix("episode-"))
            skipped = one.type == "listen" and one.progress is not None and one.progress < 0.1
            if row < 30 and one.type != "not_interested" and not skipped:
                chosen.setdefault(row, []).append(one)
        if chosen:
            wanted.append(
                sorted(
                    (
                        max(one.timestamp_us for one in some) // 60_000_000,
                        row,
                        max(0.5 if one.type == "click" else 1.0 for one in some),
                        max(map(heard, some)),
                    )
                    for row, some in chosen.items()
                )
            )
    assert found.users == len(wanted)
    columns = zip(found.minutes, found.rows, found.weights, found.heard, strict=True)
    assert [tuple(one) for one in columns] == [one for some in wanted for one in some]
    assert np.diff(found.starts).tolist() == [len(some) for some in wanted]


def heard(one: Engagement) -> int:
    if one.type == "complete":
        return FINISHED
    if one.type != "listen" or one.progress is None:
        return UNKNOWN
    return FINISHED if one.progress >= 0.9 else BEGUN


def test_popularity_halves_with_age_at_each_half_life() -> None:
    catalog = made([Summary(engagements=(choice(0, 3, days=7), choice(0, 4, "click")))])
    wanted = [0.5 ** (7 / half_life) for half_life in HALF_LIVES_DAYS]
    assert catalog.signals.popularity[3] == pytest.approx(wanted, rel=1e-3)
    assert catalog.signals.popularity[4] == pytest.approx([0.5] * 4)
    assert catalog.signals.people.tolist() == [int(n in {3, 4}) for n in range(30)]


@pytest.mark.parametrize("people", [4, 5])
def test_what_fewer_than_five_stand_behind_is_not_published(people: int) -> None:
    users = crowd(*[[1, 2, 3]] * people)
    catalog = made(users, min_people=5)
    signals = catalog.signals
    published = people >= 5
    assert bool(signals.people[1]) == published
    assert bool(signals.popularity[1].any()) == published
    assert bool(near(catalog, 1)) == published
    assert bool(np.isfinite(signals.completion[1])) == published


def test_a_pair_of_few_is_left_out_though_each_of_the_two_is_popular() -> None:
    catalog = made(crowd(*[[1, 2]] * 4, [1], [2]), min_people=5)
    assert catalog.signals.people[[1, 2]].tolist() == [5, 5]
    assert near(catalog, 1) == {}


def test_what_came_next_is_nearer_than_what_came_before() -> None:
    catalog = made(crowd(*[[1, 2]] * 6))
    assert near(catalog, 1)[2] > near(catalog, 2)[1] > 0


def test_what_everybody_chooses_is_no_ones_neighbour_in_particular() -> None:
    catalog = made(crowd(*[[1, 2, 9]] * 6, *[[n, 9] for n in range(3, 9)] * 6))
    assert near(catalog, 1)[2] > near(catalog, 1)[9]


def test_completion_is_the_share_that_heard_the_end() -> None:
    users = [
        Summary(engagements=(choice(uid, 5, "complete" if uid < 3 else "listen"),))
        for uid in range(4)
    ]
    stopped = Engagement(
        id="s", episode_id="episode-5", type="listen", timestamp_us=US, progress=0.4
    )
    users.append(Summary(engagements=(stopped,)))
    assert made(users).signals.completion[5] == pytest.approx(3 / 4)


def test_an_unseen_episode_promises_what_those_like_it_became() -> None:
    some = episodes(400)
    catalog = catalog_of(some)
    topics = [one.title.split()[0] for one in some]
    liked = [n for n, topic in enumerate(topics) if topic == "Chess"]
    others = [n for n, topic in enumerate(topics) if topic != "Chess"]
    users = crowd(*[liked[::2]] * 9, others[::2])
    built = build_catalog(
        some, vectors_of(some), NOW, summaries=users, parameters=Parameters(min_people=1)
    )
    promise = built.signals.promise
    assert promise[liked[1::2]].mean() > 2 * promise[others[1::2]].mean()
    assert not promise[liked[::2]].any()
    assert len(catalog) == len(built)


def test_promise_is_ridge_regression_on_the_episodes_that_are_known() -> None:
    catalog = catalog_of(episodes(200))
    popularity = np.random.default_rng(0).exponential(5, 200)
    known, wanted = np.arange(200) % 3 > 0, np.log1p(popularity)
    series = promise_module._series(catalog, wanted, known)
    every = promise_module._largest(catalog)
    made = promise_module._features(catalog, series, every, np.arange(200))
    features = np.hstack([made.dense, made.topics.toarray()])
    model = Ridge(alpha=promise_module.PENALTY).fit(features[known], wanted[known])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(promise_module, "AT_ONCE", 7)
        found = promise_module.promise(catalog, popularity, known)
    assert found[~known] == pytest.approx(np.maximum(model.predict(features[~known]), 0), rel=1e-4)
    assert not found[known].any()


def test_promise_looks_at_the_largest_categories_only(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"Rare": 2, "Common": 9, "Middling": 4, "Also": 4}
    names = [name for name, size in sizes.items() for _ in range(size)]
    some = [
        msgspec.structs.replace(one, categories=Categories(major=[name]))
        for one, name in zip(episodes(len(names)), names, strict=True)
    ]
    catalog = catalog_of(some)
    monkeypatch.setattr(promise_module, "MOST_CATEGORIES", 2)
    found = [catalog.categories[one] for one in promise_module._largest(catalog).tolist()]
    assert sorted(found) == ["Also", "Common"]


def brute(found: Interactions, ages: np.ndarray, n: int, p: NeighbourParameters) -> np.ndarray:
    """(n, n) nearness, pair by pair."""
    strength = np.zeros((n, n))
    for start, end in zip(found.starts[:-1], found.starts[1:], strict=True):
        for x in range(start, end):
            for y in range(x + 1, min(end, x + p.window + 1)):
                decay = 0.5 ** (ages[y] / p.half_life_days)
                pair = found.weights[x] * found.weights[y] * decay * (end - start) ** -p.activity
                strength[found.rows[x], found.rows[y]] += pair
                strength[found.rows[y], found.rows[x]] += pair * p.backward
    count = np.bincount(found.rows, minlength=n) + p.shrinkage
    return strength / count[:, None] ** p.own_popularity / count[None, :] ** p.popularity


@given(summaries, st.integers(1, 4), st.sampled_from([1 << 20, 8]))
@settings(max_examples=50)
def test_neighbours_in_parts_are_those_found_pair_by_pair(
    users: list[Summary], window: int, pairs: int
) -> None:
    found = collect(users, CATALOG)
    parameters = NeighbourParameters(most=3, window=window)
    wanted = brute(found, age_days(found, CATALOG.created_us), 30, parameters)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pairs_module, "PAIRS", pairs)
        starts, rows, weights = neighbours(found, CATALOG, 1, parameters)
    best = -np.sort(-wanted, axis=1)[:, :3]
    mean = best[best > 0].mean() if (best > 0).any() else 1.0
    for row in range(30):
        mine = slice(starts[row], starts[row + 1])
        assert weights[mine] * mean == pytest.approx(best[row][best[row] > 0], rel=1e-4)
        assert wanted[row, rows[mine]] == pytest.approx(weights[mine] * mean, rel=1e-4)


@given(summaries, st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_the_order_in_which_users_are_read_does_not_matter(
    users: list[Summary], random: Random
) -> None:
    parameters = NeighbourParameters(most=3)
    found = neighbours(collect(users, CATALOG), CATALOG, 1, parameters)
    random.shuffle(users)
    again = neighbours(collect(users, CATALOG), CATALOG, 1, parameters)
    for one, other in zip(found, again, strict=True):
        assert np.array_equal(one, other)


@given(summaries)
@settings(max_examples=50)
def test_what_is_counted_in_parts_is_what_is_counted_at_once(users: list[Summary]) -> None:
    found, parameters = collect(users, CATALOG), Parameters(min_people=1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(promise_module, "MIN_LEARNED", 2)
        whole = signals(found, CATALOG, parameters)
        patched.setattr(interactions_module, "USERS_COUNTED", 2)
        patched.setattr(promise_module, "AT_ONCE", 4)
        parts = signals(found, CATALOG, parameters)
    for one in fields(whole):
        wanted, got = getattr(whole, one.name), getattr(parts, one.name)
        assert got == pytest.approx(wanted, rel=1e-4, abs=1e-6, nan_ok=True), one.name


def test_no_users_make_no_signals() -> None:
    none = signals(collect([], CATALOG), CATALOG)
    assert not none.people.any()
    assert len(none.neighbour_rows) == 0
    assert np.isnan(none.completion).all()


@pytest.mark.parametrize("seed", range(5))
def test_neighbours_are_added_up_the_same_for_all_and_for_those_that_have_some(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(seed)
    count, each = 60, 7
    some = replace(
        Signals.none(count, 0),
        neighbour_starts=np.arange(count + 1) * each,
        neighbour_rows=rng.integers(count, size=count * each).astype(np.int32),
        neighbour_weights=rng.integers(1, 4, count * each).astype(np.float32),
    )
    rows = rng.permutation(count)[:9]
    weights = rng.random(9)
    dense = some.neighbours(rows, weights)
    monkeypatch.setattr("feed.arrays.arrays.DENSE", 0)
    sparse = some.neighbours(rows, weights)
    assert dense.rows.tolist() == sparse.rows.tolist()
    assert dense.nearness == pytest.approx(sparse.nearness)
    every = np.arange(count)
    for found in (dense, sparse):
        for row, nearest in zip(every.tolist(), found.nearest(every).tolist(), strict=True):
            near = {
                (float(some.neighbour_weights[at] * weight), int(owner))
                for owner, weight in zip(rows, weights, strict=True)
                for at in range(owner * each, owner * each + each)
                if some.neighbour_rows[at] == row
            }
            assert nearest == 0 or (max(near)[0], nearest) in near
            assert (row in found.rows) == bool(near)
    assert len(some.neighbours(rows[:0], weights[:0]).rows) == 0
