"""Finds each episode's neighbours: the episodes that its listeners chose, too.

Item-based collaborative filtering (Sarwar et al., 2001, "Item-based collaborative filtering
recommendation algorithms"). A pair counts more towards the episode that was chosen later, more for
a user of few interactions than for one of many, and more when it is recent; popularity is divided
out, with shrinkage.
"""

import numpy as np
import numpy.typing as npt

from catalog_builder.signals.co_engagement import (
    CoEngagementGraph,
    CoEngagementParameters,
    Edges,
    Floats,
    Rows,
)
from catalog_builder.signals.interactions import Interactions
from feed.arrays.arrays import group_by


def find_neighbours(
    interactions: Interactions,
    now_minute: int,
    episodes: int,
    min_users: int,
    parameters: CoEngagementParameters,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Returns starts (n + 1,), rows and weights of n episodes' neighbours, the strongest first.

    Weights are multiples of their mean. `now_minute` is in minutes since 1970; a pair of episodes
    that fewer than `min_users` users chose is left out. The result is exact. Episodes are handled
    in batches, so that memory grows with interactions rather than pairs, and time with pairs rather
    than the square of the episodes.
    """
    min_users = max(1, min_users)
    graph = CoEngagementGraph(interactions, now_minute, episodes, parameters)
    shrunk = (graph.counts + parameters.shrinkage).astype(np.float64)
    popularity: Floats = shrunk**parameters.neighbour_popularity
    parts = [Edges(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0))]
    for batch in graph.batches(np.flatnonzero(graph.counts >= min_users)):
        edges = graph.edges(batch, min_users)
        edges = Edges(batch[edges.sources], edges.targets, edges.strengths)
        parts.append(_strongest(edges, popularity, parameters.max_neighbours))
    chosen = Edges(*map(np.concatenate, zip(*parts, strict=True)))
    own: Floats = shrunk**parameters.own_popularity
    weights = (chosen.strengths / popularity[chosen.targets] / own[chosen.sources]).astype(
        np.float32
    )
    starts = np.append(0, np.cumsum(np.bincount(chosen.sources, minlength=episodes)))
    if len(weights):
        weights = weights / weights.mean()
    return starts.astype(np.int64), chosen.targets, weights


def _strongest(edges: Edges, popularity: Floats, most: int) -> Edges:
    """The `most` edges of each source with the highest strength over popularity, strongest first.

    `edges` come ordered by source; among equal ones the lower target comes first.
    """
    order = _strongest_first(
        edges.sources, edges.strengths / popularity[edges.targets], edges.targets
    )
    # Sorting keeps the sources in their order, so the first edge of each is where it was.
    rank = np.arange(len(order)) - np.searchsorted(edges.sources, edges.sources)
    kept = order[rank < most]
    return Edges(edges.sources[kept], edges.targets[kept], edges.strengths[kept])


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
