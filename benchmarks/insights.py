"""Processor time of counting and testing insights, and their bytes in a snapshot.

`python -m benchmarks.insights [--episodes N] [--users N] [--json FILE]`: a synthetic catalog with
four people or entities an episode, and users who chose a hundred episodes within five weeks.
"""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from benchmarks.data.large_catalog import large_catalog
from benchmarks.harness.dataset import SyntheticDataset
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser
from catalog_builder.insights.build import build_insights
from catalog_builder.insights.counts import SPAN_DAYS, ListenerCounter
from catalog_builder.insights.names import episode_names
from catalog_builder.signals.interactions import DAY_MINUTES, DECODED_USERS, Choices
from feed.model.timestamps import DAY_US
from feed.snapshot.schema import SECTIONS

DIMENSION = 16
NAMES_EACH = 4
EPISODES_PER_NAME = 5
"""episodes for each name that there is; names are as frequent as Zipf's law has it"""
CHOICES = 100
"""of each user"""
ABOUT = (
    "Names: collected from the episodes, folded. Listeners: distinct users counted by name, day "
    "and window, beside the decoding of summaries, which signals need anyway. Tests: publications "
    "counted, all names tested, the insights made. Processor seconds of one thread. Snapshot: "
    "bytes of the sections `insights`."
)


def measure(episodes: int, users: int) -> dict[str, Any]:
    """Make the insights of a catalog; returns processor seconds by step, and sizes."""
    rng = np.random.default_rng(0)
    catalog = large_catalog(episodes, DIMENSION)
    count = max(2, episodes // EPISODES_PER_NAME)
    weights = 1.0 / np.arange(1, count + 1)
    chosen = rng.choice(count, (episodes, NAMES_EACH), p=weights / weights.sum()).tolist()
    items = [
        msgspec.structs.replace(
            one,
            people=[f"Person {number}" for number in some[:1]],
            entities=[{"name": f"Entity {number}"} for number in some[1:]],
        )
        for one, some in zip(SyntheticDataset(episodes).iter_items(), chosen, strict=True)
    ]
    began = time.process_time()
    names = episode_names(catalog, items)
    named = time.process_time()
    today = catalog.created_us // DAY_US
    counter, counted = ListenerCounter(names, today), 0.0
    for first in range(0, users, DECODED_USERS):
        batch = min(DECODED_USERS, users - first)
        ages = rng.integers(0, SPAN_DAYS, batch * CHOICES)
        choices = Choices(
            np.repeat(np.arange(batch, dtype=np.int32), CHOICES),
            rng.integers(0, episodes, batch * CHOICES),
            (today - ages) * DAY_MINUTES,
        )
        before = time.process_time()
        counter.add(1, choices)
        counted += time.process_time() - before
    before = time.process_time()
    found = build_insights(catalog, names, counter.counts, min_users=5)
    tested = time.process_time() - before
    sections = [one.attribute for name, one in SECTIONS.items() if name.startswith("insights.")]
    size = sum(column_bytes(found, path.removeprefix("insights.")) for path in sections)
    return {
        "episodes": episodes,
        "users": users,
        "names": len(names),
        "insights": len(found),
        "names_s": named - began,
        "listeners_s": counted,
        "tests_s": tested,
        "snapshot_kb": size / 1e3,
    }


def column_bytes(insights: Any, path: str) -> int:
    """Bytes of a column of insights."""
    for name in path.split("."):
        insights = getattr(insights, name)
    return int(insights.nbytes)


def result(run: dict[str, Any]) -> BenchmarkResult:
    """The run as a table."""
    counts = ("episodes", "users", "names", "insights")
    row = [*(f"{run[name]:,}" for name in counts)]
    row += [f"{run[name]:,.1f}" for name in ("names_s", "listeners_s", "tests_s", "snapshot_kb")]
    header = [*counts, "names s", "listeners s", "tests s", "snapshot KB"]
    return BenchmarkResult("insights", ABOUT, [ResultTable("Insights", header, [row])], run)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table and write the JSON file."""
    parser = argument_parser("insights", __doc__ or "")
    parser.add_argument("--episodes", type=int, default=100_000, metavar="N")
    parser.add_argument("--users", type=int, default=100_000, metavar="N")
    given = parser.parse_args(arguments)
    result(measure(given.episodes, given.users)).publish(given.json)


if __name__ == "__main__":
    main()
