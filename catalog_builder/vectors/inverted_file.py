"""Builds the inverted file (IVF) over the embeddings of a large catalog.

Spherical k-means (Dhillon and Modha, 2001) on a fixed sample assigns each embedding to a list; each
of its numbers is then quantized to one byte, by the range of its dimension.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from feed.vectors.inverted_file import RECALL_DEPTHS, InvertedFile

MIN_CLUSTERED = 20_000
"""Below this many embeddings an exhaustive search is as fast (docs/adr/0011-inverted-file.md)."""
MIN_QUANTIZED = 2_000
"""Below this many embeddings quantized codes save nothing."""
LEADING_AXES = 256
"""Dimensions of the codes of embeddings that have more dimensions than this."""
CENTROIDS_PER_ROOT = 2.0
"""Centroids, as a multiple of the square root of the number of embeddings."""
SAMPLE_PER_CENTROID = 48
"""Embeddings that each centroid is learned from."""
ITERATIONS = 8
"""Iterations of k-means."""
QUERIES = 64
"""Queries of each kind that the number of probes is calibrated with."""
AXIS_SAMPLE = 4_096
"""Embeddings by which it is judged whether leading axes preserve nearest neighbours."""
OVERSAMPLING = 1.2
"""How many times the wanted neighbours are taken by their codes, without leading axes."""
AXIS_OVERSAMPLING = (1.5, 2.0, 3.0)
"""How many times the wanted neighbours are taken by codes in leading axes: the least that works."""
AXIS_RECALL = 0.99
"""Share of nearest neighbours that must be among those taken by codes in leading axes."""
RECALL = 0.98
"""Share of nearest neighbours that the calibrated number of probes finds."""
MAX_PROBED_SHARE = 0.3
"""Share of lists above which probing is no faster than an exhaustive search."""
LEVELS = 127
"""Steps of a code on either side of its centre."""
PRODUCTS_AT_ONCE = 1 << 24
"""Cosines that are held at once; bounds memory."""
BATCH = 8192
"""Rows that are compared at once; bounds memory."""

Floats = npt.NDArray[np.float32]


def build_inverted_file(embeddings: Floats, embedded: npt.NDArray[np.bool_]) -> InvertedFile:
    """Returns the inverted file over those of (n, D) unit rows that are `embedded` (n,).

    It is a single list below `MIN_CLUSTERED` rows, or where a search would have to probe too many
    lists, and empty below `MIN_QUANTIZED` rows. With more than `LEADING_AXES` dimensions it is
    built in the leading principal axes, if these preserve nearest neighbours.
    """
    rows = np.flatnonzero(embedded).astype(np.int32)
    if len(rows) >= MIN_QUANTIZED and embeddings.shape[1] > LEADING_AXES:
        axes = leading_axes(embeddings, rows)
        if oversampling := _axis_oversampling(axes, embeddings, rows):
            built = _build_lists(_rotate(embeddings, axes), rows)
            return replace(built, axes=axes, oversampling=np.array([oversampling], np.float32))
    return _build_lists(embeddings, rows)


def leading_axes(embeddings: Floats, rows: npt.NDArray[np.int32]) -> Floats:
    """Returns (D, `LEADING_AXES`) principal axes of a sample of these rows, the largest first.

    They are eigenvectors of the second moments, which keep most of the vectors' length.
    """
    sample = embeddings[np.random.default_rng(2).permutation(rows)[: 8 * embeddings.shape[1]]]
    _, vectors = np.linalg.eigh(sample.T @ sample)
    return np.ascontiguousarray(vectors[:, ::-1][:, :LEADING_AXES])


def _axis_oversampling(
    axes: Floats, embeddings: Floats, rows: npt.NDArray[np.int32]
) -> float | None:
    """The least of `AXIS_OVERSAMPLING` at which these axes reach `AXIS_RECALL`; None for none."""
    some = np.random.default_rng(3).permutation(rows)[:AXIS_SAMPLE]
    queries, sample = embeddings[some[:QUERIES]], embeddings[some]
    exact, rotated = queries @ sample.T, (queries @ axes) @ (sample @ axes).T
    count = min(RECALL_DEPTHS[0], len(sample) // 4)
    nearest = np.argpartition(-exact, count, axis=1)[:, :count]
    for oversampling in AXIS_OVERSAMPLING:
        taken = int(oversampling * count)
        least = np.partition(rotated, -taken, axis=1)[:, -taken, None]
        if (np.take_along_axis(rotated, nearest, axis=1) >= least).mean() >= AXIS_RECALL:
            return oversampling
    return None


def _rotate(embeddings: Floats, axes: Floats) -> Floats:
    """(n, C) the embeddings in the coordinates of these axes."""
    rotated = np.empty((len(embeddings), axes.shape[1]), np.float32)
    for start in range(0, len(embeddings), BATCH):
        rotated[start : start + BATCH] = embeddings[start : start + BATCH] @ axes
    return rotated


def _build_lists(embeddings: Floats, rows: npt.NDArray[np.int32]) -> InvertedFile:
    if len(rows) >= MIN_CLUSTERED:
        count = round(CENTROIDS_PER_ROOT * len(rows) ** 0.5)
        centroids = learn_centroids(embeddings, rows, count)
        built = _calibrate(embeddings, assign_to_lists(embeddings, rows, centroids))
        if built.n_probe[0] <= MAX_PROBED_SHARE * len(built):
            return built
    if len(rows) >= MIN_QUANTIZED:
        mean = embeddings[rows[:: len(rows) // MIN_QUANTIZED]].mean(axis=0, keepdims=True)
        mean /= max(float(np.linalg.norm(mean)), 1e-9)
        return assign_to_lists(embeddings, rows, mean)
    return InvertedFile.none(embeddings.shape[1])


def assign_to_lists(
    embeddings: Floats, rows: npt.NDArray[np.int32], centroids: Floats
) -> InvertedFile:
    """Returns an inverted file with one list per centroid, of the rows nearest to it.

    Calibration is still to come: it probes the nearest list alone.
    """
    count = len(centroids)
    member = _nearest_centroids(embeddings, rows, centroids)
    rows = rows[np.argsort(member, kind="stable")]
    return InvertedFile(
        axes=np.zeros((0, embeddings.shape[1]), np.float32),
        centroids=centroids,
        starts=np.append(0, np.cumsum(np.bincount(member, minlength=count))).astype(np.int64),
        rows=rows,
        **_quantize(embeddings, rows),
        oversampling=np.array([OVERSAMPLING], np.float32),
        probe_threshold=np.ones(1, np.float32),
        n_probe=np.ones(1, np.int32),
    )


def learn_centroids(embeddings: Floats, rows: npt.NDArray[np.int32], count: int) -> Floats:
    """Returns (count, D) unit centroids of a sample of these rows, by spherical k-means."""
    rng = np.random.default_rng(0)
    sample = embeddings[rng.permutation(rows)[: SAMPLE_PER_CENTROID * count]]
    every = np.arange(len(sample))
    centroids: Floats = sample[:count].copy()
    for _ in range(ITERATIONS):
        member = _nearest_centroids(sample, every, centroids)
        order = np.argsort(member, kind="stable")
        found, first = np.unique(member[order], return_index=True)
        means = np.add.reduceat(sample[order], first, axis=0)
        norms = np.linalg.norm(means, axis=1, keepdims=True)
        # A centroid without members, or whose members cancel out, stays where it is.
        has_direction = norms[:, 0] > 0
        centroids[found[has_direction]] = (means / np.maximum(norms, 1e-12))[has_direction]
    return centroids


def _nearest_centroids(
    embeddings: Floats, rows: npt.NDArray[Any], centroids: Floats
) -> npt.NDArray[np.intp]:
    """(r,) index of the centroid that each of these rows is nearest to."""
    found = np.empty(len(rows), np.intp)
    for start in range(0, len(rows), BATCH):
        batch = slice(start, start + BATCH)
        np.argmax(embeddings[rows[batch]] @ centroids.T, axis=1, out=found[batch])
    return found


def _calibrate(embeddings: Floats, lists: InvertedFile) -> InvertedFile:
    """The inverted file with the number of probes that reaches `RECALL` at every depth.

    Queries are like those of users: single episodes, and means of two and of four.
    """
    dimension = embeddings.shape[1]
    some = np.random.default_rng(1).permutation(lists.rows)[: 4 * QUERIES]
    queries = np.concatenate(
        [
            embeddings[some[: size * QUERIES]].reshape(size, -1, dimension).mean(axis=0)
            for size in (1, 2, 4)
        ]
    )
    depths = [depth for depth in RECALL_DEPTHS if depth <= len(lists.rows) // 4]
    found_in = _lists_of_nearest(embeddings, lists, queries, depths[-1])
    similarity = queries @ lists.centroids.T
    ranks = np.argsort(np.argsort(-similarity, axis=1), axis=1)
    needed = np.take_along_axis(ranks, found_in, axis=1) + 1
    similarity /= np.maximum(similarity.max(axis=1, keepdims=True), 1e-6)
    shares = np.take_along_axis(similarity, found_in[:, : depths[0]], axis=1)
    probes = [np.quantile(needed[:, :depth], RECALL, method="higher") for depth in depths]
    return replace(
        lists,
        probe_threshold=np.array([np.quantile(shares, 1 - RECALL)], np.float32),
        n_probe=np.array(probes, np.int32),
    )


def _lists_of_nearest(
    embeddings: Floats, lists: InvertedFile, queries: Floats, count: int
) -> npt.NDArray[np.intp]:
    """(q, count) the list of each of the nearest embeddings to (q, D) queries, nearest first."""
    member = np.full(len(embeddings), -1, np.intp)
    member[lists.rows] = np.repeat(np.arange(len(lists)), np.diff(lists.starts))
    found = np.empty((len(queries), count), np.intp)
    at_once = max(1, PRODUCTS_AT_ONCE // len(embeddings))
    for start in range(0, len(queries), at_once):
        batch = slice(start, start + at_once)
        distances = -queries[batch] @ embeddings.T
        distances[:, member < 0] = np.inf
        for row, distance in zip(found[batch], distances, strict=True):
            nearest = np.argpartition(distance, count - 1)[:count]
            row[:] = member[nearest[np.argsort(distance[nearest])]]
    return found


def _quantize(embeddings: Floats, rows: npt.NDArray[np.int32]) -> dict[str, npt.NDArray[Any]]:
    """Centre and scale of each dimension, and the int8 codes of these rows."""
    low = np.full(embeddings.shape[1], np.inf, np.float32)
    high = -low
    for start in range(0, len(rows), BATCH):
        batch = embeddings[rows[start : start + BATCH]]
        low, high = np.minimum(low, batch.min(axis=0)), np.maximum(high, batch.max(axis=0))
    centre = (low + high) / np.float32(2)
    scale = np.maximum((high - low) / np.float32(2 * LEVELS), np.float32(1e-12))
    codes = np.empty((len(rows), embeddings.shape[1]), np.int8)
    for start in range(0, len(rows), BATCH):
        batch = embeddings[rows[start : start + BATCH]]
        codes[start : start + BATCH] = np.rint((batch - centre) / scale)
    return {"centre": centre, "scale": scale, "codes": codes}
