"""Measuring: quantiles of many, medians of a few, and what processes use."""

import statistics
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

QUANTILES = (50, 95, 99)
PROC = Path("/proc")


def quantiles(values: Sequence[float], digits: int = 2) -> dict[str, float]:
    """p50, p95 and p99; nothing where there are no values."""
    if not len(values):
        return {}
    found = np.percentile(values, QUANTILES).tolist()
    return {f"p{q}": round(one, digits) for q, one in zip(QUANTILES, found, strict=True)}


class Spread(NamedTuple):
    """The median of a few runs, and the least and the most of them."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """Of at least one value."""
        ordered = sorted(values)
        return cls(statistics.median(ordered), ordered[0], ordered[-1])

    def shown(self, digits: int = 2) -> str:
        """`1.20 (1.11-1.35)`."""
        return f"{self.median:,.{digits}f} ({self.least:,.{digits}f}-{self.most:,.{digits}f})"


def group_members(group: int) -> list[int]:
    """The processes of a process group (Linux)."""
    found = []
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(after_name[2]) == group:
                found.append(int(folder.name))
    return found


def processor_s(group: int) -> float:
    """Seconds of processor that a group's processes have used, ended threads included."""
    return sum(map(_processor_s, group_members(group)))


def memory_mb(group: int) -> float:
    """What a group's processes hold together; pages that they share count once (PSS)."""
    return sum(_pss_mb(pid) for pid in group_members(group))


def _processor_s(pid: int) -> float:
    with suppress(OSError):  # it has ended meanwhile
        # The clock of a process, as clock_getcpuclockid(3) makes its number on Linux.
        return time.clock_gettime((~pid << 3) | 2)
    return 0.0


def _pss_mb(pid: int) -> float:
    lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6
