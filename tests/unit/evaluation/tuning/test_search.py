"""The search is seeded, can be resumed, stays within bounds and improves."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_builder.errors import CommandError
from evaluation.tuning import record
from evaluation.tuning.search import SPREAD_PER_PARAMETER, Trial, best, search
from evaluation.tuning.space import ParameterBounds, SearchSpace
from feed.scenarios.scenario import parse

START = parse(
    'name = "start"\n[blend]\nsimilarity = 2.5\nquality = 0.9\n[interests]\nnewest = 45\n'
)
SPACE = SearchSpace(
    START,
    {
        "blend.similarity": ParameterBounds(low=0.05, high=3, log=True),
        "blend.quality": ParameterBounds(low=0, high=1),
        "interests.newest": ParameterBounds(low=3, high=50),
    },
    {"mrr": 1.0},
)
OPTIMUM = (0.4, 0.3, 12)


def hill(values: Mapping[str, float]) -> dict[str, float]:
    """A smooth hill whose top is at OPTIMUM, worth 0."""
    similarity, quality, newest = values.values()
    off = (
        math.log(similarity / OPTIMUM[0]) / math.log(3 / 0.05),
        quality - OPTIMUM[1],
        (newest - OPTIMUM[2]) / 47,
    )
    return {"mrr": -sum(one**2 for one in off)}


def searched(trials: int, seed: int = 0, done: list[Trial] | None = None) -> list[Trial]:
    return list(search(SPACE, trials, seed, hill, done or []))


def test_the_first_trial_is_the_unchanged_scenario() -> None:
    (first,) = searched(1)
    assert first.values == {
        "blend.similarity": 2.5,
        "blend.quality": 0.9,
        "interests.newest": 45,
    }
    assert first.objective == hill(first.values)["mrr"]


@pytest.mark.parametrize("seed", range(5))
def test_a_search_comes_close_to_the_optimum_of_a_smooth_hill(seed: int) -> None:
    trials = searched(120, seed)
    spread = trials[: 1 + SPREAD_PER_PARAMETER * len(SPACE.parameters)]
    assert trials[0].objective < -0.5
    assert (
        best(spread).objective < best(trials).objective
    )  # closing in is worth more than spreading
    assert best(trials).objective > -0.005


@pytest.mark.parametrize("stopped", [0, 1, 5, 12, 29, 30])
def test_a_search_resumes_where_it_stopped(stopped: int) -> None:
    whole, asked = searched(30), []

    def counted(values: Mapping[str, float]) -> dict[str, float]:
        asked.append(values)
        return hill(values)

    assert list(search(SPACE, 30, 0, counted, whole[:stopped])) == whole
    assert len(asked) == 30 - stopped


def test_a_shorter_search_is_the_start_of_a_longer_one() -> None:
    assert searched(12) == searched(30)[:12]


def test_a_trial_of_another_search_is_an_error() -> None:
    with pytest.raises(ValueError, match="trial 1 is not of this search"):
        searched(30, seed=1, done=searched(5))


def test_every_tried_value_is_within_its_bounds() -> None:
    for trial in searched(150, seed=3)[1:]:
        for path, bounds in SPACE.parameters.items():
            assert bounds.low <= trial.values[path] <= bounds.high
        assert isinstance(trial.values["interests.newest"], int)


def test_the_first_trials_cover_the_range_of_every_parameter() -> None:
    size = len(SPACE.parameters)
    spread = searched(SPREAD_PER_PARAMETER * size + 1)[1:]
    units = np.array([SPACE.unit(trial.values) for trial in spread])
    assert (units.min(axis=0) < 0.25).all()
    assert (units.max(axis=0) > 0.75).all()


def test_the_best_trial_is_the_first_among_equals_and_never_one_without_value() -> None:
    made = [Trial(n, {}, {}, worth) for n, worth in enumerate([-math.inf, 1.0, 2.0, 2.0])]
    assert best(made).number == 2
    assert SPACE.objective({"mrr": math.nan}) == -math.inf


def test_the_objective_is_a_weighted_sum() -> None:
    space = SearchSpace(START, SPACE.parameters, {"mrr": 2.0, "recall@20": -0.5})
    assert space.objective({"mrr": 0.3, "recall@20": 0.4, "ndcg@10": 9}) == pytest.approx(0.4)


values = st.floats(-4, 4).map(lambda x: 10**x)


@given(values, st.floats(1.001, 1e4), st.booleans(), st.floats(0, 1))
def test_values_stay_within_bounds_when_rounded_and_map_back_to_their_point(
    low: float, ratio: float, log: bool, share: float
) -> None:
    bounds = ParameterBounds(low=low, high=low * ratio, log=log)
    space = SearchSpace(START, {"blend.quality": bounds}, {"mrr": 1.0})
    found = space.values([share])
    value = found["blend.quality"]
    assert bounds.low <= value <= bounds.high
    (back,) = space.unit(found)
    assert space.values([back])["blend.quality"] == pytest.approx(value, rel=1e-3)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "trials.jsonl"
    trials = [*searched(3), Trial(3, searched(4)[3].values, {"mrr": math.nan}, -math.inf)]
    record.start(path, "key", trials[:2])
    for trial in trials[2:]:
        record.append(path, trial)
    return path


def test_recorded_trials_are_read_back_unchanged(file: Path) -> None:
    found = record.read(file, "key", SPACE)
    assert found[:3] == searched(3)
    assert found[3].objective == -math.inf
    assert math.isnan(found[3].metrics["mrr"])
    assert record.read(file.with_name("none"), "key", SPACE) == []


def test_a_truncated_last_line_is_left_out(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])
    assert record.read(file, "key", SPACE) == searched(3)


def test_resuming_replaces_the_record_without_truncating_it(file: Path) -> None:
    """Whoever is killed between a truncation and a write loses hours: there is no truncation."""
    was = file.with_name("as it was")
    was.hardlink_to(file)
    before = file.read_bytes()
    record.start(file, "key", record.read(file, "key", SPACE))
    assert was.read_bytes() == before == file.read_bytes()
    assert not was.samefile(file)


def test_the_record_of_another_search_is_refused_by_name(file: Path) -> None:
    with pytest.raises(CommandError, match=r"trials\.jsonl: its trials are of another search"):
        record.read(file, "other", SPACE)


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"[]\n", b"\xff\n", b'{"search": "key"}\n{"trial"}\n']
)
def test_a_file_that_is_no_record_is_refused_and_not_changed(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "trials.jsonl"
    path.write_bytes(data)
    with pytest.raises(CommandError, match=r"trials\.jsonl: expected the trials of a search"):
        record.read(path, "key", SPACE)
    assert path.read_bytes() == data
