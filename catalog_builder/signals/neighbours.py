"""Finds each episode's neighbours: the episodes that its listeners chose next.

Item-based collaborative filtering (Sarwar et al., 2001, "Item-based collaborative filtering
recommendation algorithms") by sequential rules, which count what follows and weigh it by distance
(Ludewig and Jannach, 2018, "Evaluation of session-based recommendation algorithms").
"""

import numpy as np
import numpy.typing as npt

from catalog_builder.signals.co_engagement import (
    CoEngagementGraph,
    CoEngagementParameters,
    Floats,
    Rows,
)
from catalog_builder.signals.interactions import Interactions
from feed.arrays.arrays import group_by, ranges


def find_neighbours(
    interactions: Interactions, episodes: int, min_users: int, parameters: CoEngagementParameters
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Returns starts (n + 1,), rows and weights of n episodes' neighbours, the strongest first.

    The weight of j as a neighbour of i is

        pairs(i, j) / (n_i + shrinkage) / ((n_j + s) / (m + s))^debias

    where pairs(i, j) sums weight_i x weight_j x exp(-d / distance) over the users who chose j d
    places after i, at most `window`; n counts interactions; m = sum of n^2 / sum of n is the n of
    a typical interaction's episode; s is `debias_shrinkage`. So it estimates how many of the next
    choices after i are j, whatever the number of users, of episodes and of neighbours kept.

    A neighbour that fewer than `min_users` users chose after the episode, within the window, is
    left out. Of equal ones the lower row comes first. The result is exact. Episodes are handled in
    batches, so that memory grows with interactions rather than pairs, and time with pairs rather
    than the square of the episodes.
    """
    min_users = max(1, min_users)
    graph = CoEngagementGraph(interactions, episodes, parameters)
    counts = graph.counts.astype(np.float64)
    popularity = _relative_popularity(counts, parameters)
    lengths = np.zeros(episodes, np.int64)
    rows, weights = [np.zeros(0, np.int32)], [np.zeros(0, np.float32)]
    for batch in graph.batches(np.flatnonzero(graph.counts >= min_users)):
        edges = graph.edges(batch, min_users)
        own = counts[batch[edges.sources]] + parameters.shrinkage
        values = edges.strengths / own / popularity[edges.targets]
        kept = _strongest(edges.sources, values, edges.targets, parameters.max_neighbours)
        lengths[batch] = np.bincount(edges.sources[kept], minlength=len(batch))
        rows.append(edges.targets[kept])
        weights.append(values[kept].astype(np.float32))
    starts = np.append(0, np.cumsum(lengths))
    shorter = _shortened(lengths, parameters)
    kept = ranges(starts[:-1], starts[:-1] + shorter)
    return (
        np.append(0, np.cumsum(shorter)),
        np.concatenate(rows)[kept],
        np.concatenate(weights)[kept],
    )


def _relative_popularity(counts: Floats, parameters: CoEngagementParameters) -> Floats:
    """(n,) (episode's interactions / those of a typical interaction's episode)^debias, shrunk."""
    typical = (counts**2).sum() / max(counts.sum(), 1.0)
    ratio = (counts + parameters.debias_shrinkage) / (typical + parameters.debias_shrinkage)
    relative: Floats = ratio**parameters.debias
    return relative


def _shortened(lengths: Rows, parameters: CoEngagementParameters) -> Rows:
    """(n,) numbers of neighbours, each at most k, for the highest k that keeps `max_entries`."""
    k = parameters.max_neighbours
    while np.minimum(lengths, k).sum() > parameters.max_entries:
        k -= 1
    shorter: Rows = np.minimum(lengths, k)
    return shorter


def _strongest(sources: Rows, values: Floats, targets: npt.NDArray[np.int32], most: int) -> Rows:
    """Places of the `most` highest values of each source: by source, then by falling value.

    `sources` rise; among equal values the lower target comes first.
    """
    order = _strongest_first(sources, values, targets)
    # Sorting keeps the sources in their order, so the first edge of each is where it was.
    rank = np.arange(len(order)) - np.searchsorted(sources, sources)
    kept: Rows = order[rank < most]
    return kept


def _strongest_first(sources: Rows, values: Floats, targets: npt.NDArray[np.int32]) -> Rows:
    """Order by source, then by falling value, then by target: `np.lexsort`, but faster.

    Sorts by value without regard for ties, which are few, then sorts only these by target.
    """
    order = np.argsort(-values)
    order = order[group_by(sources[order])[0]]
    sources, values = sources[order], values[order]
    is_tie = np.append(False, (sources[1:] == sources[:-1]) & (values[1:] == values[:-1]))
    ties = np.flatnonzero(is_tie | np.append(is_tie[1:], False))
    order[ties] = order[ties][np.lexsort((targets[order[ties]], np.cumsum(~is_tie)[ties]))]
    return order
