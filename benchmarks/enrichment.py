"""What each measure of enrichment gains: kept connections, parallel calls, batches, stored answers.

`python -m benchmarks.enrichment [--episodes N] [--json FILE]`: episodes enriched over the emulated
Vertex AI, which takes 100 ms until its first token and 1 ms for each of them. Each way adds one
measure to the one before it. See docs/enrichment.md.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from adapters.folder.build_cache import FolderBuildCache
from adapters.generative_model import ModelAddress, model_pool
from adapters.model_pool.pool import Limits, ModelPool
from benchmarks.report.results import BenchmarkResult, ResultTable, argument_parser
from catalog_builder.enrichment.models.content import Content
from catalog_builder.enrichment.models.prompt import make_prompt
from catalog_builder.enrichment.models.results import StoredResults
from catalog_builder.enrichment.models.run import EnrichmentRun, RunLimits, RunReport
from catalog_builder.enrichment.models.taxonomy import Taxonomy
from emulators.vertex import server as vertex
from feed.ports.language_model import Generated, Prompt

FIRST_TOKEN_S, TOKEN_S = 0.1, 0.001
TAXONOMY = Taxonomy(("Science", "Music", "History"), ())
DESCRIPTION = "A conversation about how it began, what was tried, and what came of it. " * 8
ABOUT = (
    "Seconds on the clock for all episodes, and how many times as fast as the first way. KB sent: "
    "prompts with instructions and schema, which the episodes of a batch share."
)


class UnpooledModel:
    """A model that is connected to anew for each call."""

    name = vertex.MODEL

    def __init__(self, connect: Callable[[], ModelPool]) -> None:
        self._connect = connect

    async def generate(self, prompt: Prompt, timeout_s: float) -> Generated:
        """The answer to a prompt."""
        async with aclosing(self._connect()) as pool:
            return await pool.generate(prompt, timeout_s)


@dataclass(frozen=True)
class Way:
    """A way to enrich."""

    name: str
    limits: RunLimits
    regions: int = 1
    is_pooled: bool = True
    is_stored: bool = False
    """whether the answers of the way before are there"""


WAYS = (
    Way("one by one, each connected anew", RunLimits(batch=1, at_once=1), is_pooled=False),
    Way("connections are kept", RunLimits(batch=1, at_once=1)),
    Way("eight calls at once", RunLimits(batch=1, at_once=8)),
    Way("four episodes in a call", RunLimits(batch=4, at_once=8)),
    Way("four regions", RunLimits(batch=4, at_once=8), regions=4),
    Way("answers are stored", RunLimits(batch=4, at_once=8), regions=4, is_stored=True),
)


def measure(server: vertex.VertexEmulator, way: Way, count: int, folder: Path) -> Sequence[float]:
    """Enrich so many episodes one way; returns seconds, calls and KB sent."""
    results = StoredResults(FolderBuildCache(folder), vertex.MODEL)
    contents = [Content(f"Episode {n}", "Show", DESCRIPTION) for n in range(count)]

    def connect() -> ModelPool:
        address = ModelAddress(
            vendor="gemini",
            model=vertex.MODEL,
            project=server.project,
            regions=vertex.REGIONS[: way.regions],
            url=server.url,
        )
        return model_pool(address, Limits(way.limits.at_once, way.limits.at_once, 0.0))

    async def run() -> RunReport:
        missing = [one for one in contents if results.get(one.key()) is None]
        async with aclosing(connect()) as pool:
            model: Any = pool if way.is_pooled else UnpooledModel(connect)
            return await EnrichmentRun(model, results, TAXONOMY, limits=way.limits).ask(missing)

    began = time.monotonic()
    report = asyncio.run(run())
    return time.monotonic() - began, report.calls, report.calls * _sent_kb(contents, way)


def _sent_kb(contents: Sequence[Content], way: Way) -> float:
    """KB of the prompt of a full batch."""
    prompt = make_prompt(contents[: way.limits.batch], TAXONOMY)
    parts = prompt.system, prompt.turns[0].text, msgspec.json.encode(prompt.schema).decode()
    return sum(len(part.encode()) for part in parts) / 1000


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table and write the JSON file."""
    parser = argument_parser("enrichment", __doc__ or "")
    parser.add_argument("--episodes", type=int, default=40, metavar="N")
    given = parser.parse_args(arguments)
    server = vertex.VertexEmulator(first_token_s=FIRST_TOKEN_S, token_s=TOKEN_S).start()
    measured: dict[str, Sequence[float]] = {}
    try:
        with tempfile.TemporaryDirectory() as name:
            for number, way in enumerate(WAYS):
                folder = Path(name) / str(number - way.is_stored)
                measured[way.name] = measure(server, way, given.episodes, folder)
    finally:
        server.stop()
    first = measured[WAYS[0].name][0]
    rows = [
        [name, f"{seconds:.3f}", f"{first / seconds:.1f}", f"{calls}", f"{sent_kb:.0f}"]
        for name, (seconds, calls, sent_kb) in measured.items()
    ]
    table = ResultTable(
        f"{given.episodes} episodes", ["way", "s", "times as fast", "calls", "KB sent"], rows
    )
    BenchmarkResult("enrichment", ABOUT, [table], {"ways": measured}).publish(given.json)


if __name__ == "__main__":
    main()
