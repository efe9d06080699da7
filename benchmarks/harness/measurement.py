"""Measurement: quantiles, spreads, and the time and memory that functions and processes take."""

import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

K = TypeVar("K")

QUANTILES = (50, 95, 99)
WARM_UPS = 1
PROC = Path("/proc")


def quantiles(values: Sequence[float], digits: int = 2) -> dict[str, float]:
    """The percentiles p50, p95 and p99; empty without values."""
    if not len(values):
        return {}
    found = np.percentile(values, QUANTILES).tolist()
    return {f"p{q}": round(one, digits) for q, one in zip(QUANTILES, found, strict=True)}


@dataclass(frozen=True)
class Spread:
    """The median of a few runs, with their minimum and maximum."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """The spread of at least one value."""
        ordered = sorted(values)
        return cls(statistics.median(ordered), ordered[0], ordered[-1])

    def shown(self, digits: int = 2) -> str:
        """The spread as text, for example `1.20 (1.11-1.35)`."""
        return f"{self.median:,.{digits}f} ({self.least:,.{digits}f}-{self.most:,.{digits}f})"


def measure_in_turns(
    tasks: Mapping[K, Callable[[], Mapping[str, float]]], turns: int
) -> dict[K, dict[str, Spread]]:
    """By task: the spreads of its figures over `turns`, in each of which every task runs once.

    The first `WARM_UPS` turns are not counted.
    """
    every = [{name: task() for name, task in tasks.items()} for _ in range(WARM_UPS + turns)]
    runs = every[WARM_UPS:]
    return {
        name: {figure: Spread.of(run[name][figure] for run in runs) for figure in figures}
        for name, figures in runs[0].items()
    }


def timing(
    seconds: MutableMapping[str, float],
    step: str,
    function: Callable[..., Any],
    clock: Callable[[], float] = time.perf_counter,
) -> Callable[..., Any]:
    """Wrap a function so that each call adds its duration to `seconds[step]`."""

    def timed(*arguments: Any, **named: Any) -> Any:
        began_s = clock()
        try:
            return function(*arguments, **named)
        finally:
            seconds[step] = seconds.get(step, 0.0) + clock() - began_s

    return timed


def peak_memory_mb() -> float:
    """The most memory that this process has held so far, megabytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6  # macOS counts bytes, Linux KiB


def group_members(group: int) -> list[int]:
    """Ids of the processes in a process group (Linux)."""
    found = []
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):  # it has ended in the meantime
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(after_name[2]) == group:
                found.append(int(folder.name))
    return found


def processor_s(group: int) -> float:
    """Processor seconds that the processes of a group have used, ended threads included."""
    return sum(map(_processor_s, group_members(group)))


def memory_mb(group: int) -> float:
    """Memory of the processes of a group, megabytes; shared pages count once (PSS)."""
    return sum(_pss_mb(pid) for pid in group_members(group))


def _processor_s(pid: int) -> float:
    with suppress(OSError):  # it has ended in the meantime
        # The clock id of a process, as clock_getcpuclockid(3) computes it on Linux.
        return time.clock_gettime((~pid << 3) | 2)
    return 0.0


def _pss_mb(pid: int) -> float:
    lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6
