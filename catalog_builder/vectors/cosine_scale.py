"""Scale: which cosines say "alike" and which "unlike" in an embedding model.

Models differ: unrelated texts have a cosine near 0 in one and of 0.7 in another. A scenario that
weighs similarity in the catalog's own measure need not be tuned anew for each.
"""

import numpy as np
import numpy.typing as npt

ROWS, COLUMNS = 512, 4096
"""how large a part of all pairs is looked at"""
LEAST = 20
"""with fewer episodes nothing is told"""
ALIKE = 99.0
"""percentile"""
STEP = 0.05
"""what both are rounded to: one episode more or less should not move every score"""


def cosine_scale(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """(2,) mean and 99th percentile of the cosines between different unit rows, rounded.

    0 and 1 where there are too few rows, or all are as alike as each other.
    """
    nothing = np.array([0.0, 1.0])
    if len(rows) < LEAST:
        return nothing
    one, two = _spread(len(rows), ROWS), _spread(len(rows), COLUMNS)
    cosines = (rows[one] @ rows[two].T)[one[:, None] != two]
    found = np.array([cosines.mean(dtype=np.float64), np.percentile(cosines, ALIKE)], np.float64)
    found = np.rint(found / STEP) * STEP
    return found if found[0] < found[1] else nothing


def _spread(count: int, most: int) -> npt.NDArray[np.int64]:
    """At most so many places, evenly spread over `count`."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))
