"""The value of each candidate on the shortlist, lowered with every one that is chosen.

The innermost loop of a session. The arrays are small, so its time is the number of operations a
slot takes: values of a few candidates are set one by one, those of all of them in place.
"""

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from feed.arrays.arrays import FloatArray
from feed.scenarios.selector import SelectorParameters
from feed.selection.shortlist import MIN_DECAY, SelectorInput


class CandidateValues:
    """Keeps the value of each of f candidates up to date while a queue is filled.

    The candidates are in falling order of score, and their scores are finite. `calibration_gain`
    (f,) is what calibration adds to each while the queue is empty.
    """

    def __init__(
        self,
        shortlist: SelectorInput,
        calibration_gain: FloatArray,
        parameters: SelectorParameters,
    ) -> None:
        count = len(shortlist.scores)
        self.available = np.ones(count, np.bool_)
        """(f,) whether each is neither chosen nor a near-duplicate of a chosen one"""
        self.current = np.empty(count)
        """(f,) the values that `best` compared last"""
        self.last_series: int | None = None
        """the series chosen last, which may not follow itself"""
        self.series_counts: dict[int, int] = defaultdict(int)
        """by series: how many are chosen"""
        self.topic_counts: dict[int, int] = defaultdict(int)
        """by topic: how many are chosen"""
        self._parameters = parameters
        self._shortlist = shortlist
        self._scores: list[float] = shortlist.scores.tolist()
        self.decayed = shortlist.scores.copy()
        """(f,) score with the decays of series and topic; -inf if it cannot be chosen"""
        self.series: list[int] = shortlist.series.tolist()
        """the series of each; without a series, a number of its own below every real one"""
        if not parameters.limit_unnamed:
            self.series = [one if one >= 0 else -1 - at for at, one in enumerate(self.series)]
        self._indices_of_series: dict[int, list[int]] = defaultdict(list)
        for index, series in enumerate(self.series):
            self._indices_of_series[series].append(index)
        self._topics: list[int] = [] if shortlist.topics is None else shortlist.topics.tolist()
        self._topic_decays = _topic_decays(shortlist.scores, parameters)
        self._topic_factors: dict[int, FloatArray] = {}
        """by topic: (f,) the decay of the candidates of that topic, 1 for all others"""
        self._mmr_cosines, self._near_duplicates = _similarities(shortlist.vectors, parameters)
        self._redundancy = np.zeros(count)
        """(f,) `mmr` x the cosine with the nearest chosen, fading with each slot"""
        shares = shortlist.category_shares
        self._category_overlap = None if shares is None else shares @ shares.T
        """(f, f) product of the category shares of each two"""
        self._calibration_gain = calibration_gain
        self._filled_shares = np.zeros(count)
        """(f,) sum of the overlaps with all that are chosen"""
        self._scratch = np.empty(count)

    def best(self, chosen: int, cost: FloatArray | None = None) -> int | None:
        """The candidate of the highest value with so many chosen; the first among equals.

        `cost` (f,) is subtracted from the values in this slot alone.
        None if every candidate is excluded or of the series chosen last.
        """
        current = self.current
        if self._mmr_cosines is None:
            np.copyto(current, self.decayed)
        else:
            np.subtract(self.decayed, self._redundancy, out=current)
        if self._category_overlap is not None:
            share = self._parameters.calibration / max(1, chosen)
            current -= np.multiply(self._filled_shares, share, out=self._scratch)
            current += self._calibration_gain
        if cost is not None:
            current -= cost
        if self.last_series is not None:
            for index in self._indices_of_series[self.last_series]:
                current[index] = -np.inf
        index = int(current.argmax())
        return index if current[index] > -np.inf else None

    def choose(self, index: int) -> None:
        """Exclude a candidate that is chosen, and lower the values of those like it."""
        self.available[index] = False
        self.decayed[index] = -np.inf
        self.last_series = self.series[index]
        if self._topics and (topic := self._topics[index]) >= 0:
            self.topic_counts[topic] += 1
            self.decayed *= self._factors_of(topic)
        self._decay_series(self.last_series)
        if self._mmr_cosines is not None:
            self._redundancy *= self._parameters.mmr_memory
            np.maximum(self._redundancy, self._mmr_cosines[index], out=self._redundancy)
        if index in self._near_duplicates:
            duplicates = self._near_duplicates[index]
            self.available[duplicates] = False
            self.decayed[duplicates] = -np.inf
        if self._category_overlap is not None:
            self._filled_shares += self._category_overlap[index]

    def reset_series(self) -> None:
        """Let every available candidate be chosen again, as if none of its series were."""
        self.series_counts.clear()
        decayed = self._shortlist.scores
        if self._topics:
            counts = [self.topic_counts[topic] if topic >= 0 else 0 for topic in self._topics]
            decayed = decayed * self._topic_decays ** np.array(counts)
        self.decayed = np.where(self.available, decayed, -np.inf)

    def _factors_of(self, topic: int) -> FloatArray:
        if topic not in self._topic_factors:
            of_topic = self._shortlist.topics == topic
            self._topic_factors[topic] = np.where(of_topic, self._topic_decays, 1.0)
        return self._topic_factors[topic]

    def _decay_series(self, series: int) -> None:
        """Count one more of a series: its other episodes decay, or are excluded at the limit."""
        self.series_counts[series] += 1
        count, indices = self.series_counts[series], self._indices_of_series[series]
        if len(indices) == 1:
            return
        if count >= self._parameters.max_per_series:
            for index in indices:
                self.decayed[index] = -np.inf
            return
        factor = self._parameters.series_decay**count
        for index in indices:
            if self.decayed[index] > -np.inf:
                self.decayed[index] = self._decayed_score(index, factor)

    def _decayed_score(self, index: int, series_factor: float) -> float:
        """The score of a candidate with this decay of its series and the decay of its topic."""
        score = self._scores[index]
        if score > 0 or self._parameters.decay_below_zero:
            score *= series_factor
        else:  # a smaller factor would raise a negative score
            score /= max(series_factor, MIN_DECAY)
        if self._topics and (topic := self._topics[index]) >= 0:
            score *= float(self._topic_decays[index]) ** self.topic_counts[topic]
        return score


def _topic_decays(scores: FloatArray, parameters: SelectorParameters) -> FloatArray:
    """(f,) factor on each score for one more chosen of its topic; above 1 on a negative score."""
    decay = max(parameters.topic_decay, MIN_DECAY)
    multiplied = (scores > 0) | parameters.decay_below_zero
    return np.where(multiplied, decay, 1.0 / decay)


def _similarities(
    vectors: npt.NDArray[np.float32] | None, parameters: SelectorParameters
) -> tuple[FloatArray | None, dict[int, list[int]]]:
    """(f, f) `mmr` x cosine of each two, None without `mmr`; and the near-duplicates of each.

    For a shortlist as small as this, one product of matrices takes less than one of a matrix and a
    vector for each slot.
    """
    if vectors is None:
        return None, {}
    cosines = vectors @ vectors.T
    near_duplicates: dict[int, list[int]] = defaultdict(list)
    if parameters.near_duplicate <= 1.0:
        alike = cosines > parameters.near_duplicate
        np.fill_diagonal(alike, val=False)
        if alike.any():
            for one, other in np.argwhere(alike).tolist():
                near_duplicates[one].append(other)
    return (
        parameters.mmr * cosines.astype(np.float64) if parameters.mmr else None,
        dict(near_duplicates),
    )
