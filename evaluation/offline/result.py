"""The result of one ranking in an offline replay, as it is printed and written as JSON."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evaluation.offline.bootstrap import Interval
from evaluation.offline.observations import Observations
from evaluation.offline.segments import BY_HISTORY, BY_TARGET

Difference = tuple[float, float, float]
"""A difference of two means, and the two ends of its paired 95% interval."""


@dataclass(frozen=True)
class SegmentResult:
    """Recall and nDCG of one ranking over the users of a segment."""

    users: int
    metrics: Mapping[str, float]
    ci: Mapping[str, Interval]
    """by metric: its 95% interval over users"""

    def as_json(self) -> dict[str, object]:
        """The number of users, the metrics by name and their intervals under `ci`."""
        return {"users": self.users, **_finite(self.metrics), "ci": _intervals(self.ci)}


@dataclass(frozen=True)
class OfflineResult(Observations):
    """The metrics of one ranking over its observations."""

    metrics: Mapping[str, float] = field(default_factory=dict)
    ci: Mapping[str, Interval] = field(default_factory=dict)
    """by metric: its 95% interval over users"""
    by_segment: Mapping[str, SegmentResult] = field(default_factory=dict)
    against: Mapping[str, Mapping[str, Difference]] = field(default_factory=dict)
    """by baseline and metric: how much more a scenario reaches; empty for a baseline"""
    rivals: Mapping[str, str] = field(default_factory=dict)
    """by deciding metric: the baseline that is the best list for everybody; empty for a baseline"""

    @property
    def is_better(self) -> bool:
        """Whether it is clearly better than the best list for everybody in each deciding metric.

        Clearly: the paired 95% interval of the difference is above 0.
        """
        return bool(self.rivals) and all(
            self.against[rival][metric][1] > 0 for metric, rival in self.rivals.items()
        )

    @property
    def verdict(self) -> str:
        """`better` or `not better`, than the best list for everybody."""
        return "better" if self.is_better else "not better"

    def as_json(self) -> dict[str, object]:
        """All results by name, intervals under `ci`; None for NaN."""
        compared = {
            "verdict": self.verdict,
            "best_list": dict(self.rivals),
            "against": {name: _intervals(one) for name, one in self.against.items()},
        }
        return {
            "users": len(self.ranks),
            **_finite(self.metrics),
            "segments": {name: self.by_segment[name].as_json() for name in BY_TARGET},
            "history": {name: self.by_segment[name].as_json() for name in BY_HISTORY},
            **(compared if self.rivals else {}),
            "ci": _intervals(self.ci),
        }


def _finite(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def _intervals(values: Mapping[str, Sequence[float]]) -> dict[str, list[float | None]]:
    return {
        name: [one if math.isfinite(one) else None for one in ends] for name, ends in values.items()
    }
