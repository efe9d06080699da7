"""Baselines compared with plain implementations."""

import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.data.events import Event
from evaluation.data.training import TrainingData
from evaluation.offline import ease, item_knn, replay
from evaluation.offline.als import Als
from evaluation.offline.baselines import (
    BASELINES,
    Content,
    Neighbours,
    Popularity,
    RecentPopularity,
)
from evaluation.offline.ease import Ease
from evaluation.offline.item_knn import KnnTfidf
from evaluation.offline.recommender import top_unseen
from feed.model.engagement import ENGAGEMENT_TYPES
from feed.model.timestamps import DAY_US
from tests.support.interactions import (
    CUT_US,
    EPISODES,
    event,
    events,
    history,
    rows_of,
    training_of,
)

trains = st.lists(events, min_size=1, max_size=40).map(
    lambda train: [*train, event("a", 0, event_type="like")]
)


def choices(train: list[Event], since_days: float = math.inf) -> dict[str, set[int]]:
    """By episode that exists, who chose it so lately."""
    chosen: dict[int, set[str]] = {number: set() for number in range(EPISODES)}
    newest = event("", 0, since_days)[3] if since_days < math.inf else -math.inf
    for user, name, kind, when, _ in train:
        number = int(name.removeprefix("episode-"))
        if number < EPISODES and ENGAGEMENT_TYPES[kind] != "not_interested" and when >= newest:
            chosen[number].add(user)
    return {f"episode-{number}": users for number, users in chosen.items()}  # type: ignore[misc]


@given(trains)
@settings(max_examples=40)
def test_popularity_is_the_number_of_users_that_ever_chose_it(train: list[Event]) -> None:
    known = training_of(train)
    found = Popularity(known).score(known.users["a"])
    chosen = choices(train)
    assert found.tolist() == [len(chosen[name]) for name in known.catalog.ids]


@given(trains)
@settings(max_examples=40)
def test_recent_popularity_halves_each_users_latest_choice_every_day_and_a_half(
    train: list[Event],
) -> None:
    known = training_of(train)
    latest: dict[tuple[str, str], float] = {}
    for user, name, kind, when, _ in train:
        if ENGAGEMENT_TYPES[kind] != "not_interested":
            days = (CUT_US - when) / DAY_US
            latest[name, user] = min(days, latest.get((name, user), days))
    wanted = [
        sum(0.5 ** (days / 1.5) for (name, _), days in latest.items() if name == one)
        for one in known.catalog.ids
    ]
    scores = RecentPopularity(known).score(known.users["a"])
    assert scores == pytest.approx(np.array(wanted), abs=1e-6)


@given(trains)
@settings(max_examples=40)
def test_neighbours_are_the_shrunk_cosines_of_audiences(train: list[Event]) -> None:
    known = training_of(train)
    audience = [
        {name for name, user in known.users.items() if row in user.liked.tolist()}
        for row in range(EPISODES)
    ]

    def similarity(one: int, two: int) -> float:
        both = len(audience[one] & audience[two])
        if one == two or not both:
            return 0.0
        cosine = both / math.sqrt(len(audience[one]) * len(audience[two]))
        return cosine * both / (both + 10)

    baseline = Neighbours(known)
    for user in known.users.values():
        wanted = [
            sum(similarity(chosen, row) for chosen in user.liked[:3].tolist())
            for row in range(EPISODES)
        ]
        assert baseline.score(user) == pytest.approx(np.array(wanted))


def choices_of(known: TrainingData) -> np.ndarray:
    """(users, n) 1 where a user chose an episode."""
    return np.array([np.isin(np.arange(EPISODES), one.liked) for one in known.users.values()]) * 1.0


@given(trains)
@settings(max_examples=20)
def test_ease_is_the_closed_form_with_an_explicit_inverse(train: list[Event]) -> None:
    known = training_of(train)
    chosen = choices_of(known)
    inverse = np.linalg.inv(chosen.T @ chosen + 250 * np.eye(EPISODES))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ease, "_BLOCK", 7)
        baseline = Ease(known)
    for user, own in zip(known.users.values(), chosen, strict=True):
        assert baseline.score(user) == pytest.approx(own @ weights, abs=1e-6)


