"""Whatever changed, a build with what the last one counted ends as one that counts all anew."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.folder_copies import FolderCopies
from catalog_builder import neighbours as module
from catalog_builder import pairs as pairs_module
from catalog_builder.interactions import collect
from catalog_builder.learned import Learned
from catalog_builder.pairs import Parameters as NeighbourParameters
from catalog_builder.signals import Parameters, signals
from feed.catalog import Catalog
from feed.clock import DAY_US, to_us
from feed.engagement import Engagement, Summary
from feed.signals import Signals
from tests.support.catalogs import NOW, catalog_of, episodes

EPISODES = episodes(14)
User = dict[int, tuple[int, str]]
"""by episode: how many days ago it was chosen, and how"""

choices: st.SearchStrategy[User] = st.dictionaries(
    st.integers(0, 15),
    st.tuples(
        st.sampled_from([-500, -40, 0, 1, 2, 300]), st.sampled_from(["click", "like", "complete"])
    ),
    max_size=9,
)


@pytest.fixture(autouse=True, scope="module")
def _small_limits() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pairs_module, "PAIRS", 40)
        patched.setattr(module, "AT_ONCE", 7)
        patched.setattr(module, "SPARE", 0.5)
        yield


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[list[int], dict[int, User], int]]:
    """Builds one after another: which episodes in which order, who chose what, and in days when.

    Between two, some users chose something else, some went and some came, and so did episodes.
    """
    users = dict(enumerate(draw(st.lists(choices, min_size=2, max_size=14))))
    builds, day = [], 0
    for _ in range(draw(st.integers(2, 4))):
        order = draw(st.permutations(range(len(EPISODES))))
        gone = draw(st.integers(0, 2))
        builds.append((order[gone:], dict(users), day))
        changed = draw(st.dictionaries(st.integers(0, 15), st.none() | choices, max_size=2))
        users = {one: user for one, user in (users | changed).items() if user is not None}
        day += draw(st.sampled_from([0, 0, 1, 30, 400]))
    return builds


def summary(uid: int, user: User) -> Summary:
    return Summary(
        engagements=tuple(
            Engagement(
                id=f"{uid}-{number}",
                episode_id=f"episode-{number}",
                type=kind,  # type: ignore[arg-type]
                timestamp_us=to_us(NOW) - days * DAY_US,
            )
            for number, (days, kind) in user.items()
        )
    )


def made(
    catalog: Catalog, users: dict[int, User], parameters: Parameters, learned: Learned | None
) -> Signals:
    found = collect([summary(*one) for one in users.items()], catalog)
    return signals(found, catalog, parameters, learned)


@given(histories(), st.integers(1, 3), st.integers(1, 4), st.integers(1, 6))
@settings(max_examples=150, deadline=None)
def test_a_rebuild_ends_as_a_build_anew_to_the_last_bit(
    builds: list[tuple[list[int], dict[int, User], int]], least: int, most: int, window: int
) -> None:
    parameters = Parameters(least, NeighbourParameters(most=most, window=window))
    with TemporaryDirectory() as folder:
        for order, users, day in builds:
            now = NOW + timedelta(days=day)
            catalog = catalog_of([EPISODES[number] for number in order], now)
            learned = Learned(FolderCopies(Path(folder)))
            rebuilt = made(catalog, users, parameters, learned)
            anew = made(catalog, users, parameters, None)
            for one in fields(anew):
                wanted, got = getattr(anew, one.name), getattr(rebuilt, one.name)
                assert np.array_equal(wanted, got, equal_nan=wanted.dtype.kind == "f"), one.name


@given(st.lists(choices, min_size=2, max_size=14), st.randoms(use_true_random=False))
def test_in_which_order_users_are_read_does_not_matter(users: list[User], random: object) -> None:
    catalog = replace(catalog_of(EPISODES), created_us=to_us(NOW))
    every = dict(enumerate(users))
    mixed = list(every.items())
    random.shuffle(mixed)  # type: ignore[attr-defined]
    parameters = Parameters(min_people=1)
    one, other = (made(catalog, some, parameters, None) for some in (every, dict(mixed)))
    for name in ("neighbour_starts", "neighbour_rows", "neighbour_weights"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
