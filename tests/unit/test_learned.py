"""A build begins with the centroids of the last one, as long as they fit."""

from pathlib import Path

import numpy as np
import pytest

from adapters.folder_copies import FolderCopies
from benchmarks.vectors import clustered
from catalog_builder import lists as building
from catalog_builder.centroids import NAME
from catalog_builder.learned import Learned
from catalog_builder.lists import lists
from feed.lists import Lists

ROWS = clustered(3000, 32)


@pytest.fixture(autouse=True)
def _small_catalogs_have_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "FEWEST", 1000)
    monkeypatch.setattr(building, "WORTH", 1.0)


@pytest.fixture
def copies(tmp_path: Path) -> FolderCopies:
    return FolderCopies(tmp_path)


def made(rows: np.ndarray, learned: Learned | None, model: str = "m") -> Lists:
    return lists(rows, np.ones(len(rows), np.bool_), model, learned)


def same(one: Lists, other: Lists) -> bool:
    return all(np.array_equal(value, vars(other)[name]) for name, value in vars(one).items())


def test_building_the_same_again_learns_nothing_and_gives_the_same(
    copies: FolderCopies, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made(ROWS, Learned(copies))
    assert same(first, made(ROWS, None))
    monkeypatch.setattr(building, "learn", None)
    assert same(made(ROWS, Learned(copies)), first)


def test_where_one_in_a_hundred_changed_the_centroids_stay_and_each_is_in_its_list(
    copies: FolderCopies,
) -> None:
    first = made(ROWS, Learned(copies))
    rows = np.concatenate([ROWS[30:], clustered(60, 32, seed=9)])
    second = made(rows, Learned(copies))
    assert np.array_equal(second.centroids, first.centroids)
    assert sorted(second.rows.tolist()) == list(range(len(rows)))
    nearest = (rows[second.rows] @ second.centroids.T).argmax(axis=1)
    assert np.array_equal(np.repeat(np.arange(len(second)), np.diff(second.starts)), nearest)


@pytest.mark.parametrize(
    ("rows", "model"),
    [
        (ROWS, "another model"),
        (clustered(3000, 16), "m"),
        (clustered(1500, 32), "m"),
        (ROWS[:, ::-1].copy(), "m"),
    ],
    ids=["another model", "other dimensions", "half as many", "a space that was turned"],
)
def test_what_does_not_fit_is_learned_anew(
    copies: FolderCopies, rows: np.ndarray, model: str
) -> None:
    made(ROWS, Learned(copies))
    assert same(made(rows, Learned(copies), model), made(rows, None, model))
    assert same(made(rows, Learned(copies), model), made(rows, None, model))


def test_whoever_asks_for_it_has_all_learned_anew(copies: FolderCopies) -> None:
    made(ROWS, Learned(copies))
    fewer = ROWS[:2990]
    assert same(made(fewer, Learned(copies, anew=True)), made(fewer, None))
    assert same(made(fewer, Learned(copies)), made(fewer, None))


@pytest.mark.parametrize("data", [b"", b"nothing of the kind", None])
def test_a_copy_that_cannot_be_read_costs_learning_and_nothing_else(
    copies: FolderCopies, data: bytes | None
) -> None:
    first = made(ROWS, Learned(copies))
    kept = copies.load(NAME)
    assert kept is not None
    copies.keep(NAME, kept[:-40] if data is None else data)
    assert same(made(ROWS, Learned(copies)), first)
