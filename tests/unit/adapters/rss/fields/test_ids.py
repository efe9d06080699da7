"""Ids of episodes."""

import pytest

from adapters.rss.fields.ids import episode_id, guid_from_id, short_hash
from tests.support.feed_documents import entries, item, rss_feed


@pytest.mark.parametrize(
    ("guid", "kept"),
    [
        ("https://a.example/?p=1", True),
        ("917393e3-1b1e-5cef-ace4-edaa54e1f810", True),
        ("tag:a,2024:1", True),
        ("urn:x:1", True),
        ("1", False),
        ("episode-1", False),
    ],
)
def test_an_id_that_is_not_unique_in_the_world_is_made_so(guid: str, kept: bool) -> None:
    feed = rss_feed(item("a", guid))
    one = entries(feed, "https://one.example/")[0]["id"]
    other = entries(feed, "https://other.example/")[0]["id"]
    assert (one == other == guid) is kept
    assert one.endswith(guid)
    assert (one != other) is not kept


@pytest.mark.parametrize("length", [1, 498, 499, 500, 501, 512, 5_000])
@pytest.mark.parametrize("guid", ["g", "é", "https://a.example/ü"])
def test_an_id_is_never_too_long_to_be_stored(guid: str, length: int) -> None:
    guid = (guid * length)[: max(length, len(guid))]
    one, other = (episode_id(guid, f"https://{host}.example/") for host in ("one", "other"))
    assert len(one.encode()) <= 512
    assert guid_from_id(one) == guid_from_id(other)
    assert guid_from_id(one) in (guid, short_hash(guid))
    assert episode_id(guid + "x", "https://one.example/") != one
