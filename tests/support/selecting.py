"""The selector as its docstring says it, one candidate at a time."""

import numpy as np

from feed.scenarios.scenario import SelectorParameters
from feed.selection.selector import Candidates


def plainly(candidates: Candidates, parameters: SelectorParameters) -> list[int]:
    """The queue, as places among the candidates: without lots, pins and `relax_below`."""
    scores = candidates.scores.tolist()
    ranked = sorted(range(len(scores)), key=lambda one: (-scores[one], candidates.order[one]))
    vectors = candidates.vectors
    queue: list[int] = []

    def same_series(one: int, other: int) -> bool:
        named = candidates.series[one] >= 0 or parameters.limit_unnamed
        return bool(named and candidates.series[one] == candidates.series[other])

    def decayed(score: float, factor: float) -> float:
        return score * factor if score > 0 or parameters.decay_below_zero else score / factor

    def value(one: int) -> float:
        worth = scores[one]
        worth = decayed(worth, parameters.series_decay ** sum(same_series(one, o) for o in queue))
        if candidates.topics is not None and candidates.topics[one] >= 0:
            alike = sum(candidates.topics[one] == candidates.topics[other] for other in queue)
            worth = decayed(worth, parameters.topic_decay**alike)
        if vectors is not None and parameters.mmr:
            fading = [
                float(vectors[one] @ vectors[other]) * parameters.mmr_memory**ago
                for ago, other in enumerate(reversed(queue))
            ]
            worth -= parameters.mmr * max(0.0, *fading, 0.0)
        if candidates.mix is not None and candidates.wanted is not None:
            got = sum(float(candidates.mix[one] @ candidates.mix[other]) for other in queue)
            lack = float(candidates.mix[one] @ candidates.wanted) - got / max(1, len(queue))
            worth += parameters.calibration * lack
        return worth

    def may_come(one: int) -> bool:
        twin = vectors is not None and any(
            float(vectors[one] @ vectors[other]) > parameters.near_duplicate for other in queue
        )
        often = sum(same_series(one, other) for other in queue) >= parameters.max_per_series
        adjacent = bool(queue) and same_series(one, queue[-1])
        return not (one in queue or twin or often or adjacent)

    while len(queue) < parameters.queue:
        free = [one for one in ranked if may_come(one)]
        if not free:
            break
        worth = [value(one) for one in free]
        queue.append(free[int(np.argmax(worth))])
    return queue
