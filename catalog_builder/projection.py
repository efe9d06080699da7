"""Projection: the plane on which a catalog's embeddings differ most.

Plain principal component analysis (Pearson, 1901) of a sample. It keeps what is far apart, and
loses what only the other dimensions tell: two episodes that lie together need not be alike.
"""

import numpy as np
import numpy.typing as npt

from feed.projection import NOWHERE, UNIT, Projection

SAMPLE = 4096
"""embeddings that the plane is found from"""
BLOCK = 8192
"""rows projected at once: what bounds memory"""
FEWEST = 3
"""embeddings below which there is no plane"""
DECIMALS = 4
"""of the axes: what two machines compute alike"""


def projection(embeddings: npt.NDArray[np.float32], embedded: npt.NDArray[np.bool_]) -> Projection:
    """Where each of (n, D) unit rows is; none where fewer than `FEWEST` are embedded, or all alike.

    The first axis is the one along which the rows vary most. Of an axis and its opposite it is
    the one whose largest number is positive.
    """
    rows = np.flatnonzero(embedded)
    none = Projection.none(embeddings.shape[1])
    if len(rows) < FEWEST:
        return none
    spread = np.linspace(0, len(rows) - 1, min(len(rows), SAMPLE)).astype(np.int64)
    sample = embeddings[rows[spread]].astype(np.float64)
    centre = sample.mean(axis=0)
    sample -= centre
    axes = np.linalg.eigh(sample.T @ sample)[1].T[:-3:-1]
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.sign(axes[np.arange(2), largest])[:, None]
    places = _projected(embeddings, rows, axes) - axes @ centre
    edge = float(np.abs(places).max())
    if edge < 10.0**-DECIMALS:
        return none
    axes = np.round(axes / edge, DECIMALS)
    shift = -axes @ centre
    places = np.clip(_projected(embeddings, rows, axes) + shift, -1, 1)
    points = np.full((len(embeddings), 2), NOWHERE, np.int16)
    points[rows] = np.rint(places * UNIT)
    return Projection(points, axes.astype(np.float32), shift.astype(np.float32))


def _projected(
    embeddings: npt.NDArray[np.float32],
    rows: npt.NDArray[np.int64],
    axes: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """(r, 2) these rows along the axes."""
    starts = range(0, len(rows), BLOCK)
    return np.concatenate([embeddings[rows[i : i + BLOCK]] @ axes.T for i in starts])
