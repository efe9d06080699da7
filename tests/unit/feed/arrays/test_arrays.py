import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feed.arrays.arrays import ranges, top_k, top_k_unordered
from feed.arrays.hash_index import HashIndex
from feed.arrays.hashing import CHUNK, hash_strings
from feed.arrays.strings import Strings

texts = st.lists(st.text(max_size=30), max_size=20)


@given(texts)
def test_a_column_of_strings_is_read_in_order(strings: list[str]) -> None:
    assert list(Strings.of(strings)) == strings


def test_a_hash_is_a_mixed_polynomial_of_the_bytes_whatever_strings_are_beside_it() -> None:
    def plainly(text: str) -> int:
        value = 0
        for byte in reversed(text.encode()):
            value = (value * 0x9E3779B97F4A7C15 + byte + 1) % 2**64
        value ^= value >> 32
        value = value * 0xD6E8FEB86659FD93 % 2**64
        return value ^ value >> 32

    strings = ["a", "x" * 65_535, "", "y" * 65_536, "z" * 65_537, "🎧" * 100_000, "b", ""]
    strings += map(str, range(2 * CHUNK))
    hashes = [plainly(one) for one in strings]
    assert [int(hash_strings([one])[0]) for one in strings] == hashes
    assert hash_strings(strings).tolist() == hashes
    assert hash_strings(strings[::-1]).tolist() == hashes[::-1]


def test_similar_strings_have_different_hashes() -> None:
    strings = ["", "\0", "\0\0", "a", "a\0", "\0a", "ab", "ba", "a" * 1000, "a" * 1001]
    strings += [f"episode-{i}" for i in range(100_000)]
    assert len(np.unique(hash_strings(strings))) == len(strings)


@given(st.lists(st.text(max_size=5), max_size=20), st.lists(st.text(max_size=5), max_size=10))
def test_an_index_finds_every_row_of_a_string_and_no_other(
    strings: list[str], sought: list[str]
) -> None:
    index = HashIndex.of(strings)
    wanted = [row for row, one in enumerate(strings) if one and one in sought]
    assert sorted(index.all(hash_strings(list(set(sought)))).tolist()) == wanted
    for one in filter(None, sought):
        assert index.row(one) == (strings.index(one) if one in strings else None)


@given(
    st.lists(st.integers(0, 5) | st.integers(2**64 - 3, 2**64 - 1), max_size=20),
    st.lists(st.integers(0, 7) | st.integers(2**64 - 4, 2**64 - 1), max_size=20),
)
def test_an_index_tells_hashes_apart_that_share_their_leading_bits(
    held: list[int], asked: list[int]
) -> None:
    hashes, wanted = np.array(held, np.uint64), np.array(asked, np.uint64)
    index = HashIndex.of_hashes(hashes, np.arange(len(held)))
    first = [held.index(one) if one in held else -1 for one in asked]
    assert index.first(wanted).tolist() == first
    assert [index.row_by_hash(one) for one in asked] == [None if row < 0 else row for row in first]
    every = [row for one in asked for row, other in enumerate(held) if one == other]
    assert sorted(index.all(wanted).tolist()) == sorted(every)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9)), max_size=10))
def test_ranges_follow_one_another(pairs: list[tuple[int, int]]) -> None:
    starts = np.array([start for start, _ in pairs], np.int64)
    ends = starts + np.array([count for _, count in pairs], np.int64)
    wanted = [place for start, count in pairs for place in range(start, start + count)]
    assert ranges(starts, ends).tolist() == wanted


@given(st.lists(st.integers(0, 40), max_size=600), st.integers(0, 50))
def test_top_k_unordered_returns_the_highest_values_and_their_equals(
    levels: list[int], count: int
) -> None:
    found = top_k_unordered(np.array(levels, np.float32), count)
    least = sorted(levels, reverse=True)[: max(count, 1)][-1:]
    wanted = [i for i, level in enumerate(levels) if count and [level] >= least]
    assert sorted(found.tolist()) == wanted


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(1, 70), st.randoms())
def test_top_k_sorts_by_value_and_equal_values_by_order(
    levels: list[int], count: int, rng: object
) -> None:
    values = np.array(levels, float)
    order = np.arange(len(levels))
    rng.shuffle(order)  # type: ignore[attr-defined]
    rows = np.flatnonzero(np.arange(len(levels)) % 3 != 1)
    wanted = sorted(rows.tolist(), key=lambda row: (-values[row], order[row]))[:count]
    best, theirs = top_k(rows, values[rows], count, order)
    assert best.tolist() == wanted
    assert theirs.tolist() == values[best].tolist()
