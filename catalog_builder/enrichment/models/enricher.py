"""The enricher: fills in what episodes lack, from stored results and from a model."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import NamedTuple

from catalog_builder.enrichment.models.answer import within
from catalog_builder.enrichment.models.content import Content, content_of, lacks_something
from catalog_builder.enrichment.models.merge import enriched
from catalog_builder.enrichment.models.prices import Price
from catalog_builder.enrichment.models.prompt import make_prompt, most_tokens
from catalog_builder.enrichment.models.results import StoredResults
from catalog_builder.enrichment.models.run import EnrichmentRun, RunLimits, RunReport
from catalog_builder.enrichment.models.taxonomy import Taxonomy, learned_taxonomy
from catalog_builder.progress import counter
from feed.model.episode import Episode
from feed.ports.builds import BuildCache
from feed.ports.language_model import LanguageModel, Usage

log = logging.getLogger(__name__)

_BYTES_OF_A_TOKEN = 4
_TYPICAL_ANSWER = 250
"""tokens of an answer about one episode"""


class Estimate(NamedTuple):
    """What asking about all that is missing takes."""

    lacking: int
    """episodes that lack something"""
    stored: int
    """those of them whose results are stored"""
    typical: Usage
    most: Usage
    typical_dollars: float
    most_dollars: float


@dataclass(frozen=True)
class ModelEnricher:
    """Fills in what episodes lack with one model."""

    model: str
    """its name"""
    connect: Callable[[], AbstractAsyncContextManager[LanguageModel]]
    """gives the model for one run"""
    cache: BuildCache
    price: Price
    limits: RunLimits

    def enrich(self, episodes: Sequence[Episode]) -> tuple[list[Episode], list[str]]:
        """Returns the episodes with what could be filled in, and remarks for the report.

        What the model does not answer, or not within the limits, is left as it is and counted.
        """
        results, taxonomy = self.results(), learned_taxonomy(episodes)
        lacking = _contents(episodes)
        missing = [one for key, one in lacking.items() if results.get(key) is None]
        report = RunReport()
        if missing and not results.can_store():
            report.stopped = "the build cache keeps nothing, so answers would be paid for each time"
        elif missing:
            try:
                report = asyncio.run(self._ask(missing, taxonomy, results))
            except Exception:  # whatever it is, the catalog does not wait for it
                log.exception("enrichment failed")
                report.stopped = "an error that the log has"
        filled = [_filled(one, results, taxonomy) for one in episodes]
        return filled, _remarks(len(lacking), len(missing), report, results, lacking)

    async def _ask(
        self, missing: Sequence[Content], taxonomy: Taxonomy, results: StoredResults
    ) -> RunReport:
        with counter("enriched", len(missing)) as advance:
            async with self.connect() as model:
                run = EnrichmentRun(
                    model,
                    results,
                    taxonomy,
                    price=self.price,
                    limits=self.limits,
                    advance=advance,
                )
                return await run.ask(missing)

    def results(self) -> StoredResults:
        """Returns what is stored of the model."""
        return StoredResults(self.cache, self.model)

    def estimate(self, episodes: Sequence[Episode]) -> Estimate:
        """Returns what asking about all that is missing takes. Asks nothing."""
        results = self.results()
        lacking = _contents(episodes)
        missing = [one for key, one in lacking.items() if results.get(key) is None]
        taxonomy = learned_taxonomy(episodes)
        sizes = [
            most_tokens(make_prompt(missing[at : at + self.limits.batch], taxonomy))
            for at in range(0, len(missing), self.limits.batch)
        ]
        most = Usage(sum(one[0] for one in sizes), sum(one[1] for one in sizes))
        typical = Usage(most.input_tokens * 2 // _BYTES_OF_A_TOKEN, len(missing) * _TYPICAL_ANSWER)
        return Estimate(
            lacking=len(lacking),
            stored=len(lacking) - len(missing),
            typical=typical,
            most=most,
            typical_dollars=self.price.of(typical),
            most_dollars=self.price.of(most),
        )


def _contents(episodes: Sequence[Episode]) -> dict[str, Content]:
    """The contents of the episodes that lack something, by key, the newest first."""
    newest = sorted(
        (one for one in episodes if lacks_something(one)),
        key=lambda one: one.published_at,
        reverse=True,
    )
    return {content.key(): content for content in map(content_of, newest)}


def _filled(episode: Episode, results: StoredResults, taxonomy: Taxonomy) -> Episode:
    if not lacks_something(episode):
        return episode
    result = results.get(content_of(episode).key())
    if result is None or result.answer is None:
        return episode
    return enriched(episode, within(result.answer, taxonomy))


def _remarks(
    lacking: int,
    missing: int,
    report: RunReport,
    results: StoredResults,
    contents: dict[str, Content],
) -> list[str]:
    remarks = []
    if report.calls:
        remarks.append(
            f"{report.answered:,} of {missing:,} episodes were enriched by {report.calls:,} calls, "
            f"{report.usage.input_tokens:,} tokens in and {report.usage.output_tokens:,} out: "
            f"${report.dollars:.4f}"
        )
    if report.unanswered_dollars:
        remarks.append(f"calls without an answer cost ${report.unanswered_dollars:.4f} at most")
    if report.stopped:
        remarks.append(f"enrichment stopped: {report.stopped}")
    found = [results.get(key) for key in contents]
    unanswered = sum(one is None for one in found)
    left_out = sum(one is not None and one.answer is None for one in found)
    if unanswered:
        remarks.append(f"{unanswered:,} of {lacking:,} episodes that lack something wait for it")
    if left_out:
        remarks.append(f"{left_out:,} episodes stay as they are: no answer about them can be used")
    return remarks