def test_ease_leaves_out_the_episodes_that_few_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    known = training_of([one for n in range(6) for one in history(f"u{n}", [*range(n), 9])])
    monkeypatch.setattr(ease, "MOST_EPISODES", 3)
    scored = np.flatnonzero(Ease(known).score(known.users["u5"]))
    assert set(scored.tolist()) <= set(rows_of(known, [9, 0, 1]))
    assert len(scored)


@given(trains, st.integers(1, 40))
@settings(max_examples=20)
def test_knn_adds_the_cosines_of_the_nearest_neighbours_that_were_chosen(
    train: list[Event], nearest: int
) -> None:
    known = training_of(train)
    chosen = choices_of(known)
    vectors = chosen.T * np.maximum(np.log(EPISODES / (1 + chosen.sum(axis=1))), 0)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = vectors / np.where(length > 0, length, 1)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, 0)
    for row in cosines:
        least = sorted(row, reverse=True)[:nearest][-1]
        row[row < least - 1e-6] = 0  # equally near ones are all kept
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(item_knn, "NEIGHBOURS", nearest)
        patch.setattr(item_knn, "_BLOCK", 7)
        baseline = KnnTfidf(known)
    for user, own in zip(known.users.values(), chosen, strict=True):
        assert baseline.score(user) == pytest.approx(cosines @ own, abs=1e-5)


def test_als_finds_what_people_with_the_same_choices_chose() -> None:
    twos = [history(f"u{n}", [0, 1, 2, 3] if n % 2 else [10, 11, 12, 13]) for n in range(12)]
    known = training_of([*(one for user in twos for one in user), *history("a", [0, 1, 2])])
    best = Als(known).rank(known.users["a"], 1).tolist()
    assert best == rows_of(known, [3])
    again = Als(known).score(known.users["a"])
    assert np.array_equal(Als(known).score(known.users["a"]), again)


def test_a_baseline_whose_package_is_missing_is_left_out_with_a_note(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], known: TrainingData
) -> None:
    monkeypatch.setitem(sys.modules, "implicit.cpu.als", None)
    names = [one.name for one in replay.recommenders(known, [])]
    assert names == [one.name for one in BASELINES if one is not Als]
    assert "note: without the baseline als: " in capsys.readouterr().err


def test_content_is_the_cosine_with_the_mean_of_the_last_ten() -> None:
    known = training_of(history("a", list(range(13))))
    embeddings = known.catalog.embeddings[:].astype(float)
    mean = np.mean([embeddings[row] for row in rows_of(known, list(range(3, 13)))], axis=0)
    wanted = [float(np.dot(one, mean)) / np.linalg.norm(mean) for one in embeddings]
    assert Content(known).score(known.users["a"]) == pytest.approx(np.array(wanted), abs=1e-5)


def test_content_scores_are_zero_for_a_user_without_liked_episodes() -> None:
    known = training_of([event("a", 1, event_type="not_interested")])
    assert not Content(known).score(known.users["a"]).any()


@given(
    st.lists(st.sampled_from([-math.inf, 0.0, 1.0, 2.0]), max_size=12),
    st.integers(0, 14),
    st.data(),
)
def test_the_top_unseen_rows_are_a_stable_sort_without_seen_rows(
    scores: list[float], count: int, data: st.DataObject
) -> None:
    seen = data.draw(st.sets(st.integers(0, len(scores) - 1))) if scores else set()
    left = [row for row in range(len(scores)) if row not in seen and scores[row] > -math.inf]
    wanted = sorted(left, key=lambda row: -scores[row])[:count]
    found = top_unseen(np.array(scores), np.array(sorted(seen), np.int64), count)
    assert found.tolist() == wanted


@pytest.mark.parametrize("baseline", BASELINES)
def test_a_baseline_ranks_by_its_scores_and_does_not_change_them(
    baseline: type, known: TrainingData
) -> None:
    ranking, user = baseline(known), known.users["a"]
    before = ranking.score(user).copy()
    assert ranking.rank(user, 9).tolist() == top_unseen(before, user.seen, 9).tolist()
    assert np.array_equal(ranking.score(user), before)


@pytest.fixture(scope="module")
def known() -> TrainingData:
    return training_of(
        [one for at, user in enumerate("abcdef") for one in history(user, [at, at + 1, 9])]
    )
