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


Places = npt.NDArray[np.signedinteger] | None


def products(codes: Bytes, at: Places, vectors: Bytes) -> npt.NDArray[np.float32]:
    """(m, p) of (m, D) vectors and those at p places of (r, D) codes, or all of them."""
    return (_by_numpy if numkong is None else _by_numkong)(codes, at, vectors)


def _by_numpy(codes: Bytes, at: Places, vectors: Bytes) -> npt.NDArray[np.float32]:
    count = len(codes if at is None else at)
    found = np.empty((len(vectors), count), np.float32)
    across = np.ascontiguousarray(vectors.T.astype(np.float32))
    step = max(1, NUMBERS // len(across))
    for start in range(0, count, step):
        some = _some(codes, at, slice(start, start + step))
        found[:, start : start + step] = (some.astype(np.float32) @ across).T
    return found


def _by_numkong(codes: Bytes, at: Places, vectors: Bytes) -> npt.NDArray[np.float32]:
    count = len(codes if at is None else at)
    found = np.empty((len(vectors), count), np.float32)
    packed = numkong.dots_pack(vectors)
    for start in range(0, count, ROWS):
        some = _some(codes, at, slice(start, start + ROWS))
        found[:, start : start + ROWS] = np.asarray(numkong.dots_packed(some, packed)).T
    return found


def _some(codes: Bytes, at: Places, part: slice) -> Bytes:
    return codes[part] if at is None else codes.take(at[part], axis=0)
