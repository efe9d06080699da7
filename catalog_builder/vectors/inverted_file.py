"""InvertedFile: the embeddings of a large catalog sorted by the nearest of some centroids.

Spherical k-means (Dhillon and Modha, 2001) on a sample, the same each time; each number is then
kept as one byte, by the range of its dimension.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from feed.vectors.inverted_file import DEPTHS, InvertedFile

FEWEST = 20_000
"""embeddings below which looking at all of them is as fast (docs/adr/0011-lists.md)"""
LEADING = 256
"""directions that are coded, of embeddings that have more"""
CODED = 2_000
"""embeddings below which their codes save nothing"""
CENTROIDS = 2.0
"""of n embeddings so many times the square root of n"""
SAMPLE = 48
"""embeddings for each centroid that it is learned from"""
ROUNDS = 8
ASKED = 64
"""queries of each kind, by which it is found out which lists to open"""
JUDGED = 4_096
"""embeddings of which it is found out whether the leading directions tell who is near"""
SPARE, SPARES_TURNED = 1.2, (1.5, 2.0, 3.0)
"""times as many as are wanted are found by their codes; where these have leading directions only,
the least of some with which the nearest are found"""
AMONG = 0.99
"""the share of the nearest that are among them then"""
RECALL = 0.98
"""the share of the nearest that are then found"""
WORTH = 0.3
"""the share of all lists, above which looking at everything is as fast"""
LEVELS = 127
"""steps of a code on either side of the centre"""
COSINES = 1 << 24
"""taken at once: what bounds memory"""
BLOCK = 8192
"""rows compared at once: what bounds memory"""

Floats = npt.NDArray[np.float32]


def lists(embeddings: Floats, embedded: npt.NDArray[np.bool_]) -> InvertedFile:
    """The lists of those of (n, D) unit rows that are embedded.

    One of all where these are fewer than `FEWEST`, or so unlike each other that too many lists
    would have to be opened; none where they are fewer than `CODED`. Of more than `LEADING`
    dimensions the leading directions are what is sorted and coded, where these tell what is near.
    """
    rows = np.flatnonzero(embedded).astype(np.int32)
    if len(rows) >= CODED and embeddings.shape[1] > LEADING:
        axes = leading(embeddings, rows)
        if spare := _spare(axes, embeddings, rows):
            made = _sorted(_turned(embeddings, axes), rows)
            return replace(made, axes=axes, spare=np.array([spare], np.float32))
    return _sorted(embeddings, rows)


def leading(embeddings: Floats, rows: npt.NDArray[np.int32]) -> Floats:
    """(D, `LEADING`) the directions that hold most of a sample's products, the first the most.

    Eigenvectors of the second moments: what is left out of a vector's length is least.
    """
    sample = embeddings[np.random.default_rng(2).permutation(rows)[: 8 * embeddings.shape[1]]]
    _, vectors = np.linalg.eigh(sample.T @ sample)
    return np.ascontiguousarray(vectors[:, ::-1][:, :LEADING])


def _spare(axes: Floats, embeddings: Floats, rows: npt.NDArray[np.int32]) -> float | None:
    """The least of `SPARES_TURNED` among which `AMONG` of the nearest are, by these axes.

    None where they are not even among the most.
    """
    some = np.random.default_rng(3).permutation(rows)[:JUDGED]
    asked, sample = embeddings[some[:ASKED]], embeddings[some]
    exact, turned = asked @ sample.T, (asked @ axes) @ (sample @ axes).T
    count = min(DEPTHS[0], len(sample) // 4)
    wanted = np.argpartition(-exact, count, axis=1)[:, :count]
    for spare in SPARES_TURNED:
        looked_at = int(spare * count)
        least = np.partition(turned, -looked_at, axis=1)[:, -looked_at, None]
        if (np.take_along_axis(turned, wanted, axis=1) >= least).mean() >= AMONG:
            return spare
    return None


def _turned(embeddings: Floats, axes: Floats) -> Floats:
    """(n, C) the same in these directions."""
    found = np.empty((len(embeddings), axes.shape[1]), np.float32)
    for start in range(0, len(embeddings), BLOCK):
        found[start : start + BLOCK] = embeddings[start : start + BLOCK] @ axes
    return found


def _sorted(embeddings: Floats, rows: npt.NDArray[np.int32]) -> InvertedFile:
    if len(rows) >= FEWEST:
        count = round(CENTROIDS * len(rows) ** 0.5)
        centroids = learn(embeddings, rows, count)
        made = _calibrated(embeddings, sorted_by_centroid(embeddings, rows, centroids))
        if made.probes[0] <= WORTH * len(made):
            return made
    if len(rows) >= CODED:
        middle = embeddings[rows[:: len(rows) // CODED]].mean(axis=0, keepdims=True)
        middle /= max(float(np.linalg.norm(middle)), 1e-9)
        return sorted_by_centroid(embeddings, rows, middle)
    return InvertedFile.none(embeddings.shape[1])


def sorted_by_centroid(
    embeddings: Floats, rows: npt.NDArray[np.int32], centroids: Floats
) -> InvertedFile:
    """These rows in a list for each centroid, of which the nearest is opened."""
    count = len(centroids)
    member = _nearest(embeddings, rows, centroids)
    rows = rows[np.argsort(member, kind="stable")]
    return InvertedFile(
        axes=np.zeros((0, embeddings.shape[1]), np.float32),
        centroids=centroids,
        starts=np.append(0, np.cumsum(np.bincount(member, minlength=count))).astype(np.int64),
        rows=rows,
        **_coded(embeddings, rows),
        spare=np.array([SPARE], np.float32),
        reach=np.ones(1, np.float32),
        probes=np.ones(1, np.int32),
    )


def learn(embeddings: Floats, rows: npt.NDArray[np.int32], count: int) -> Floats:
    """(count, D) unit rows: the normalised means of those of a sample that are nearest to each."""
    rng = np.random.default_rng(0)
    sample = embeddings[rng.permutation(rows)[: SAMPLE * count]]
    every = np.arange(len(sample))
    centroids: Floats = sample[:count].copy()
    for _ in range(ROUNDS):
        member = _nearest(sample, every, centroids)
        by = np.argsort(member, kind="stable")
        found, first = np.unique(member[by], return_index=True)
        means = np.add.reduceat(sample[by], first, axis=0)
        norms = np.linalg.norm(means, axis=1, keepdims=True)
        # Where nothing is nearest to a centroid, or it has no direction, it stays as it was.
        some = norms[:, 0] > 0
        centroids[found[some]] = (means / np.maximum(norms, 1e-12))[some]
    return centroids


def _nearest(embeddings: Floats, rows: npt.NDArray[Any], centroids: Floats) -> npt.NDArray[np.intp]:
    """(r,) the place of the centroid that each of these rows is nearest to."""
    found = np.empty(len(rows), np.intp)
    for start in range(0, len(rows), BLOCK):
        some = slice(start, start + BLOCK)
        np.argmax(embeddings[rows[some]] @ centroids.T, axis=1, out=found[some])
    return found


def _calibrated(embeddings: Floats, lists: InvertedFile) -> InvertedFile:
    """The same lists, opened so that `RECALL` of the nearest are found, at every depth.

    For queries like those of users: episodes, as an interest is one, and means of two and of four.
    """
    dimension = embeddings.shape[1]
    some = np.random.default_rng(1).permutation(lists.rows)[: 4 * ASKED]
    asked = np.concatenate(
        [embeddings[some[: of * ASKED]].reshape(of, -1, dimension).mean(axis=0) for of in (1, 2, 4)]
    )
    depths = [depth for depth in DEPTHS if depth <= len(lists.rows) // 4]
    of_list = _lists_of_nearest(embeddings, lists, asked, depths[-1])
    nearness = asked @ lists.centroids.T
    ranks = np.argsort(np.argsort(-nearness, axis=1), axis=1)
    needed = np.take_along_axis(ranks, of_list, axis=1) + 1
    nearness /= np.maximum(nearness.max(axis=1, keepdims=True), 1e-6)
    shares = np.take_along_axis(nearness, of_list[:, : depths[0]], axis=1)
    probes = [np.quantile(needed[:, :depth], RECALL, method="higher") for depth in depths]
    return replace(
        lists,
        reach=np.array([np.quantile(shares, 1 - RECALL)], np.float32),
        probes=np.array(probes, np.int32),
    )


def _lists_of_nearest(
    embeddings: Floats, lists: InvertedFile, asked: Floats, count: int
) -> npt.NDArray[np.intp]:
    """(q, count) for each of (q, D) vectors the lists of the nearest embeddings, in their order."""
    member = np.full(len(embeddings), -1, np.intp)
    member[lists.rows] = np.repeat(np.arange(len(lists)), np.diff(lists.starts))
    found = np.empty((len(asked), count), np.intp)
    at_once = max(1, COSINES // len(embeddings))
    for start in range(0, len(asked), at_once):
        some = slice(start, start + at_once)
        farness = -asked[some] @ embeddings.T
        farness[:, member < 0] = np.inf
        for row, far in zip(found[some], farness, strict=True):
            nearest = np.argpartition(far, count - 1)[:count]
            row[:] = member[nearest[np.argsort(far[nearest])]]
    return found


def _coded(embeddings: Floats, rows: npt.NDArray[np.int32]) -> dict[str, npt.NDArray[Any]]:
    """Centre and scale of each dimension, and the codes of these rows."""
    low = np.full(embeddings.shape[1], np.inf, np.float32)
    high = -low
    for start in range(0, len(rows), BLOCK):
        some = embeddings[rows[start : start + BLOCK]]
        low, high = np.minimum(low, some.min(axis=0)), np.maximum(high, some.max(axis=0))
    centre = (low + high) / np.float32(2)
    scale = np.maximum((high - low) / np.float32(2 * LEVELS), np.float32(1e-12))
    codes = np.empty((len(rows), embeddings.shape[1]), np.int8)
    for start in range(0, len(rows), BLOCK):
        some = embeddings[rows[start : start + BLOCK]]
        codes[start : start + BLOCK] = np.rint((some - centre) / scale)
    return {"centre": centre, "scale": scale, "codes": codes}
