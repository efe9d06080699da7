"""Signals of a crowd: time and memory as it grows, and what a full-size build would take.

Seconds are the processor's, so that others on the machine disturb less; a build is one thread.

`python -m benchmarks.signals [--sizes USERS ...] [--episodes N] [--json FILE]`: every size in a
process of its own, with an episode for each ten users or always N (then making a large catalog may
be what takes the most memory, and hides how it grows). See docs/signals.md.
"""

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

SIZES = (12_500, 25_000, 50_000, 100_000)
USERS_AN_EPISODE = 10
FULL = 1_000_000
"""users, of 100 engagements each, with 100,000 episodes"""
WANTED_S, WANTED_MB = 30 * 60, 4_000


class Growth(NamedTuple):
    """Of a figure y with the users x: y = factor x^exponent, and y = fixed + each x."""

    exponent: float
    factor: float
    each: float
    fixed: float

    @classmethod
    def of(cls, users: Sequence[int], values: Sequence[float]) -> "Growth":
        """By least squares: of the logarithms, and of the figures themselves."""
        power = statistics.linear_regression([*map(math.log, users)], [*map(math.log, values)])
        line = statistics.linear_regression(users, values)
        return cls(power.slope, math.exp(power.intercept), line.slope, line.intercept)

    def at(self, users: int) -> float:
        """What so many users would take: the more of the two, since a fixed part flattens one."""
        power: float = self.factor * users**self.exponent
        return max(power, self.fixed + self.each * users)


def measured(users: int, episodes: int) -> dict[str, Any]:
    """Processor seconds by step, and the most memory, of this process, which is new."""
    # Here, so that the process that starts the others stays small: they inherit its peak.
    from benchmarks.data.users import SyntheticUsers  # noqa: PLC0415
    from catalog_builder.signals import aggregates as steps  # noqa: PLC0415
    from catalog_builder.signals.interactions import collect_interactions  # noqa: PLC0415
    from catalog_builder.signals.popularity_prior import EpisodeContent  # noqa: PLC0415

    seconds: dict[str, float] = {}
    peaks_mb = {"start": _peak_mb()}
    crowd = SyntheticUsers(users, episodes)
    catalog = crowd.catalog()
    peaks_mb["catalog"] = _peak_mb()
    began = time.perf_counter()
    with _timed(seconds, "collect"):
        interactions = collect_interactions(crowd.summaries(), catalog.rows)
    seconds["collect"] -= crowd.making_cpu_s
    peaks_mb["collect"] = _peak_mb()
    for step, name in (("neighbours", "find_neighbours"), ("promise", "predict_popularity")):
        setattr(steps, name, _timing(seconds, step, getattr(steps, name)))
    with _timed(seconds, "counts"):
        made = steps.compute_signals(interactions, EpisodeContent.of(catalog))
    seconds["counts"] -= seconds["neighbours"] + seconds["promise"]
    peaks_mb["signals"] = _peak_mb()
    elapsed_s = time.perf_counter() - began
    total_s = sum(seconds.values())
    return {
        "users": users,
        "episodes": episodes,
        "choices": len(interactions),
        "neighbours": len(made.neighbour_rows),
        "seconds": {step: round(taken, 4) for step, taken in seconds.items()},
        "total_s": round(total_s, 4),
        "elapsed_s": round(elapsed_s - crowd.making_s, 4),
        "users_per_s": round(users / total_s),
        "peak_mb": {step: round(peak) for step, peak in peaks_mb.items()},
    }


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    began = time.process_time()
    yield
    seconds[step] = time.process_time() - began


def _timing(
    seconds: dict[str, float], step: str, function: Callable[..., Any]
) -> Callable[..., Any]:
    def timed(*arguments: Any) -> Any:
        with _timed(seconds, step):
            return function(*arguments)

    return timed


def _peak_mb() -> float:
    """The most that this process has held, up to now (Linux counts KiB, macOS bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6


def apart(users: int, episodes: int) -> dict[str, Any]:
    """`measured`, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.signals", "--here", str(users), str(episodes)]
    found: dict[str, Any] = json.loads(subprocess.check_output(command))  # noqa: S603  # ourselves
    return found


def growth(runs: Sequence[dict[str, Any]]) -> dict[str, Growth]:
    """How time and memory grow."""
    users = [run["users"] for run in runs]
    return {
        "seconds": Growth.of(users, [run["total_s"] for run in runs]),
        "peak_mb": Growth.of(users, [run["peak_mb"]["signals"] for run in runs]),
    }


def in_words(grown: dict[str, Growth]) -> str:
    """What a full-size build would take, beside what is wanted."""
    seconds, peak_mb = grown["seconds"].at(FULL), grown["peak_mb"].at(FULL)
    well = seconds < WANTED_S and peak_mb < WANTED_MB
    return (
        f"time grows as users^{grown['seconds'].exponent:.2f}, "
        f"memory as users^{grown['peak_mb'].exponent:.2f}\n"
        f"by that, {FULL:,} users take {seconds / 60:.0f} minutes and {peak_mb / 1000:.1f} GB; "
        f"wanted are {WANTED_S // 60} and {WANTED_MB / 1000:.0f}: {'met' if well else 'MISSED'}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every size, one after another, and print them and their growth."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.signals")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="USERS")
    parser.add_argument("--episodes", type=int, help="always so many (default: a tenth of users)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found here")
    options = parser.parse_args(arguments)
    runs = []
    for users in options.sizes:
        run = apart(users, options.episodes or max(1, users // USERS_AN_EPISODE))
        runs.append(run)
        steps = ", ".join(f"{step} {taken:.1f}" for step, taken in run["seconds"].items())
        print(  # noqa: T201
            f"{users:,} users, {run['episodes']:,} episodes: {run['total_s']:.1f} s ({steps}), "
            f"elapsed {run['elapsed_s']:.1f} s, "
            f"{run['users_per_s']:,} users/s, {run['peak_mb']['signals']:,} MB",
            flush=True,
        )
    grown = growth(runs) if len(set(options.sizes)) > 1 else {}
    if grown:
        print(in_words(grown))  # noqa: T201
    if options.json:
        found = {name: one._asdict() | {"full": one.at(FULL)} for name, one in grown.items()}
        options.json.write_text(json.dumps({"runs": runs, "growth": found}, indent=2) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        print(json.dumps(measured(*map(int, sys.argv[2:]))))  # noqa: T201
    else:
        main()
