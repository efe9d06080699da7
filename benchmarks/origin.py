"""The original feed that Earshot grew out of: its processor time compared with `Ranker.rank`.

`python -m benchmarks.origin [--sizes EPISODES ...] [--sessions N] [--json FILE]`: for every session
it reads the user's 500 engagements and the episodes, twice, into Python objects, fetches vectors
one by one and scores in Python. Its network is left out: documents are JSON in memory, and fetching
a vector only makes a list of its numbers. It ranks as the scenario `baseline` does.
"""

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from operator import itemgetter, mul
from typing import Any

import msgspec
import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.data.users import NOW
from benchmarks.harness.dataset import SyntheticDataset
from benchmarks.harness.measurement import Spread
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser, say
from feed.catalog.catalog import Catalog
from feed.model.engagement import Summary
from feed.model.timestamps import rfc3339, to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.session.request import SessionRequest, make_query

SIZES = (1_000, 100_000)
READ = 2_000
"""most episodes that the original feed read"""
NEWEST, CANDIDATES = 10, 150
TURNS = 3
ABOUT = (
    "Milliseconds of the processor for one session, median of the sessions; in brackets minimum "
    "and maximum. All take turns in one process, each turn with one session of every user. "
    "Original, at most 2,000: as it was, limited to the newest 2,000 episodes. Original, all: so "
    "that it ranks what baseline ranks. Ratio: to Ranker.rank with baseline."
)


class OriginalFeed:
    """The original feed over n episode documents with vectors (n, D), unit rows in their order."""

    def __init__(self, documents: Sequence[bytes], vectors: np.ndarray) -> None:
        self._documents = documents
        self._vectors = vectors
        self._place = {json.loads(one)["id"]: at for at, one in enumerate(documents)}

    def session(self, engagements: Sequence[bytes], now: datetime, read: int | None) -> list[str]:
        """Ids of the queue in order, from the `read` newest episodes; None for all."""
        engaged = sorted(map(json.loads, engagements), key=itemgetter("timestamp"), reverse=True)
        known = {one["episode_id"] for one in engaged}
        user = self._user(engaged[:NEWEST])
        # Reads the episodes twice, as it did: to filter them, and again to score them.
        allowed = {one["id"] for one in self._read(read) if _allowed(one, known, now)}
        pool = []
        for episode in self._read(read):
            if episode["id"] in allowed:
                similarity = sum(map(mul, user, self._fetch(episode["id"])))
                pool.append((similarity, episode))
        pool.sort(key=itemgetter(0), reverse=True)
        scored = [(_score(*one, now), one[1]) for one in pool[:CANDIDATES]]
        return [episode["id"] for episode in _selected(scored)]

    def _read(self, most: int | None) -> Iterator[dict[str, Any]]:
        """Decode the newest documents, which come first."""
        return map(json.loads, self._documents[:most])

    def _fetch(self, episode_id: str) -> list[float]:
        vector: list[float] = self._vectors[self._place[episode_id]].tolist()
        return vector

    def _user(self, engaged: Sequence[dict[str, Any]]) -> list[float]:
        weights = [2.0 if one["type"] == "bookmark" else 1.0 for one in engaged]
        columns = zip(*(self._fetch(one["episode_id"]) for one in engaged), strict=True)
        mean = [sum(map(mul, weights, column)) for column in columns]
        length = math.sqrt(sum(map(mul, mean, mean)))
        return [one / length for one in mean]


def _allowed(episode: dict[str, Any], known: set[str], now: datetime) -> bool:
    credibility, insight = episode["scores"]["credibility"], episode["scores"]["insight"]
    return (
        credibility >= 2  # noqa: PLR2004  # baseline's own
        and credibility + insight >= 5  # noqa: PLR2004
        and _age_days(episode, now) <= 90  # noqa: PLR2004
        and episode["id"] not in known
    )


def _age_days(episode: dict[str, Any], now: datetime) -> int:
    return (now - datetime.fromisoformat(episode["published_at"])) // timedelta(days=1)


def _score(similarity: float, episode: dict[str, Any], now: datetime) -> float:
    scores = episode["scores"]
    quality: float = (1.5 * scores["credibility"] + scores["insight"]) / 10
    recency = math.exp(-0.03 * _age_days(episode, now))
    return 0.55 * similarity + 0.30 * quality + 0.15 * recency


