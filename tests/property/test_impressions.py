"""Impressions are a union: neither order nor number of their deliveries matters."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.arrays.hashing import hash_strings
from feed.model import impressions
from feed.model.impressions import (
    MAX_PER_EPISODE,
    VISIT_GAP_S,
    Impression,
    ImpressionsError,
    merge,
    unpack,
)

KEPT = 12

one = st.builds(
    Impression,
    episode_id=st.sampled_from("abcdefgh"),
    session_id=st.sampled_from("12"),
    at_us=st.integers(0, 8 * VISIT_GAP_S).map(lambda second: second * 1_000_000),
)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impressions, "MAX_IMPRESSIONS", KEPT)


@given(st.lists(one, max_size=40), st.randoms(use_true_random=False))
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


@given(st.lists(one, max_size=40))
def test_the_newest_are_kept_and_a_few_of_each_episode(found: list[Impression]) -> None:
    seen = unpack(merge(b"", found))
    first: dict[tuple[str, int], int] = {}  # by episode and span of time
    for name, _, at_us in found:
        at_s = at_us // 1_000_000
        place = name, at_s // VISIT_GAP_S
        first[place] = min(at_s, first.get(place, at_s))
    expected: list[tuple[int, int, int]] = []
    for name in {one.episode_id for one in found}:
        spans = sorted((span for one, span in first if one == name), reverse=True)
        hashed = int(hash_strings([name])[0])
        expected += [(-span, hashed, first[name, span]) for span in spans[:MAX_PER_EPISODE]]
    kept = sorted(expected)[:KEPT]
    assert seen.episodes.tolist() == [hashed for _, hashed, _ in kept]
    assert seen.at_s.tolist() == [at_s for _, _, at_s in kept]


def test_an_impression_again_within_twenty_minutes_is_the_one_that_it_was() -> None:
    first = merge(b"", [Impression("a", "", 5_000_000)])
    assert merge(first, [Impression("a", "", 1_199_000_000)]) == first
    assert unpack(merge(first, [Impression("a", "", 1_200_000_000)])).at_s.tolist() == [1200, 5]


def test_what_was_packed_with_sessions_is_read_and_packed_without() -> None:
    layout = np.dtype([("episode", "<u8"), ("session", "<u4"), ("at_s", "<u4")])
    a, b = hash_strings(["a", "b"])
    old = b"\x01" + np.array([(a, 1, 30), (a, 2, 20), (b, 1, 10)], layout).tobytes()
    assert sorted(unpack(old).at_s.tolist()) == [10, 20, 30]
    new = [Impression("b", "", 10_000_000), Impression("a", "", 20_000_000)]
    assert merge(old, []) == merge(b"", new) == merge(old, new)


@pytest.mark.parametrize("packed", [b"\x03" + bytes(12), b"\x02" + bytes(16), b"\x01" + bytes(12)])
def test_other_bytes_are_refused(packed: bytes) -> None:
    with pytest.raises(ImpressionsError):
        unpack(packed)
