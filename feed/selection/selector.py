"""The selector: candidates to a queue, under the rules of diversity. Nothing else reorders."""

from dataclasses import replace

import numpy as np

from feed.scenarios.selector import SelectorParameters
from feed.selection.greedy import GreedySelection, Selection
from feed.selection.shortlist import Remainder, SelectorInput, on_shortlist

NOT_FINITE = -1e200
"""The score in place of one that is not finite: below every other, with room below it."""


def select(candidates: SelectorInput, parameters: SelectorParameters) -> Selection:
    """Choose a queue of candidates slot by slot, each time the one of the highest value.

    The value of a candidate is its score x series_decay^(chosen of its series) x
    topic_decay^(chosen of its topic) - `mmr` x the cosine with the nearest of those chosen lately
    (maximal marginal relevance; Carbonell and Goldstein, 1998) + `calibration` x how much the
    queue still lacks of its categories (Steck, 2018) - in a long-tail slot what popularity
    adds to its score. Equal values keep the order by score, then
    by `tie_order`; a score that is not finite comes last.

    Candidates of a series that has `max_per_series` in the queue, or that was chosen just before,
    are skipped. Of near-duplicates and of equal titles one is chosen. A pinned slot goes to the
    highest score among those that its rule may pin, whatever the limits; an exploration slot goes
    to a random draw from the pool. A queue shorter than `relax_below` continues with the counts of
    series reset, and at last with the series chosen just before.

    Only a shortlist is compared in full. The selection runs again over all candidates if the upper
    bound of the others shows that one of them might have won a slot.
    """
    scores = np.where(np.isfinite(candidates.scores), candidates.scores, NOT_FINITE)
    candidates = replace(candidates, scores=scores)
    ranked = np.lexsort((candidates.tie_order, -scores))
    if candidates.title_hashes is not None:
        first = np.unique(candidates.title_hashes[ranked], return_index=True)[1]
        ranked = ranked[np.sort(first)]
    gain = np.zeros(len(scores))
    if candidates.category_shares is not None and candidates.target_shares is not None:
        gain = parameters.calibration * (candidates.category_shares @ candidates.target_shares)
    bounds, popularity = [scores + gain], candidates.popularity_gain
    if popularity is not None:
        bounds.append(scores + gain - popularity)
    inside = on_shortlist(candidates, ranked, bounds, parameters)
    while True:
        indices, others = ranked[inside], ranked[~inside]
        topics = candidates.topics
        greedy = GreedySelection(
            candidates.take(indices),
            gain[indices],
            Remainder(
                scores=scores[others],
                series=candidates.series[others],
                topics=None if topics is None else topics[others],
                calibration_gain=gain[others],
                popularity_gain=None if popularity is None else popularity[others],
            ),
            parameters,
        )
        if greedy.run():
            return greedy.selection(indices)
        inside = np.ones(len(ranked), np.bool_)
