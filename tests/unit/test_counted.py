"""What one build counted of users' choices saves the next from counting it, and nothing else."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

from adapters.folder_copies import FolderCopies
from catalog_builder.counted import NAME, Kept
from catalog_builder.interactions import collect
from catalog_builder.learned import Learned
from catalog_builder.pairs import Pairs, Ties
from catalog_builder.pairs import Parameters as NeighbourParameters
from catalog_builder.signals import Parameters, signals
from feed.clock import DAY_US, to_us
from feed.engagement import Engagement, Summary
from feed.signals import Signals
from tests.support.catalogs import NOW, catalog_of, episodes

CATALOG = catalog_of(episodes(12))
FEW = Parameters(min_people=2)


def crowd(*users: Sequence[int]) -> list[Summary]:
    """One user for each list: the episodes that they finished, the first a day before the next."""
    return [
        Summary(
            engagements=tuple(
                Engagement(
                    id=f"{uid}-{number}",
                    episode_id=f"episode-{number}",
                    type="complete",
                    timestamp_us=to_us(NOW) - (len(numbers) - at) * DAY_US,
                )
                for at, number in enumerate(numbers)
            )
        )
        for uid, numbers in enumerate(users)
    ]


USERS = crowd([1, 2, 3], [1, 2, 3], [4, 5], [4, 5, 6], [3, 4], [6, 7], [6, 7])


@pytest.fixture
def copies(tmp_path: Path) -> FolderCopies:
    return FolderCopies(tmp_path / "copies")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The episodes whose pairs were counted."""
    found: list[int] = []
    count = Pairs.tied

    def watched(pairs: Pairs, rows: np.ndarray, among: np.ndarray | None, least: int) -> Ties:
        found.extend(rows.tolist())
        return count(pairs, rows, among, least)

    monkeypatch.setattr(Pairs, "tied", watched)
    return found


def made(
    users: list[Summary], learned: Learned | None = None, parameters: Parameters = FEW
) -> Signals:
    return signals(collect(users, CATALOG), CATALOG, parameters, learned)


def same(one: Signals, other: Signals) -> bool:
    names = ("neighbour_starts", "neighbour_rows", "neighbour_weights")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def test_where_nobody_did_anything_nothing_is_counted(
    copies: FolderCopies, asked: list[int]
) -> None:
    first = made(USERS, Learned(copies))
    kept = copies.load(NAME)
    assert asked == [1, 2, 3, 4, 5, 6, 7]
    asked.clear()
    assert same(made(USERS, Learned(copies)), first)
    assert asked == []
    assert copies.load(NAME) == kept


def test_only_what_somebody_chose_whose_choices_changed_is_counted(
    copies: FolderCopies, asked: list[int]
) -> None:
    made(USERS, Learned(copies))
    asked.clear()
    users = crowd([1, 2, 3], [1, 2, 3], [4, 5], [4, 5, 6], [3, 4], [6, 7], [6, 7, 5])
    rebuilt = made(users, Learned(copies))
    assert asked == [5, 6, 7]
    assert same(rebuilt, made(users))


def test_of_whoever_is_gone_nothing_is_left(copies: FolderCopies, tmp_path: Path) -> None:
    made(USERS, Learned(copies))
    without = USERS[:5] + USERS[6:]
    rebuilt = made(without, Learned(copies))
    assert not rebuilt.neighbour_starts[8] - rebuilt.neighbour_starts[7]
    elsewhere = FolderCopies(tmp_path / "elsewhere")
    assert same(rebuilt, made(without, Learned(elsewhere)))
    assert copies.load(NAME) == elsewhere.load(NAME)


def test_of_what_too_few_chose_nothing_is_kept(copies: FolderCopies) -> None:
    made(crowd([1, 2, 9], [1, 2, 8], [1, 2]), Learned(copies))
    kept = msgspec.msgpack.decode(copies.load(NAME) or b"", type=Kept)
    digests = np.frombuffer(kept.digests, "<u8")
    assert np.flatnonzero(digests).tolist() == [1, 2]
    assert np.flatnonzero(np.frombuffer(kept.popularity, "<f8")).tolist() == [1, 2]
    assert np.frombuffer(kept.counts, "<i4").sum() == 2


def test_an_episode_that_became_rarer_comes_among_the_neighbours_of_the_unchanged(
    copies: FolderCopies, asked: list[int]
) -> None:
    parameters = Parameters(2, NeighbourParameters(most=1))
    both = [[1, 2, 3]] * 2
    first = made(crowd(*both, *[[3, 9]] * 6), Learned(copies), parameters)
    after = crowd(*both, *[[2, 8]] * 6)
    rebuilt = made(after, Learned(copies), parameters)
    one = slice(*first.neighbour_starts[1:3])
    assert (first.neighbour_rows[one].tolist(), rebuilt.neighbour_rows[one].tolist()) == ([2], [3])
    assert same(rebuilt, made(after, None, parameters))
    assert asked.count(1) == 3


@pytest.mark.parametrize(
    "parameters",
    [
        Parameters(min_people=1),
        Parameters(2, NeighbourParameters(window=1)),
        Parameters(2, NeighbourParameters(half_life_days=5)),
        Parameters(2, NeighbourParameters(most=1)),
    ],
    ids=["fewer people", "another window", "another half-life", "fewer neighbours"],
)
def test_what_was_counted_otherwise_is_counted_anew(
    copies: FolderCopies, parameters: Parameters
) -> None:
    made(USERS, Learned(copies))
    assert same(made(USERS, Learned(copies), parameters), made(USERS, None, parameters))


def test_a_catalog_of_nothing_has_no_neighbours_whatever_was_counted(copies: FolderCopies) -> None:
    made(USERS, Learned(copies))
    empty = catalog_of([])
    found = signals(collect(USERS, empty), empty, FEW, Learned(copies))
    assert found.neighbour_starts.tolist() == [0]


def test_whoever_asks_for_it_has_all_counted_anew(copies: FolderCopies, asked: list[int]) -> None:
    made(USERS, Learned(copies))
    asked.clear()
    made(USERS, Learned(copies, anew=True))
    assert asked == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("column", "kind", "value"),
    [
        ("rows", "<i4", 99),
        ("digests", "<u8", 1),
        ("counts", "<i4", -1),
        ("strengths", "<f8", np.nan),
        ("popularity", "<f8", np.nan),
        ("beyond", "<f8", -1.0),
    ],
)
def test_what_does_not_fit_together_costs_counting_and_a_line_in_the_log(
    copies: FolderCopies, column: str, kind: str, value: float, caplog: pytest.LogCaptureFixture
) -> None:
    first = made(USERS, Learned(copies))
    fields = msgspec.msgpack.decode(copies.load(NAME) or b"")
    short = column == "digests"
    fields[column] = np.full(len(fields[column]) // int(kind[2]) - short, value, kind).tobytes()
    copies.keep(NAME, msgspec.msgpack.encode(fields))
    assert same(made(USERS, Learned(copies)), first)
    assert "the neighbours kept cannot be read" in caplog.text


@pytest.mark.parametrize("data", [b"", b"nothing of the kind"])
def test_a_copy_that_cannot_be_read_costs_counting_and_nothing_else(
    copies: FolderCopies, data: bytes
) -> None:
    first = made(USERS, Learned(copies))
    copies.keep(NAME, data)
    assert same(made(USERS, Learned(copies)), first)
    assert same(made(USERS, Learned(copies)), first)
