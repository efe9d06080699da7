"""Made-up listeners: the same for a seed, cut in time, and with something for a ranking to find."""

import csv
import io
from pathlib import Path

import msgspec
import numpy as np
import pytest

from evaluation.data.events import COLUMNS, read_events
from evaluation.data.synthetic import CUT, Made, Size, episodes_jsonl, events_csv, make
from evaluation.offline import replay as offline
from evaluation.offline.setup import Experiment, cut_at
from evaluation.wiring import Material
from feed.model.episode import Episode
from feed.ports.episodes import Vectors
from tests.support.interactions import Fixed

SIZE = Size(shows=20, episodes=250, users=250, events_per_user=16)


@pytest.fixture(scope="module")
def made() -> Made:
    return make(SIZE)


def test_the_same_seed_makes_the_same_bytes_and_another_makes_others() -> None:
    small = Size(shows=5, episodes=30, users=20, events_per_user=6)
    assert make(small) == make(small)
    assert make(small).train != make(small, seed=1).train


def test_what_comes_before_the_cut_is_earlier_than_what_comes_after(made: Made) -> None:
    assert max(row[3] for row in made.train) <= min(row[3] for row in made.test)
    assert len(made.train) == int(CUT * (len(made.train) + len(made.test)))


def test_nobody_hears_what_is_not_out_yet_or_the_same_twice(made: Made) -> None:
    published = {one["id"]: one["published_at"] for one in made.episodes}
    heard = [(row[0], row[1]) for row in (*made.train, *made.test)]
    assert len(heard) == len(set(heard))
    # Events are in whole seconds: they may seem a fraction earlier.
    assert all(row[3][:19] >= published[row[1]][:19] for row in (*made.train, *made.test))


def test_episodes_are_such_as_a_builder_reads(made: Made) -> None:
    lines = episodes_jsonl(made).splitlines()
    read = [msgspec.json.decode(line, type=Episode) for line in lines]
    assert [one.id for one in read] == [one["id"] for one in made.episodes]


def test_events_are_such_as_a_replay_reads(made: Made, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(events_csv(made.train).decode())))
    assert len(rows) == len(made.train)
    assert rows[0].keys() >= set(COLUMNS)
    path = tmp_path / "train.csv"
    path.write_bytes(events_csv(made.train))
    found = read_events(path)
    assert len(found) == len(made.train)
    assert np.nanmax(found.progress) <= 1


@pytest.fixture(scope="module")
def experiment(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    folder = tmp_path_factory.mktemp("made")
    for name, rows in [("train", made.train), ("test", made.test)]:
        (folder / f"{name}.csv").write_bytes(events_csv(rows))
    episodes = [msgspec.convert(one, Episode) for one in made.episodes]
    topics = np.eye(12, dtype=np.float32)[
        [int(one["categories"]["major"][0].split()[1]) for one in made.episodes]
    ]
    vectors = Vectors(topics, np.ones(len(episodes), np.bool_), model="topics")
    train, test = (read_events(folder / f"{name}.csv") for name in ("train", "test"))
    return cut_at(Material(episodes, vectors), train, test)


def test_there_is_something_to_find_in_tastes_in_topics_and_in_what_is_new(
    experiment: Experiment,
) -> None:
    rng = np.random.default_rng(0)
    count = len(experiment.learned.catalog)
    random = Fixed({user.user_id: rng.random(count) for user in experiment.targets.users})
    chance = offline.measure(random, experiment.learned, experiment.targets)
    rankings = [one for one in experiment.rankings([], seed=0) if one.name != "popularity"]
    assert len(rankings) == 3
    for one in experiment.outcomes(rankings, (20,), seed=0):
        assert one.metrics["mrr"] > chance.metrics["mrr"], one.name
