from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.catalog import cards as module
from feed.catalog.cards import WINDOW, Cards
from feed.snapshot.codec import SnapshotError, decode, encode
from tests.support.catalogs import catalog_of, episodes


@given(st.lists(st.binary(max_size=300), max_size=12), st.lists(st.binary(max_size=300)))
def test_each_card_comes_back_alone_whatever_they_are_packed_after(
    cards: list[bytes], some: list[bytes]
) -> None:
    packed = Cards.of(cards, some)
    assert len(packed) == len(cards)
    for row in reversed(range(len(cards))):
        assert packed.raw(row) == cards[row]


def test_cards_that_are_much_alike_take_a_quarter_of_their_room() -> None:
    rng = np.random.default_rng(0)
    cards = [
        b'{"title":"%d","series":{"id":"series-%d","name":"A name"},"language":"en"}'
        % (rng.integers(1 << 40), number % 9)
        for number in range(500)
    ]
    packed = Cards.of(cards, cards[::10])
    assert 4 * len(packed.data) < sum(map(len, cards))


def test_some_cards_are_not_packed_after_more_than_deflate_looks_back_at() -> None:
    assert len(Cards.of([], [bytes(WINDOW), b"more"]).common) == WINDOW


def test_a_card_that_was_cut_off_is_no_card() -> None:
    whole = Cards.of([b'{"id":"one of some length"}'], [])
    cut = replace(whole, offsets=whole.offsets - [0, 2])
    with pytest.raises(ValueError, match="card 0 is cut off"):
        cut.raw(0)


def test_a_card_that_was_garbled_is_no_card() -> None:
    garbled = replace(Cards.of([b"{}"], []), data=np.full(4, 255, np.uint8))
    with pytest.raises(ValueError, match="card 0 cannot be decompressed"):
        garbled.raw(0)


def test_no_card_asks_for_more_memory_than_any_has(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = Cards.of([bytes(5_000)], [])
    monkeypatch.setattr(module, "MAX_CARD_BYTES", 4_999)
    with pytest.raises(ValueError, match="longer than 4999 bytes"):
        packed.raw(0)
    with pytest.raises(ValueError, match="a card of 5000 bytes; expected 4999 at most"):
        Cards.of([bytes(5_000)], [])


def test_a_snapshot_whose_cards_cannot_be_unpacked_is_refused_at_load() -> None:
    catalog = catalog_of(episodes(12))
    garbled = replace(catalog.cards, data=np.full_like(catalog.cards.data, 255))
    with pytest.raises(SnapshotError, match="card 0 cannot be decompressed"):
        decode(encode(replace(catalog, cards=garbled)))
    bare = replace(catalog.cards, common=np.zeros(WINDOW + 1, np.uint8))
    with pytest.raises(SnapshotError, match="cards: expected"):
        decode(encode(replace(catalog, cards=bare)))
