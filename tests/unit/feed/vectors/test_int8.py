"""Quantized vectors keep their direction, and their dot products are exact."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from feed.vectors.int8 import int8_dots, quantize_int8


@given(
    st.integers(1, 6), st.integers(1, 900), st.integers(0, 3000), st.sampled_from([8, 256, 1000])
)
@settings(max_examples=40)
def test_dot_products_are_the_sums_of_whole_numbers(
    vectors: int, size: int, wanted: int, dimension: int
) -> None:
    numbers = np.random.default_rng(size * wanted)
    codes = numbers.integers(-127, 128, size=(size, dimension), dtype=np.int8)
    queries = numbers.integers(-127, 128, size=(vectors, dimension), dtype=np.int8)
    rows = numbers.integers(size, size=wanted)
    exact = queries.astype(np.int64) @ codes.T.astype(np.int64)
    assert np.array_equal(int8_dots(codes, rows, queries), exact[:, rows])
    assert np.array_equal(int8_dots(codes, None, queries), exact)


def test_a_quantized_vector_keeps_its_direction_and_a_zero_vector_stays_zero() -> None:
    vectors = np.random.default_rng(0).normal(size=(3, 256)).astype(np.float32)
    vectors[2] = 0
    codes = quantize_int8(vectors)
    assert np.abs(codes[:2]).max(axis=1).tolist() == [127, 127]
    assert not codes[2].any()
    for vector, code in zip(vectors[:2], codes[:2].astype(np.float64), strict=True):
        assert vector @ code / np.linalg.norm(vector) / np.linalg.norm(code) > 0.9999
