"""Products of bytes, by numkong's kernels where they are installed, else by numpy.

Both are exact (in float32 up to 2^24, which takes a thousand dimensions at their limits), so what
is found does not depend on which it was.
"""

import numpy as np
import numpy.typing as npt

try:
    import numkong
except ImportError:  # it is only faster
    numkong = None  # type: ignore[assignment]

LEVELS = 127
NUMBERS = 1 << 16
"""turned into floats at once: what stays in a processor's own cache"""
ROWS = 1024
"""copied at once"""

Bytes = npt.NDArray[np.int8]


def as_bytes(vectors: npt.NDArray[np.float32]) -> Bytes:
    """(m, D) vectors, each in steps of its own: a 127th of its largest number."""
    most = np.abs(vectors).max(axis=1, keepdims=True, initial=0)
    found: Bytes = np.rint(vectors * (LEVELS / np.maximum(most, 1e-30))).astype(np.int8)
    return found


def products(
    codes: Bytes, at: npt.NDArray[np.signedinteger], vectors: Bytes
) -> npt.NDArray[np.float32]:
    """(m, p) of (m, D) vectors and those at p places of (r, D) codes."""
    return (_by_numpy if numkong is None else _by_numkong)(codes, at, vectors)


def _by_numpy(
    codes: Bytes, at: npt.NDArray[np.signedinteger], vectors: Bytes
) -> npt.NDArray[np.float32]:
    found = np.empty((len(vectors), len(at)), np.float32)
    across = np.ascontiguousarray(vectors.T.astype(np.float32))
    step = max(1, NUMBERS // len(across))
    for start in range(0, len(at), step):
        some = codes.take(at[start : start + step], axis=0)
        found[:, start : start + step] = (some.astype(np.float32) @ across).T
    return found


def _by_numkong(
    codes: Bytes, at: npt.NDArray[np.signedinteger], vectors: Bytes
) -> npt.NDArray[np.float32]:
    found = np.empty((len(vectors), len(at)), np.float32)
    packed = numkong.dots_pack(vectors)
    for start in range(0, len(at), ROWS):
        some = codes.take(at[start : start + ROWS], axis=0)
        found[:, start : start + ROWS] = np.asarray(numkong.dots_packed(some, packed)).T
    return found
