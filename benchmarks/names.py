"""Processor time and size of what the builder adds to episodes that lack it.

`python -m benchmarks.names [--episodes N]`: the demo catalog's episodes without scores, people
and entities, repeated under other ids and shows, with random vectors of 64 dimensions. `catalog` is
the whole of `build_catalog`.
"""

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
import numpy as np

from benchmarks.report.results import say
from catalog_builder import build
from catalog_builder.episodes import demo
from catalog_builder.search_index import build_search_index
from feed.model.episode import Episode
from feed.ports.episodes import Vectors

NOW = datetime(2026, 2, 6, tzinfo=UTC)
REMOVED = ("scores", "people", "entities")

T = TypeVar("T")


def repeated(count: int) -> list[Episode]:
    """So many bare episodes: the demo catalog's, copied."""
    every = demo.episodes(NOW.date())
    for one in every:
        for name in REMOVED:
            one.pop(name, None)
    found = []
    for number in range(count):
        given = every[number % len(every)]
        copy = number // len(every)
        episode = msgspec.convert(given, Episode)
        show = episode.series
        found.append(
            msgspec.structs.replace(
                episode,
                id=f"{episode.id}-{copy}",
                published_at=episode.published_at - timedelta(hours=copy),
                series=show and msgspec.structs.replace(show, id=f"{show.id}-{copy}"),
            )
        )
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=100_000)
    count = parser.parse_args().episodes
    episodes = repeated(count)
    seconds: dict[str, float] = {}

    def timed(name: str, function: Callable[..., T]) -> Callable[..., T]:
        def call(*arguments: Any, **options: Any) -> T:
            began = time.process_time()
            found = function(*arguments, **options)
            seconds[name] = time.process_time() - began
            return found

        return call

    build.enrich = timed("names and categories", build.enrich)  # type: ignore[attr-defined]
    build.prior_terms = timed("estimated scores", build.prior_terms)  # type: ignore[attr-defined]
    matrix = np.random.default_rng(0).normal(size=(count, 64)).astype(np.float32)
    vectors = Vectors(matrix, np.ones(count, np.bool_), model="random")
    catalog = timed("catalog", build.build_catalog)(episodes, vectors, NOW)
    timed("search index", build_search_index)(catalog)
    build.enrich = list  # type: ignore[attr-defined,assignment]
    plain = build.build_catalog(episodes, vectors, NOW)
    for name, took in seconds.items():
        say(f"{name}: {took:.1f} s")
    added = len(catalog.cards.data) - len(plain.cards.data)
    say(f"cards: {added / 1e6:.1f} MB more than {len(plain.cards.data) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
