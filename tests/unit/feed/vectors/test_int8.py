"""Products of bytes are the same whoever computes them."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed.vectors import int8 as bytewise


@given(
    st.integers(1, 6), st.integers(1, 900), st.integers(0, 3000), st.sampled_from([8, 256, 1000])
)
@settings(max_examples=40)
def test_numkong_and_numpy_give_the_sums_of_whole_numbers(
    vectors: int, size: int, wanted: int, dimension: int
) -> None:
    numbers = np.random.default_rng(size * wanted)
    codes = numbers.integers(-127, 128, size=(size, dimension), dtype=np.int8)
    asked = numbers.integers(-127, 128, size=(vectors, dimension), dtype=np.int8)
    at = numbers.integers(size, size=wanted)
    exact = asked.astype(np.int64) @ codes[at].T.astype(np.int64)
    for way in (bytewise._by_numpy, bytewise._by_numkong):
        assert np.array_equal(way(codes, at, asked), exact), way


def test_a_vector_keeps_its_direction_and_nothing_stays_nothing() -> None:
    vectors = np.random.default_rng(0).normal(size=(3, 256)).astype(np.float32)
    vectors[2] = 0
    found = bytewise.as_bytes(vectors)
    assert np.abs(found[:2]).max(axis=1).tolist() == [127, 127]
    assert not found[2].any()
    for one, other in zip(vectors[:2], found[:2].astype(np.float64), strict=True):
        assert one @ other / np.linalg.norm(one) / np.linalg.norm(other) > 0.9999


@pytest.mark.parametrize("installed", [True, False])
def test_a_search_needs_no_numkong(installed: bool) -> None:
    code = f"""
import sys
if not {installed}:
    sys.modules["numkong"] = None
from feed.vectors import int8 as bytewise
import numpy as np
assert (bytewise.numkong is not None) == {installed}
one = np.array([[3, -4]], np.int8)
print(bytewise.products(one, np.array([0]), one).tolist())
"""
    found = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert found == "[[25.0]]\n"
