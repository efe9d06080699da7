"""Audiences are found in one pass, by the scenario of each user, and a pass can go on later."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.folder.named_files import FolderFiles
from adapters.folder.shelf import FolderShelf
from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.model.engagement import Engagement, Profile, Summary
from feed.model.timestamps import DAY_US, to_us
from feed.ports.errors import Unavailable
from feed.ports.users import SummaryPage
from feed.scenarios.experiment import Experiment, assign
from feed.scenarios.scenario import shipped
from functions.audience.finder import AudienceFinder
from functions.audience.output import user_hashes
from functions.audience.request import AudienceError, AudienceRequest, file_name
from tests.support.catalogs import NOW, catalog_of, episodes, publish_to
from tests.support.ranking import with_tables

PER_PAGE = 4
USERS = 12
EPISODES = ("episode-3", "episode-7", "episode-11")


class ListedUsers:
    """Pages of a list of users, the last of which may fail."""

    def __init__(self, users: list[tuple[str, Summary]]) -> None:
        self._users = users
        self.fails_from = len(users)
        self.read: list[str] = []

    def page(self, position: str = "") -> SummaryPage:
        """Read a page. The position is a number."""
        first = int(position or 0)
        if first >= self.fails_from:
            raise Unavailable("told to fail")
        self.read.append(position)
        found, end = self._users[first : first + PER_PAGE], first + PER_PAGE
        return SummaryPage(found, len(found), f"{end}" if end < len(self._users) else "")

    def count_reads(self) -> int:
        """The number of users."""
        return len(self._users)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Catalog]:
    folder = tmp_path_factory.mktemp("shelf")
    return folder, publish_to(folder, catalog_of(episodes(60)))


@pytest.fixture
def users(published: tuple[Path, Catalog]) -> ListedUsers:
    _, catalog = published
    found = []
    for user in range(USERS):
        heard = [catalog.ids[(user * 5 + nth * 7) % len(catalog)] for nth in range(4)]
        engagements = tuple(
            Engagement(id=name, episode_id=name, type="like", timestamp_us=to_us(NOW) - nth)
            for nth, name in enumerate(heard)
        )
        followed = catalog.series_ids[int(catalog.series[user])] if user % 3 == 0 else "none"
        profile = Profile(followed_series=(followed,))
        found.append((f"user-{user:02}", Summary(engagements=engagements, profile=profile)))
    return ListedUsers(found)


@pytest.fixture
def finder(published: tuple[Path, Catalog], users: ListedUsers, tmp_path: Path) -> AudienceFinder:
    return AudienceFinder(
        store="users",
        shelf=FolderShelf(published[0]),
        files=FolderFiles(tmp_path),
        pages=users,
        scenarios=shipped(),
        scenario="for_you",
        experiment=None,
        now_us=lambda: to_us(NOW),
    )


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def told(folder: Path, episode: str = EPISODES[0]) -> list[str]:
    lines = (folder / file_name(episode)).read_bytes().splitlines()
    return [msgspec.json.decode(line)["user_id"] for line in lines]


def test_one_pass_for_several_episodes_finds_what_a_pass_for_each_finds(
    finder: AudienceFinder, users: ListedUsers, tmp_path: Path
) -> None:
    report = finder.find(AudienceRequest(episodes=EPISODES, limit=5))
    assert (report.status, report.users, report.reads) == ("done", USERS, USERS)
    assert users.read == ["", "4", "8"]
    together = files_of(tmp_path)
    assert together.keys() == {file_name(one) for one in EPISODES}
    assert sum(map(len, together.values())) > 0
    for one in EPISODES:
        finder.find(AudienceRequest(episodes=(one,), limit=5))
    assert files_of(tmp_path) == together


@pytest.mark.parametrize("interrupted", ["by time", "by a failure"])
def test_an_equal_call_goes_on_with_users_who_are_not_ranked_yet(
    finder: AudienceFinder, users: ListedUsers, tmp_path: Path, interrupted: str
) -> None:
    request = AudienceRequest(episodes=EPISODES, limit=3)
    finder.find(request)
    expected, users.read = files_of(tmp_path), []
    if interrupted == "by time":
        assert finder.find(request, deadline=0.0).status == "running"
        assert finder.find(request, deadline=0.0).users == 8
    else:
        users.fails_from = 8
        with pytest.raises(Unavailable):
            finder.find(request, save_every_s=0.0)
        users.fails_from = USERS
    users.read = []
    other = replace(finder, now_us=lambda: to_us(NOW) + DAY_US // 2)
    assert other.find(request).users == USERS
    assert users.read == ["8"]
    assert files_of(tmp_path) == expected  # as of the time at which the first call began

    assert finder.find(request, deadline=0.0).status == "running"
    users.read = []
    assert replace(finder, scenario="baseline").find(request).users == USERS
    assert users.read == ["", "4", "8"]  # what others were ranked by is no part of it
    users.read = []
    later = replace(finder, now_us=lambda: to_us(NOW) + 2 * DAY_US)
    later.find(request)
    assert users.read == ["", "4", "8"]


def test_users_who_were_told_of_another_episode_are_left_out(
    finder: AudienceFinder, tmp_path: Path
) -> None:
    first, second = EPISODES[:2]
    finder.find(AudienceRequest(episodes=(first,), within=10))
    finder.find(AudienceRequest(episodes=(second,), within=100))
    before, both = told(tmp_path, second), told(tmp_path, first)
    assert set(before[:-1]) & set(both)
    assert set(before[:-1]) - set(both)
    request = AudienceRequest(episodes=(second,), within=100, leave_out=(first,))
    finder.find(request, hash_strings(["user-99", before[-1]]))
    rest = [one for one in before[:-1] if one not in both]
    assert told(tmp_path, second) == rest
    with pytest.raises(AudienceError, match="episode-9 has no file"):
        finder.find(AudienceRequest(episodes=(second,), leave_out=("episode-9",)))


def test_each_user_is_ranked_by_the_scenario_of_their_arm(
    finder: AudienceFinder, tmp_path: Path
) -> None:
    nobody = with_tables(shipped()["for_you"], filters={"min_credibility": 9.0})
    experiment = Experiment(name="split", arms={"for_you": 1.0, "none": 1.0})
    split = replace(finder, scenarios=shipped() | {"none": nobody}, experiment=experiment)
    request = AudienceRequest(episodes=EPISODES[:1], within=100)
    finder.find(request)
    every = told(tmp_path)
    split.find(request)
    arms = {one: assign(experiment, one) for one in every}
    assert {*arms.values()} == {"for_you", "none"}
    for_you = told(tmp_path)
    assert sorted(for_you) == sorted(one for one in every if arms[one] == "for_you")

    lines = (tmp_path / file_name(EPISODES[0])).read_bytes().splitlines()
    order = [
        (one["reason"]["key"] != "series_followed", one["standing"])
        for one in map(msgspec.json.decode, lines)
    ]
    assert order == sorted(order)  # scores of several scenarios cannot be compared


def test_all_episodes_since_a_time_are_meant_and_what_cannot_be_found_is_named(
    finder: AudienceFinder, published: tuple[Path, Catalog]
) -> None:
    catalog = published[1]
    since = NOW - timedelta(days=5)
    report = finder.find(AudienceRequest(since=since))
    expected = catalog.published_us >= to_us(since)
    assert [*report.audiences] == [catalog.ids[row] for row in expected.nonzero()[0].tolist()]
    for request, said in (
        (AudienceRequest(since=NOW + timedelta(days=1)), "none was published since"),
        (AudienceRequest(episodes=("?",)), r"has no episode \?"),
        (AudienceRequest(episodes=EPISODES, limit=1_000_000), "at most 333,333 for 3 episodes"),
    ):
        with pytest.raises(AudienceError, match=said):
            finder.find(request)


def test_users_to_leave_out_are_an_audience_or_ids() -> None:
    lines = b'ada\n\n  bob \n{"user_id":"eve","score":1.5,"standing":1}\n'
    assert set(user_hashes([lines, b""])) == set(hash_strings(["ada", "bob", "eve"]))
    for bad in (b"{}", b"\xff", b"{"):
        with pytest.raises(AudienceError, match="line 2: expected a user's id"):
            user_hashes([b"ada\n" + bad])


def test_each_id_of_an_episode_makes_another_name_that_any_storage_takes() -> None:
    ids = ["one", "One two", "https://a.example/?b=1&c", "..", "é" * 300, "é" * 301]
    names = [file_name(one) for one in ids]
    assert names[:2] == ["one.jsonl", "One%20two.jsonl"]
    assert len({*names}) == len(ids)
    assert all(len(name) < 200 and "/" not in name for name in names)
