"""Made-up listeners: the same for a seed, cut in time, and with something for a ranking to find."""

import csv
import io
from pathlib import Path

import msgspec
import numpy as np
import pytest

from evaluation.data.events import COLUMNS, read_events
from evaluation.data.synthetic import (
    TRAIN_SHARE,
    SyntheticData,
    SyntheticSize,
    episodes_jsonl,
    events_csv,
    synthetic_data,
)
from evaluation.offline import replay
from evaluation.offline.run import OfflineRun, run_after_cut
from evaluation.wiring import CatalogInput
from feed.model.episode import Episode
from feed.ports.episodes import Vectors
from tests.support.interactions import FixedScores

SIZE = SyntheticSize(shows=20, episodes=250, users=250, events_per_user=16)


@pytest.fixture(scope="module")
def made() -> SyntheticData:
    return synthetic_data(SIZE)


def test_the_same_seed_makes_the_same_bytes_and_another_makes_others() -> None:
    small = SyntheticSize(shows=5, episodes=30, users=20, events_per_user=6)
    assert synthetic_data(small) == synthetic_data(small)
    assert synthetic_data(small).train != synthetic_data(small, seed=1).train


def test_what_comes_before_the_cut_is_earlier_than_what_comes_after(made: SyntheticData) -> None:
    assert max(row[3] for row in made.train) <= min(row[3] for row in made.test)
    assert len(made.train) == int(TRAIN_SHARE * (len(made.train) + len(made.test)))


def test_nobody_hears_what_is_not_out_yet_or_the_same_twice(made: SyntheticData) -> None:
    published = {one["id"]: one["published_at"] for one in made.episodes}
    heard = [(row[0], row[1]) for row in (*made.train, *made.test)]
    assert len(heard) == len(set(heard))
    # Events are in whole seconds: they may seem a fraction earlier.
    assert all(row[3][:19] >= published[row[1]][:19] for row in (*made.train, *made.test))


def test_episodes_are_such_as_a_builder_reads(made: SyntheticData) -> None:
    lines = episodes_jsonl(made).splitlines()
    read = [msgspec.json.decode(line, type=Episode) for line in lines]
    assert [one.id for one in read] == [one["id"] for one in made.episodes]


def test_events_are_such_as_a_replay_reads(made: SyntheticData, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(events_csv(made.train).decode())))
    assert len(rows) == len(made.train)
    assert rows[0].keys() >= set(COLUMNS)
    path = tmp_path / "train.csv"
    path.write_bytes(events_csv(made.train))
    found = read_events(path)
    assert len(found) == len(made.train)
    assert np.nanmax(found.progress) <= 1


@pytest.fixture(scope="module")
def run(made: SyntheticData, tmp_path_factory: pytest.TempPathFactory) -> OfflineRun:
    folder = tmp_path_factory.mktemp("made")
    for name, rows in [("train", made.train), ("test", made.test)]:
        (folder / f"{name}.csv").write_bytes(events_csv(rows))
    episodes = [msgspec.convert(one, Episode) for one in made.episodes]
    topics = np.eye(12, dtype=np.float32)[
        [int(one["categories"]["major"][0].split()[1]) for one in made.episodes]
    ]
    vectors = Vectors(topics, np.ones(len(episodes), np.bool_), model="topics")
    train, test = (read_events(folder / f"{name}.csv") for name in ("train", "test"))
    return run_after_cut(CatalogInput(episodes, vectors), train, test)


def test_there_is_something_to_find_in_tastes_in_topics_and_in_what_is_new(
    run: OfflineRun,
) -> None:
    rng = np.random.default_rng(0)
    count = len(run.training.catalog)
    random = FixedScores({user.user_id: rng.random(count) for user in run.targets.users})
    chance = replay.measure(random, run.training, run.targets)
    rankings = [one for one in run.rankings([], seed=0) if one.name != "popularity"]
    assert len(rankings) == 3
    for one in run.outcomes(rankings, (20,), seed=0):
        assert one.metrics["mrr"] > chance.metrics["mrr"], one.name
