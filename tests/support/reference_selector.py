"""The selector as its docstring defines it, one candidate at a time."""

import numpy as np

from feed.scenarios.selector import SelectorParameters
from feed.selection.shortlist import SelectorInput


def select_by_definition(candidates: SelectorInput, parameters: SelectorParameters) -> list[int]:
    """The queue, as indices: without exploration, pins and `relax_below`."""
    scores = candidates.scores.tolist()
    ranked = sorted(range(len(scores)), key=lambda one: (-scores[one], candidates.tie_order[one]))
    vectors, shares = candidates.vectors, candidates.category_shares
    queue: list[int] = []

    def same_series(one: int, other: int) -> bool:
        named = candidates.series[one] >= 0 or parameters.limit_unnamed
        return bool(named and candidates.series[one] == candidates.series[other])

    def decayed(score: float, factor: float) -> float:
        return score * factor if score > 0 or parameters.decay_below_zero else score / factor

    def value(one: int) -> float:
        found = scores[one]
        found = decayed(found, parameters.series_decay ** sum(same_series(one, o) for o in queue))
        if candidates.topics is not None and candidates.topics[one] >= 0:
            same_topic = sum(candidates.topics[one] == candidates.topics[other] for other in queue)
            found = decayed(found, parameters.topic_decay**same_topic)
        if vectors is not None and parameters.mmr:
            fading = [
                float(vectors[one] @ vectors[other]) * parameters.mmr_memory**ago
                for ago, other in enumerate(reversed(queue))
            ]
            found -= parameters.mmr * max(0.0, *fading, 0.0)
        if shares is not None and candidates.target_shares is not None:
            filled = sum(float(shares[one] @ shares[other]) for other in queue)
            missing = float(shares[one] @ candidates.target_shares) - filled / max(1, len(queue))
            found += parameters.calibration * missing
        return found - popularity_cost(candidates, parameters, one, len(queue) + 1)

    def can_be_chosen(one: int) -> bool:
        duplicate = vectors is not None and any(
            float(vectors[one] @ vectors[other]) > parameters.near_duplicate for other in queue
        )
        full = sum(same_series(one, other) for other in queue) >= parameters.max_per_series
        adjacent = bool(queue) and same_series(one, queue[-1])
        return not (one in queue or duplicate or full or adjacent)

    while len(queue) < parameters.queue:
        free = [one for one in ranked if can_be_chosen(one)]
        if not free:
            break
        values = [value(one) for one in free]
        queue.append(free[int(np.argmax(values))])
    return queue


def popularity_cost(
    candidates: SelectorInput, parameters: SelectorParameters, one: int, slot: int
) -> float:
    """What is subtracted from a value in a slot, counted from 1, if it is a long-tail slot."""
    gain = candidates.popularity_gain
    if gain is None or not parameters.tail_every or slot % parameters.tail_every:
        return 0.0
    return float(gain[one])
