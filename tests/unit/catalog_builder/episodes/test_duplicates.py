"""The same episode in several feeds, and one id for several episodes."""

import random
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_builder.episodes.duplicates import FeedItem, deduplicate
from feed.model.episode import MAX_ID_BYTES, Episode, Series

MONDAY = datetime(2026, 1, 5, 10, tzinfo=UTC)


def item(
    feed: str,
    guid: str,
    *,
    title: str = "Ropes",
    audio: str | None = None,
    day: int = 0,
    local: bool = False,
) -> FeedItem:
    episode = Episode(
        id=f"{feed}:{guid}" if local else guid,
        title=title,
        published_at=MONDAY + timedelta(days=day),
        series=Series(name=feed),
        audio_url=audio,
    )
    return FeedItem(episode, feed, guid)


def ids(*items: FeedItem) -> list[str]:
    return [episode.id for episode in deduplicate(items).episodes]


def shows(*items: FeedItem) -> dict[str, str | None]:
    return {e.id: e.series.name if e.series else None for e in deduplicate(items).episodes}


NETWORK = [
    item("a-network", f"urn:{n}", title=f"T{n}", audio=f"https://x/{n}", day=n) for n in range(9)
]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_network_s_feed_adds_nothing_to_the_feeds_of_its_shows(order: tuple[int, ...]) -> None:
    shows_of = [
        [item(show, f"urn:{n}", title=f"T{n}", audio=f"https://x/{n}", day=n) for n in numbers]
        for show, numbers in (("show-b", range(0, 9, 2)), ("show-c", range(1, 9, 2)))
    ]
    feeds = [NETWORK, *shows_of]
    found = shows(*(one for place in order for one in feeds[place]))
    assert found == {f"urn:{n}": "show-c" if n % 2 else "show-b" for n in range(9)}


def test_a_network_s_feed_of_the_newest_alone_is_still_the_network_s() -> None:
    show = [
        item("show", f"urn:{n}", title=f"T{n}", audio=f"https://x/{n}", day=n) for n in (0, 4, 8)
    ]
    older = [item("show", f"urn:old{n}", audio=f"https://x/old{n}", day=-n) for n in range(1, 90)]
    found = shows(*NETWORK, *show, *older)
    assert {found[f"urn:{n}"] for n in (0, 4, 8)} == {"show"}
    assert found["urn:1"] == "a-network"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"audio": "https://x/1"}, {"audio": "http://x/1#t", "title": "Edited"}, True),
        ({"audio": "https://x/1"}, {"audio": "https://cdn/1", "title": " ROPES "}, True),
        ({"audio": "https://x/1"}, {"audio": "https://x/2", "title": "Tides"}, False),
        ({}, {"day": 1}, True),
        ({}, {"title": "Tides"}, False),
        # A guid like "1" is any feed's: the title "Trailer" is, too.
        ({"audio": "https://x/1", "local": True}, {"audio": "https://x/2", "local": True}, False),
        ({"audio": "https://x/1", "local": True}, {"audio": "https://x/1", "local": True}, True),
        ({"local": True}, {"local": True}, False),
    ],
)
def test_an_episode_of_two_feeds_is_known_by_guid_and_audio_or_title(
    one: dict[str, object], other: dict[str, object], same: bool
) -> None:
    found = ids(item("a", "urn:1", **one), item("b", "urn:1", **other))  # type: ignore[arg-type]
    assert len(found) == (1 if same else 2)
    assert len(set(found)) == len(found)


def test_an_episode_whose_guid_the_network_changed_is_known_by_audio_and_title() -> None:
    assert ids(item("b", "urn:2", audio="https://x/1"), item("a", "1", audio="https://x/1")) == [
        "1"
    ]
    assert len(ids(item("a", "1", audio="https://x/1"), item("a", "2", audio="https://x/1"))) == 2


def test_of_episodes_that_share_an_id_the_oldest_keeps_it() -> None:
    made = [item("a", "urn:1", title=f"T{n}", audio=f"https://x/{n}", day=n) for n in range(4)]
    before = dict(zip(("T0", "T1", "T2"), ids(*made[:3]), strict=True))
    assert before["T0"] == "urn:1"
    assert len(set(before.values())) == 3
    after = {e.title: e.id for e in deduplicate([made[3], *reversed(made[:3])]).episodes}
    assert after.items() >= before.items()
    again = item("a", "urn:1", title="T3", audio="https://x/3", day=3)
    assert deduplicate([*made, again]).repeated == 1
    assert deduplicate(made).renamed == 3


def test_episodes_of_one_id_title_and_date_are_told_apart_by_their_audio() -> None:
    made = [item("a", "urn:1", audio=f"https://x/{n}") for n in range(3)]
    assert len(set(ids(*made))) == 3
    assert sorted(ids(*made)) == sorted(ids(*reversed(made)))


def test_an_id_that_is_told_apart_is_no_longer_than_others() -> None:
    long = "urn:" + "ü" * 254
    made = [item("a", long, title=f"T{n}", audio=f"https://x/{n}", day=n) for n in range(3)]
    assert [len(name.encode()) <= MAX_ID_BYTES for name in ids(*made)] == [True] * 3
    assert len(set(ids(*made))) == 3


feeds = st.lists(
    st.builds(
        item,
        st.sampled_from("abc"),
        st.sampled_from(["urn:1", "urn:2", "3"]),
        title=st.sampled_from(["Ropes", "Tides"]),
        audio=st.sampled_from([None, "https://x/1", "https://x/2"]),
        day=st.integers(0, 2),
    ),
    max_size=12,
    unique_by=lambda one: (one.feed, one.guid, one.episode.title, one.episode.audio_url),
)


@given(items=feeds, seed=st.integers())
def test_ids_do_not_depend_on_the_order_of_the_feeds(items: list[FeedItem], seed: int) -> None:
    order = sorted({one.feed for one in items})
    random.Random(seed).shuffle(order)
    moved = sorted(items, key=lambda one: order.index(one.feed))
    found = deduplicate(sorted(items, key=lambda one: one.feed))
    assert len({e.id for e in found.episodes}) == len(found.episodes)
    by_id = sorted(found.episodes, key=lambda e: e.id)
    assert by_id == sorted(deduplicate(moved).episodes, key=lambda e: e.id)


@given(items=feeds)
def test_an_id_that_no_other_item_has_stays(items: list[FeedItem]) -> None:
    alone = {one.guid for one in items if sum(o.guid == one.guid for o in items) == 1}
    found = deduplicate(items)
    assert {e.id for e in found.episodes} <= {one.episode.id for one in items} | {
        e.id for e in found.episodes if "~" in e.id
    }
    assert not [e.id for e in found.episodes if "~" in e.id and e.id.partition("~")[0] in alone]
