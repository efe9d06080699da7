"""Scalar quantization to int8, and dot products of such codes that are exact on every machine."""

import numpy as np
import numpy.typing as npt

LEVELS = 127
"""largest absolute value of a code"""
BLOCK = 1 << 16
"""numbers converted to float32 at once: what fits in a processor's own cache"""

Int8Array = npt.NDArray[np.int8]


def quantize_int8(vectors: npt.NDArray[np.float32]) -> Int8Array:
    """(m, D) codes of (m, D) vectors, each scaled so that its largest number becomes 127."""
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0)
    codes: Int8Array = np.rint(vectors * (LEVELS / np.maximum(largest, 1e-30))).astype(np.int8)
    return codes


def int8_dots(
    codes: Int8Array, rows: npt.NDArray[np.signedinteger] | None, vectors: Int8Array
) -> npt.NDArray[np.float32]:
    """(m, k) dot products of (m, D) vectors with k rows of (r, D) codes; None: with all rows.

    Computed in float32, which holds every sum below 2^24 exactly: that takes more than a thousand
    dimensions at their limits.
    """
    count = len(codes if rows is None else rows)
    dots = np.empty((len(vectors), count), np.float32)
    transposed = np.ascontiguousarray(vectors.T.astype(np.float32))
    step = max(1, BLOCK // len(transposed))
    for start in range(0, count, step):
        block = slice(start, start + step)
        some = codes[block] if rows is None else codes.take(rows[block], axis=0)
        dots[:, block] = (some.astype(np.float32) @ transposed).T
    return dots
