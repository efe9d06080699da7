"""Synthetic data: deterministic, split in time, and with something for a ranking to find."""

from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from evaluation.data.synthetic.dataset import (
    TRAIN_SHARE,
    Row,
    SyntheticData,
    SyntheticSize,
    episodes_jsonl,
    synthetic_data,
)
from evaluation.data.synthetic.kinds import KINDS
from evaluation.offline import replay
from evaluation.offline.run import InputFiles, OfflineRun, prepare
from feed.model.episode import Episode
from tests.support.evaluation_command import write
from tests.support.interactions import FixedScores

SIZE = SyntheticSize(shows=20, episodes=250, users=250, events_per_user=16)


@pytest.fixture(scope="module")
def made() -> SyntheticData:
    return synthetic_data(SIZE)


def test_synthetic_data_is_deterministic_by_its_seed() -> None:
    small = SyntheticSize(shows=5, episodes=30, users=20, events_per_user=6)
    assert synthetic_data(small) == synthetic_data(small)
    assert synthetic_data(small).train != synthetic_data(small, seed=1).train


def test_events_before_the_cut_are_earlier_than_those_after_it(made: SyntheticData) -> None:
    assert max(row[3] for row in made.train) <= min(row[3] for row in made.test)
    assert len(made.train) == int(TRAIN_SHARE * (len(made.train) + len(made.test)))


def test_no_user_hears_an_episode_twice_or_before_it_is_published(made: SyntheticData) -> None:
    published = {one["id"]: one["published_at"] for one in made.episodes}
    heard = [(row[0], row[1]) for row in (*made.train, *made.test)]
    assert len(heard) == len(set(heard))
    # Events are in whole seconds: they may seem a fraction earlier.
    assert all(row[3][:19] >= published[row[1]][:19] for row in (*made.train, *made.test))


def test_episodes_are_valid_input_of_a_build(made: SyntheticData) -> None:
    lines = episodes_jsonl(made).splitlines()
    read = [msgspec.json.decode(line, type=Episode) for line in lines]
    assert [one.id for one in read] == [one["id"] for one in made.episodes]


def rows_of(made: SyntheticData, kind: str) -> list[Row]:
    return [row for row in (*made.train, *made.test) if row[0].startswith(kind)]


def test_listeners_are_of_all_kinds_and_do_alone_what_they_do_among_others(
    made: SyntheticData,
) -> None:
    users = Counter(user.partition("-")[0] for user in {row[0] for row in made.train})
    assert users.keys() == KINDS.keys()
    assert min(users.values()) > 0.8 * SIZE.users / len(KINDS)
    small = SyntheticSize(shows=5, episodes=60, users=8, events_per_user=6)
    mixed, alone = synthetic_data(small), synthetic_data(small, kinds=["binge"])
    assert mixed.episodes == alone.episodes
    mixed_ids = {row[0] for row in rows_of(mixed, "binge")}
    assert rows_of(mixed, "binge") == [row for row in rows_of(alone, "") if row[0] in mixed_ids]


def continued(made: SyntheticData, kind: str) -> float:
    """Share of the choices that are the episode next to the user's last one in its show."""
    place: dict[str, tuple[str, int]] = {}
    count: Counter[str] = Counter()
    for one in made.episodes:  # sorted by publication
        show = one["series"]["id"]
        place[one["id"]] = show, count[show]
        count[show] += 1
    heard = defaultdict(list)
    for user, episode, *_ in rows_of(made, kind):
        heard[user].append(place[episode])
    steps = [step for places in heard.values() for step in pairwise(places)]
    return float(np.mean([a[0] == b[0] and abs(a[1] - b[1]) == 1 for a, b in steps]))


def test_only_binge_listeners_go_through_a_show_in_order(made: SyntheticData) -> None:
    assert continued(made, "binge") > 0.4
    assert continued(made, "browse") < 0.1


def test_news_is_fresh_and_what_is_browsed_may_be_old(made: SyntheticData) -> None:
    published = {one["id"]: datetime.fromisoformat(one["published_at"]) for one in made.episodes}

    def median_age(kind: str) -> float:
        ages = [datetime.fromisoformat(row[3]) - published[row[1]] for row in rows_of(made, kind)]
        return float(np.median([age.total_seconds() / 86_400 for age in ages]))

    assert median_age("news") < 3
    assert median_age("browse") > 10


def test_the_most_popular_tenth_of_the_episodes_has_a_quarter_of_the_choices(
    made: SyntheticData,
) -> None:
    chosen = Counter(row[1] for row in (*made.train, *made.test))
    counts = sorted((chosen[one["id"]] for one in made.episodes), reverse=True)
    assert sum(counts[: len(counts) // 10]) > 0.25 * sum(counts)


@pytest.fixture(scope="module")
def run(made: SyntheticData, tmp_path_factory: pytest.TempPathFactory) -> OfflineRun:
    folder = write(tmp_path_factory.mktemp("made"), made)
    train, test = folder / "train.csv", folder / "test.csv"
    episodes = str(folder / "episodes.jsonl")
    return prepare(InputFiles(episodes=episodes, interactions=train, test=test))


def test_a_replay_reads_all_events(made: SyntheticData, run: OfflineRun) -> None:
    assert len(run.training.row) == len(made.train)
    assert run.training.unknown == run.targets.unknown == run.targets.early == 0


def test_rankings_by_neighbours_content_and_recency_are_better_than_chance(run: OfflineRun) -> None:
    rng = np.random.default_rng(0)
    count = len(run.training.catalog)
    random = FixedScores({user.user_id: rng.random(count) for user in run.targets.users})
    chance = replay.measure(random, run.training, run.targets)
    rankings = replay.recommenders(run.training, [])
    for one in rankings:
        if one.name != "popularity":
            found = replay.measure(one, run.training, run.targets, (20,), resamples=0)
            assert found.metrics["mrr"] > chance.metrics["mrr"], one.name
