"""Synthetic data: deterministic, split in time, and with something for a ranking to find."""

import msgspec
import numpy as np
import pytest

from evaluation.data.synthetic import (
    TRAIN_SHARE,
    SyntheticData,
    SyntheticSize,
    episodes_jsonl,
    synthetic_data,
)
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