def _selected(scored: list[tuple[float, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Yield repeatedly the best episode that the limits of its series allow."""
    scored.sort(key=itemgetter(0), reverse=True)
    count: Counter[str] = Counter()
    last = None
    while True:
        best, most = None, -math.inf
        for one in scored:
            series = one[1]["series"]["id"]
            value = one[0] * 0.7 ** count[series]
            if count[series] < 2 and series != last and value > most:  # noqa: PLR2004
                best, most = one, value
        if best is None:
            return
        scored.remove(best)
        last = best[1]["series"]["id"]
        count[last] += 1
        yield best[1]


def origin_of(dataset: SyntheticDataset, catalog: Catalog) -> OriginalFeed:
    """The original feed over a dataset's episodes, newest first."""
    items = dataset.items()
    newest = sorted(range(len(items)), key=lambda one: items[one].published_at, reverse=True)
    rows = catalog.rows([items[one].id for one in newest])
    return OriginalFeed(
        [msgspec.json.encode(items[one]) for one in newest], catalog.embeddings[rows]
    )


def documents_of(summary: Summary) -> list[bytes]:
    """A user's engagements as JSON documents."""
    return [
        json.dumps(
            {"id": e.id, "episode_id": e.episode_id, "type": e.type, "progress": e.progress}
            | {"timestamp": rfc3339(e.timestamp_us)}
        ).encode()
        for e in summary.engagements
    ]


Kinds = dict[str, Callable[[], list[str]]]
AS_IT_WAS, ALL = f"original, at most {READ:,}", "original, all"
BASELINE, FOR_YOU = "Ranker.rank, baseline", "Ranker.rank, for_you"


def measure(episodes: int, sessions: int) -> dict[str, Any]:
    """By approach: the spread of its processor time; and the least share of equal episodes."""
    dataset = SyntheticDataset(episodes, sessions)
    catalog = dataset.catalog()
    origin = origin_of(dataset, catalog)
    rankers = {name: Ranker(catalog, shipped()[name]) for name in ("baseline", "for_you")}
    users = [_kinds(origin, rankers, summary) for _, summary in dataset.summaries()]
    taken: dict[str, list[float]] = {}
    queues: dict[str, list[list[str]]] = {}
    for turn in range(-1, TURNS):  # the first turn warms up
        for name in users[0]:
            queues[name] = []
            for kinds in users:
                began_s = time.process_time()
                queues[name].append(kinds[name]())
                took_ms = (time.process_time() - began_s) * 1000
                if turn >= 0:
                    taken.setdefault(name, []).append(took_ms)
    same = [
        len({*one} & {*other}) / max(len(other), 1)
        for one, other in zip(queues[ALL], queues[BASELINE], strict=True)
    ]
    return {name: Spread.of(times) for name, times in taken.items()} | {"same": min(same)}


def _kinds(origin: OriginalFeed, rankers: dict[str, Ranker], summary: Summary) -> Kinds:
    engagements = documents_of(summary)
    bare = Summary(engagements=summary.engagements)

    def rank(name: str) -> list[str]:
        query = make_query(SessionRequest(), bare, seed=1, now_us=to_us(NOW))
        ranker = rankers[name]
        return [ranker.catalog.ids[row] for row in ranker.rank(query).rows.tolist()]

    return {
        AS_IT_WAS: lambda: origin.session(engagements, NOW, READ),
        BASELINE: lambda: rank("baseline"),
        ALL: lambda: origin.session(engagements, NOW, None),
        FOR_YOU: lambda: rank("for_you"),
    }


def result(measurements: dict[int, dict[str, Any]]) -> BenchmarkResult:
    """The measurements of sessions as a table."""
    rows = [
        [
            f"{episodes:,}",
            name,
            figures[name].shown(2),
            f"{figures[name].median / figures[BASELINE].median:,.1f}",
        ]
        for episodes, figures in measurements.items()
        for name in (AS_IT_WAS, ALL, BASELINE, FOR_YOU)
    ]
    alike = min(figures["same"] for figures in measurements.values())
    about = (
        f"{ABOUT} At least {alike:.0%} of a queue of baseline is in that of the original approach."
    )
    header = ["episodes", "", "processor ms", "ratio"]
    return BenchmarkResult(
        "origin",
        about,
        [ResultTable("One session", header, rows)],
        {"sizes": {str(size): figures for size, figures in measurements.items()}},
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure sessions, print the tables and write the JSON file."""
    parser = argument_parser("origin", __doc__ or "")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="EPISODES")
    parser.add_argument("--sessions", type=int, default=7, metavar="N", help="(default: 7)")
    given = parser.parse_args(arguments)
    measurements = {}
    with threadpool_limits(1):  # as in the function
        for episodes in given.sizes:
            measurements[episodes] = measure(episodes, given.sessions)
            say(f"{episodes:,} episodes measured")
    result(measurements).publish(given.json)


if __name__ == "__main__":
    main()
