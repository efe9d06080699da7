"""Impressions are a union: neither order nor number of their deliveries matters."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.arrays.hashing import hash_strings
from feed.model import impressions
from feed.model.impressions import Impression, ImpressionsError, merge, unpack

KEPT = 12

one = st.builds(
    Impression,
    episode_id=st.sampled_from("abcdefgh"),
    session_id=st.sampled_from("12345"),
    at_us=st.integers(0, 40).map(lambda second: second * 1_000_000),
)


def once(found: list[Impression]) -> list[Impression]:
    """Each episode and session once, with one time: a client sends the same again."""
    return list({(one.episode_id, one.session_id): one for one in found}.values())


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impressions, "MAX_IMPRESSIONS", KEPT)


@given(st.lists(one, max_size=40).map(once), st.randoms(use_true_random=False))
def test_order_parts_and_duplicates_make_no_difference(
    found: list[Impression], rng: random.Random
) -> None:
    sent = [*found, *rng.sample(found, len(found) // 2)]
    rng.shuffle(sent)
    packed = b""
    while sent:
        part = rng.randrange(1, len(sent) + 1)
        packed, sent = merge(packed, sent[:part]), sent[part:]
    assert packed == merge(b"", found)
    assert merge(packed, found) == packed


@given(st.lists(one, max_size=40).map(once))
def test_the_newest_are_kept_and_a_few_of_each_episode(found: list[Impression]) -> None:
    seen = unpack(merge(b"", found))
    expected: list[tuple[int, str]] = []
    for name in {one.episode_id for one in found}:
        times = sorted(one.at_us // 1_000_000 for one in found if one.episode_id == name)
        expected += [(at_s, name) for at_s in times[-impressions.MAX_PER_EPISODE :]]
    times = sorted((at_s for at_s, _ in expected), reverse=True)[:KEPT]
    assert seen.at_s.tolist() == times
    assert set(seen.episodes.tolist()) <= set(
        hash_strings([one.episode_id for one in found]).tolist()
    )
    assert max(Counter(seen.episodes.tolist()).values(), default=0) <= impressions.MAX_PER_EPISODE


def test_an_impression_sent_again_later_is_the_one_that_it_was() -> None:
    first = merge(b"", [Impression("a", "1", 5_000_000)])
    assert merge(first, [Impression("a", "1", 9_000_000)]) == first
    assert unpack(merge(first, [Impression("a", "2", 9_000_000)])).at_s.tolist() == [9, 5]


@pytest.mark.parametrize("packed", [b"\x02" + bytes(16), b"\x01" + bytes(15)])
def test_other_bytes_are_refused(packed: bytes) -> None:
    with pytest.raises(ImpressionsError):
        unpack(packed)
