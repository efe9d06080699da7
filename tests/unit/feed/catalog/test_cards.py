from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.catalog import cards as module
from feed.catalog.cards import WINDOW, Cards


@given(st.lists(st.binary(max_size=300), max_size=12), st.lists(st.binary(max_size=300)))
def test_each_card_is_decompressed_alone_whatever_the_dictionary(
    cards: list[bytes], samples: list[bytes]
) -> None:
    packed = Cards.of(cards, samples)
    assert len(packed) == len(cards)
    for row in reversed(range(len(cards))):
        assert packed.raw(row) == cards[row]


def test_similar_cards_take_less_than_a_quarter_of_their_size() -> None:
    rng = np.random.default_rng(0)
    cards = [
        b'{"title":"%d","series":{"id":"series-%d","name":"A name"},"language":"en"}'
        % (rng.integers(1 << 40), number % 9)
        for number in range(500)
    ]
    packed = Cards.of(cards, cards[::10])
    assert 4 * len(packed.data) < sum(map(len, cards))


def test_the_dictionary_is_no_longer_than_deflates_window() -> None:
    assert len(Cards.of([], [bytes(WINDOW), b"more"]).common) == WINDOW


def test_a_card_that_is_cut_off_is_refused() -> None:
    whole = Cards.of([b'{"id":"one of some length"}'], [])
    cut = replace(whole, offsets=whole.offsets - [0, 2])
    with pytest.raises(ValueError, match="card 0 is cut off"):
        cut.raw(0)


def test_a_damaged_card_is_refused() -> None:
    garbled = replace(Cards.of([b"{}"], []), data=np.full(4, 255, np.uint8))
    with pytest.raises(ValueError, match="card 0 cannot be decompressed"):
        garbled.raw(0)


def test_a_card_above_the_size_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = Cards.of([bytes(5_000)], [])
    monkeypatch.setattr(module, "MAX_CARD_BYTES", 4_999)
    with pytest.raises(ValueError, match="longer than 4999 bytes"):
        packed.raw(0)
    with pytest.raises(ValueError, match="a card of 5000 bytes; expected 4999 at most"):
        Cards.of([bytes(5_000)], [])
