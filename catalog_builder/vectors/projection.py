"""Computes the map of a catalog: the plane on which its categories differ most.

Principal component analysis (Pearson, 1901) of the categories' anchors, all of the same importance;
the first components of the embeddings themselves are often one series that repeats itself. The
plane keeps large distances and loses what only the other dimensions tell: two episodes that lie
together need not be alike.
"""

import numpy as np
import numpy.typing as npt

from feed.catalog.projection import NOWHERE, UNIT, Projection

SAMPLE = 4096
"""Embeddings that the plane is fitted to where there are too few categories."""
BATCH = 8192
"""Rows that are projected at once; bounds memory."""
MIN_POINTS = 3
"""Fewest points that define a plane."""
DECIMALS = 4
"""Decimals that axes are rounded to, so that two machines compute the same."""
MIN_LENGTH = 1e-6
"""A component of unit rows shorter than this is rounding, not variation."""


def build_projection(
    embeddings: npt.NDArray[np.float32],
    embedded: npt.NDArray[np.bool_],
    anchors: npt.NDArray[np.float32],
) -> Projection:
    """Returns the map of a catalog: the positions of (n, D) unit rows on a plane.

    Only rows that are `embedded` (n,) have one. `anchors` (M, D) are the unit vectors of the
    categories, zero for a category without one; below `MIN_POINTS` of them the plane is fitted to
    the embeddings. The first axis is the one of the largest variation; each axis points where its
    largest component is positive, and its positions reach from edge to edge. The map is empty for
    fewer than `MIN_POINTS` embeddings, or for rows that are all alike.
    """
    rows = np.flatnonzero(embedded)
    none = Projection.none(embeddings.shape[1])
    if len(rows) < MIN_POINTS:
        return none
    fitted = anchors[anchors.any(axis=1)]
    if len(fitted) < MIN_POINTS:
        spread = np.linspace(0, len(rows) - 1, min(len(rows), SAMPLE)).astype(np.int64)
        fitted = embeddings[rows[spread]]
    axes = _principal_axes(fitted.astype(np.float64))
    positions = _project(embeddings, rows, axes)
    extent = np.ptp(positions, axis=0)
    if extent.min() < 10.0**-DECIMALS:
        return none
    axes = np.round(2 * axes / extent[:, None], DECIMALS)
    positions = _project(embeddings, rows, axes)
    shift = -(positions.min(axis=0) + positions.max(axis=0)) / 2
    points = np.full((len(embeddings), 2), NOWHERE, np.int16)
    points[rows] = np.rint(np.clip(positions + shift, -1, 1) * UNIT)
    return Projection(points, axes.astype(np.float32), shift.astype(np.float32))


def _principal_axes(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(2, D) the first two principal components of (r, D) rows; zeros where they do not vary.

    Decomposes the smaller of the two products: for a few categories in thousands of dimensions
    (r, r) inner products take milliseconds, a (D, D) covariance half a minute.
    """
    rows = rows - rows.mean(axis=0)
    if len(rows) < rows.shape[1]:
        axes = np.linalg.eigh(rows @ rows.T)[1].T[:-3:-1] @ rows
        lengths = np.linalg.norm(axes, axis=1, keepdims=True)
        axes = np.divide(axes, lengths, out=np.zeros_like(axes), where=lengths > MIN_LENGTH)
    else:
        axes = np.linalg.eigh(rows.T @ rows)[1].T[:-3:-1]
    largest = np.abs(axes).argmax(axis=1)
    signed: npt.NDArray[np.float64] = axes * np.sign(axes[np.arange(2), largest])[:, None]
    return signed


def _project(
    embeddings: npt.NDArray[np.float32],
    rows: npt.NDArray[np.int64],
    axes: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """(r, 2) coordinates of these rows along the axes."""
    starts = range(0, len(rows), BATCH)
    return np.concatenate([embeddings[rows[i : i + BATCH]] @ axes.T for i in starts])
