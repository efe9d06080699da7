"""Measures which cosines mean "unlike" and "alike" in an embedding model.

Models differ: unrelated texts have a cosine near 0 in one and of 0.7 in another. A scenario that
weighs similarity on the catalog's own scale need not be tuned anew for each model.
"""

import numpy as np
import numpy.typing as npt

SAMPLE_ROWS, SAMPLE_COLUMNS = 512, 4096
"""Size of the sample of all pairs."""
MIN_ROWS = 20
"""Fewest embeddings that are measured."""
ALIKE_PERCENTILE = 99.0
STEP = 0.05
"""Both values are rounded to multiples of this, so that one more episode moves no score."""


def cosine_scale(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Returns (2,) mean and 99th percentile of the cosines between different unit rows, rounded.

    Returns 0 and 1, which leave cosines as they are, for too few rows or rows that are all equally
    alike.
    """
    unscaled = np.array([0.0, 1.0])
    if len(rows) < MIN_ROWS:
        return unscaled
    one, two = _spread(len(rows), SAMPLE_ROWS), _spread(len(rows), SAMPLE_COLUMNS)
    cosines = (rows[one] @ rows[two].T)[one[:, None] != two]
    scale = np.array(
        [cosines.mean(dtype=np.float64), np.percentile(cosines, ALIKE_PERCENTILE)], np.float64
    )
    scale = np.rint(scale / STEP) * STEP
    return scale if scale[0] < scale[1] else unscaled


def _spread(count: int, most: int) -> npt.NDArray[np.int64]:
    """At most `most` row numbers, evenly spread over `count` rows."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))
