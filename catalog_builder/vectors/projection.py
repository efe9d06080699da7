"""Projection: the plane on which a catalog's categories differ most.

Plain principal component analysis (Pearson, 1901) of the categories' anchors, each as important as
any: of the embeddings themselves the first components are often one series that repeats itself.
It keeps what is far apart, and loses what only the other dimensions tell: two episodes that lie
together need not be alike.
"""

import numpy as np
import numpy.typing as npt

from feed.catalog.projection import NOWHERE, UNIT, Projection

SAMPLE = 4096
"""embeddings that the plane is found from, where there are no categories"""
BLOCK = 8192
"""rows projected at once: what bounds memory"""
FEWEST = 3
"""points that make a plane"""
DECIMALS = 4
"""of the axes: what two machines compute alike"""
TINY = 1e-6
"""the length of a component of unit rows below which it is rounding, not variation"""


def projection(
    embeddings: npt.NDArray[np.float32],
    embedded: npt.NDArray[np.bool_],
    anchors: npt.NDArray[np.float32],
) -> Projection:
    """Where each of (n, D) unit rows is; none where fewer than `FEWEST` are embedded, or all alike.

    `anchors` (M, D) are the unit vectors of the categories, zero where one has none; of fewer than
    `FEWEST` the rows take the place. The first axis is the one along which they vary most. Of an
    axis and its opposite it is the one whose largest number is positive. Both reach from edge to
    edge.
    """
    rows = np.flatnonzero(embedded)
    none = Projection.none(embeddings.shape[1])
    if len(rows) < FEWEST:
        return none
    seen = anchors[anchors.any(axis=1)]
    if len(seen) < FEWEST:
        spread = np.linspace(0, len(rows) - 1, min(len(rows), SAMPLE)).astype(np.int64)
        seen = embeddings[rows[spread]]
    axes = _principal(seen.astype(np.float64))
    places = _projected(embeddings, rows, axes)
    reach = np.ptp(places, axis=0)
    if reach.min() < 10.0**-DECIMALS:
        return none
    axes = np.round(2 * axes / reach[:, None], DECIMALS)
    places = _projected(embeddings, rows, axes)
    shift = -(places.min(axis=0) + places.max(axis=0)) / 2
    points = np.full((len(embeddings), 2), NOWHERE, np.int16)
    points[rows] = np.rint(np.clip(places + shift, -1, 1) * UNIT)
    return Projection(points, axes.astype(np.float32), shift.astype(np.float32))


def _principal(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(2, D) the first two principal components of (r, D) rows; zeros where they do not vary.

    Decomposes the smaller of the two products: of a few categories in thousands of dimensions
    (r, r) inner products take milliseconds, a (D, D) covariance half a minute.
    """
    rows = rows - rows.mean(axis=0)
    if len(rows) < rows.shape[1]:
        axes = np.linalg.eigh(rows @ rows.T)[1].T[:-3:-1] @ rows
        lengths = np.linalg.norm(axes, axis=1, keepdims=True)
        axes = np.divide(axes, lengths, out=np.zeros_like(axes), where=lengths > TINY)
    else:
        axes = np.linalg.eigh(rows.T @ rows)[1].T[:-3:-1]
    largest = np.abs(axes).argmax(axis=1)
    signed: npt.NDArray[np.float64] = axes * np.sign(axes[np.arange(2), largest])[:, None]
    return signed


def _projected(
    embeddings: npt.NDArray[np.float32],
    rows: npt.NDArray[np.int64],
    axes: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """(r, 2) these rows along the axes."""
    starts = range(0, len(rows), BLOCK)
    return np.concatenate([embeddings[rows[i : i + BLOCK]] @ axes.T for i in starts])
