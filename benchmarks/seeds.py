"""Processor time of sessions with a seed, beside the same without one, and of reading a photo.

`python -m benchmarks.seeds [--episodes N] [--json FILE]`: made-up episodes of 70 words with
embeddings of 256 dimensions, `for_you`, users with 50 engagements. Words are three of an episode,
episodes are three at random. Photos have 12 million pixels and are read locally. See docs/seeds.md.
"""

import io
import time
from collections.abc import Sequence

import msgspec
import numpy as np
from PIL import Image

from benchmarks.data.large_catalog import NOW
from benchmarks.data.worded_catalog import worded_catalog
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser
from catalog_builder.search_index import build_search_index
from feed.model.timestamps import to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios.scenario import shipped
from feed.search.feed_seed import find_feed_seed
from feed.session.request import Seed, SentEngagement, SessionRequest, make_query
from functions.photos.local_reading import read_locally
from functions.photos.picture import small_picture

SESSIONS = 200
KINDS = ("none", "words", "episodes")
FORMATS = {"JPEG": {"quality": 88}, "PNG": {"compress_level": 6}, "WEBP": {"quality": 80}}
ABOUT = (
    "Processor milliseconds of one thread, p50 and p99. Sessions: 200 of each kind of seed, in "
    "turns, from request to slate; the ratio is that of the medians. Photos: 4,000 x 3,000 pixels, "
    "from the file's bytes to the reading."
)


def measure_sessions(episodes: int) -> dict[str, list[float]]:
    """Rank sessions with each kind of seed; returns the milliseconds of each by kind."""
    rng, now_us = np.random.default_rng(3), to_us(NOW)
    catalog, words, drawn = worded_catalog(episodes, 256, rng)
    index, ranker = build_search_index(catalog), Ranker(catalog, shipped()["for_you"])
    took: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for row in rng.integers(episodes, size=SESSIONS).tolist():
        asked = [words[at] for at in rng.choice(drawn[row], 3, replace=False)]
        heard, three = rng.integers(episodes, size=50).tolist(), rng.integers(episodes, size=3)
        seeds = {
            "none": None,
            "words": Seed(text=" ".join(asked)),
            "episodes": Seed(episode_ids=tuple(catalog.ids[row] for row in three.tolist())),
        }
        engagements = tuple(
            SentEngagement(episode_id=catalog.ids[row], type="listen") for row in heard
        )
        for kind, seed in seeds.items():
            request = SessionRequest(engagements=engagements, seed=seed)
            began = time.process_time()
            query = make_query(request, None, seed=1, now_us=now_us)
            if seed is not None and seed.text:
                allowed = ranker.allowed(query)
                found = find_feed_seed(catalog, index, seed.text, allowed=allowed, now_us=now_us)
                query = msgspec.structs.replace(query, feed_seed=found)
            ranker.rank(query)
            took[kind].append(1000 * (time.process_time() - began))
    return took


def measure_photos(repetitions: int = 7) -> dict[str, list[float]]:
    """Read a photo of each format; returns the milliseconds of each repetition by format."""
    rng = np.random.default_rng(1)
    small = Image.fromarray(rng.integers(0, 256, (300, 400, 3), np.uint8))
    photo = small.resize((4000, 3000), Image.Resampling.BICUBIC)
    took: dict[str, list[float]] = {}
    for name, options in FORMATS.items():
        photo.save(file := io.BytesIO(), name, **options)
        data = file.getvalue()
        took[name] = []
        for _ in range(repetitions):
            began = time.process_time()
            read_locally(small_picture(data))
            took[name].append(1000 * (time.process_time() - began))
    return took


def result(
    episodes: int, sessions: dict[str, list[float]], photos: dict[str, list[float]]
) -> BenchmarkResult:
    """The measurements as tables."""
    base = float(np.median(sessions["none"]))
    of_sessions = [
        [kind, *_percentiles(took), f"{np.median(took) / base:.2f}"]
        for kind, took in sessions.items()
    ]
    of_photos = [[name, *_percentiles(took)] for name, took in photos.items()]
    tables = [
        ResultTable(
            f"Sessions, {episodes:,} episodes", ["seed", "p50", "p99", "ratio"], of_sessions
        ),
        ResultTable("Photos", ["format", "p50", "p99"], of_photos),
    ]
    return BenchmarkResult("seeds", ABOUT, tables, {"sessions_ms": sessions, "photos_ms": photos})


def _percentiles(took: Sequence[float]) -> list[str]:
    return [f"{np.percentile(took, at):.2f}" for at in (50, 99)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables and write the JSON file."""
    parser = argument_parser("seeds", __doc__ or "")
    parser.add_argument("--episodes", type=int, default=100_000, metavar="N")
    given = parser.parse_args(arguments)
    result(given.episodes, measure_sessions(given.episodes), measure_photos()).publish(given.json)


if __name__ == "__main__":
    main()
