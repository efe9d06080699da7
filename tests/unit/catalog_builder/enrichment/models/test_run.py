"""A run over emulated Vertex AI: faults, budgets, and results that are stored once."""

import asyncio
import json
import zlib
from collections.abc import Callable
from contextlib import aclosing, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.folder.build_cache import FolderBuildCache
from adapters.model_pool.pool import Limits, ModelPool
from catalog_builder.enrichment.models.answer import SCORES, Answer, Judged
from catalog_builder.enrichment.models.content import Content, content_of
from catalog_builder.enrichment.models.enricher import ModelEnricher
from catalog_builder.enrichment.models.prices import Price, price_of
from catalog_builder.enrichment.models.results import SEGMENT, Result, StoredResults
from catalog_builder.enrichment.models.run import EnrichmentRun, RunLimits, RunReport
from catalog_builder.enrichment.models.taxonomy import Taxonomy
from catalog_builder.errors import CommandError
from emulators.vertex import server as vertex
from feed.model.episode import Categories, Episode
from feed.ports.errors import Unavailable
from feed.ports.language_model import Generated, Malformed, Overloaded, Prompt, Unfinished, Usage
from tests.support.models import EmulatedModels, vertex_server

__all__ = ["vertex_server"]

NONE = Taxonomy((), ())
DEAR = Price(10.0, 10.0)


@pytest.fixture(autouse=True)
def _without_faults(vertex_server: EmulatedModels) -> None:
    vertex_server.server.reset()


def contents(count: int) -> list[Content]:
    return [Content(f"Episode {number}", "Show", "About Kepler.") for number in range(count)]


class Forgetful:
    """A model whose answers lack some episodes, by the labels in its prompts."""

    def __init__(self, model: ModelPool, *labels: str) -> None:
        self.name, self._model, self._labels = model.name, model, labels

    async def generate(self, prompt: Prompt, timeout_s: float) -> Generated:
        answer = await self._model.generate(prompt, timeout_s)
        kept = json.loads(answer.text)
        for label in self._labels:
            kept.pop(label, None)
        return answer._replace(text=json.dumps(kept))


def episode(name: str, **fields: Any) -> Episode:
    published = datetime(2026, 1, 1, tzinfo=UTC)
    return Episode(id=name, title=f"Kepler {name}", published_at=published, **fields)


class Instant:
    """A model that answers at once, unless `fault` raises something for the labels of a prompt."""

    name = "m"

    def __init__(self, fault: Callable[[list[str]], None] = lambda _: None) -> None:
        self.fault, self.calls = fault, 0

    async def generate(self, prompt: Prompt, _timeout_s: float) -> Generated:
        self.calls += 1
        await asyncio.sleep(0)
        names = list(json.loads(prompt.turns[0].text))
        self.fault(names)
        judged = {"score": 3, "why": "So it says."}
        scores = dict.fromkeys(("credibility", "insight", "information", "entertainment"), judged)
        answer = {name: {"key_insight": "It orbits.", **scores} for name in names}
        return Generated(json.dumps(answer), Usage(1_500, 450 * len(names)))


def ask_at_once(model: Any, folder: Path, count: int, **limits: Any) -> RunReport:
    async def run() -> RunReport:
        results = StoredResults(FolderBuildCache(folder), "m")
        how = RunLimits(pause_s=0.0, **limits)
        price = Price(0.75, 3.75)
        async with asyncio.timeout(10):
            return await EnrichmentRun(model, results, NONE, price=price, limits=how).ask(
                contents(count)
            )

    return asyncio.run(run())


def ask(
    models: EmulatedModels, folder: Path, count: int, *forgets: str, **limits: Any
) -> tuple[RunReport, StoredResults]:
    """Ask about so many episodes, those that are stored left out."""

    async def run() -> RunReport:
        pool = ModelPool(vertex.MODEL, vertex.REGIONS, models.connect(""), Limits(8, 8, 0.0))
        missing = [one for one in contents(count) if results.get(one.key()) is None]
        async with aclosing(pool):
            how = RunLimits(pause_s=0.01, **limits)
            model: Any = Forgetful(pool, *forgets) if forgets else pool
            return await EnrichmentRun(model, results, NONE, price=DEAR, limits=how).ask(missing)

    results = StoredResults(FolderBuildCache(folder), vertex.MODEL)
    return asyncio.run(run()), results


def test_each_episode_is_asked_about_once_while_two_of_four_regions_fail_in_turn(
    vertex_server: EmulatedModels, tmp_path: Path
) -> None:
    server = vertex_server.server
    for region in vertex.REGIONS[:2]:
        server.fail_next("status", 4, region=region, status=503)
    server.fail_next("garble", 1, region=vertex.REGIONS[2])
    report, results = ask(vertex_server, tmp_path, 40)
    assert (report.answered, report.left_out, report.stopped) == (40, 0, "")
    assert len({one.key for one in results}) == 40
    again, _ = ask(vertex_server, tmp_path, 40)
    assert again.calls == 0


def test_what_an_answer_lacks_is_asked_once_more_then_left_out_and_not_paid_again(
    vertex_server: EmulatedModels, tmp_path: Path
) -> None:
    report, _ = ask(vertex_server, tmp_path / "some", 3, "e2", batch=3)
    assert (report.answered, report.calls) == (3, 2)
    report, results = ask(vertex_server, tmp_path, 4, "e1", batch=2)
    assert (report.answered, report.left_out, report.calls) == (2, 2, 4)
    assert [one.reason for one in results if one.answer is None] == ["not in the answer"] * 2
    assert ask(vertex_server, tmp_path, 4)[0].calls == 0


def test_a_prompt_that_is_blocked_costs_the_others_nothing(
    vertex_server: EmulatedModels, tmp_path: Path
) -> None:
    vertex_server.server.fail_next("block", 1)
    report, _ = ask(vertex_server, tmp_path, 4, batch=4)
    assert (report.answered, report.left_out) == (4, 0)


def test_a_budget_is_never_exceeded_and_the_next_run_goes_on(
    vertex_server: EmulatedModels, tmp_path: Path
) -> None:
    first, _ = ask(vertex_server, tmp_path, 40, max_dollars=0.05)
    assert 0 < first.answered < 40
    assert first.dollars <= 0.05
    assert "budget" in first.stopped
    second, _ = ask(vertex_server, tmp_path, 40)
    assert first.answered + second.answered == 40


def test_a_model_that_is_down_ends_the_run_and_loses_nothing(
    vertex_server: EmulatedModels, tmp_path: Path
) -> None:
    for region in vertex.REGIONS:
        vertex_server.server.fail_next("drop", None, region=region)
    report, _ = ask(vertex_server, tmp_path, 30, batch=1, down_s=0.0)
    assert report.answered == 0
    assert "does not answer" in report.stopped


def test_a_run_ends_when_its_budget_is_used_up_by_many_calls_at_once(tmp_path: Path) -> None:
    report = ask_at_once(Instant(), tmp_path, 400, max_dollars=0.1)
    assert "budget" in report.stopped
    assert 0.08 < report.dollars <= 0.1


@pytest.mark.parametrize("calls", [8, 1_100])
def test_a_burst_of_failures_ends_no_run(tmp_path: Path, calls: int) -> None:
    left = iter(range(calls))  # as many as are under way

    def fail_at_first(_: list[str]) -> None:
        at = next(left, calls)
        if at < calls:
            raise Unavailable("503") if at < calls - 1 else Unfinished("no JSON within 450 tokens")

    report = ask_at_once(Instant(fail_at_first), tmp_path, calls, batch=1, at_once=calls)
    assert (report.answered, report.stopped) == (calls, "")


def test_an_episode_that_is_never_answered_in_form_is_left_out_and_not_paid_again(
    tmp_path: Path,
) -> None:
    def garble(_: list[str]) -> None:
        raise Malformed("an answer that is no JSON")

    report = ask_at_once(Instant(garble), tmp_path, 1)
    assert (report.left_out, report.calls, report.stopped) == (1, 6, "")


def test_a_region_that_asks_for_hours_holds_no_build_up(tmp_path: Path) -> None:
    left = iter(range(2))

    def shed_at_first(_: list[str]) -> None:
        if next(left, None) is not None:
            raise Overloaded("429", 36_000)

    report = ask_at_once(Instant(shed_at_first), tmp_path, 8, down_s=0.2)
    assert report.answered == 8


def test_calls_without_an_answer_count_in_the_budget_in_full(tmp_path: Path) -> None:
    def fail(_: list[str]) -> None:
        raise Unavailable("no answer in time")

    report = ask_at_once(Instant(fail), tmp_path, 40, max_dollars=0.03, at_once=1)
    assert "budget" in report.stopped
    assert 0.015 < report.unanswered_dollars <= 0.03


def test_an_answer_that_is_too_long_is_asked_for_one_by_one(tmp_path: Path) -> None:
    def is_cut(names: list[str]) -> None:
        if len(names) > 1:
            raise Unfinished("no JSON within 1800 tokens")

    report = ask_at_once(Instant(is_cut), tmp_path, 8, at_once=1)
    assert (report.answered, report.left_out, report.stopped) == (8, 0, "")


def test_a_model_that_never_ends_its_answers_ends_the_run(tmp_path: Path) -> None:
    def is_cut(_: list[str]) -> None:
        raise Unfinished("no JSON within 450 tokens")

    report = ask_at_once(Instant(is_cut), tmp_path, 80)
    assert report.left_out == 0
    assert "within 450 tokens" in report.stopped


def test_nothing_is_asked_where_no_answer_can_be_stored(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("where a folder should be")
    model = Instant()
    cache = FolderBuildCache(tmp_path / "file")
    enricher = ModelEnricher("m", lambda: nullcontext(model), cache, DEAR, RunLimits())  # type: ignore[arg-type]
    _, remarks = enricher.enrich([episode("a")])
    assert model.calls == 0
    assert "keeps nothing" in remarks[0]


def test_runs_that_begin_at_once_each_find_that_the_cache_keeps(tmp_path: Path) -> None:
    cache = FolderBuildCache(tmp_path)
    results, other = StoredResults(cache, "m"), StoredResults(cache, "m")

    def save_before_the_other(name: str, data: bytes) -> None:
        FolderBuildCache.save(cache, name, data)
        vars(cache).pop("save")
        assert other.can_store()

    vars(cache)["save"] = save_before_the_other
    assert results.can_store()


def test_an_error_of_any_kind_leaves_the_episodes_as_they_are(tmp_path: Path) -> None:
    def fail(_: list[str]) -> None:
        raise RuntimeError("whatever")

    model: Any = Instant(fail)
    cache = FolderBuildCache(tmp_path)
    enricher = ModelEnricher("m", lambda: nullcontext(model), cache, DEAR, RunLimits())
    episodes, remarks = enricher.enrich([episode("a")])
    assert episodes == [episode("a")]
    assert "an error that the log has" in remarks[0]


def test_a_stored_category_that_the_catalog_has_no_more_is_left_out(tmp_path: Path) -> None:
    judged = Judged(3.0, "")
    answer = Answer(
        key_insight="It orbits.",
        **dict.fromkeys(SCORES, judged),
        categories=["Astrology", "Science"],
    )
    some = [episode(f"e{at}", categories=Categories(major=["Science"])) for at in range(3)]
    results = StoredResults(FolderBuildCache(tmp_path), "m")
    for one in (*some, lacking := episode("lacking")):
        results.add(Result(content_of(one).key(), answer))
    results.save()
    model: Any = Instant()
    cache = FolderBuildCache(tmp_path)
    enricher = ModelEnricher("m", lambda: nullcontext(model), cache, DEAR, RunLimits())
    filled = enricher.enrich([*some, lacking])[0][-1]
    assert filled.categories == Categories(major=["Science"])
    assert model.calls == 0


def test_two_runs_at_once_keep_the_answers_of_both(tmp_path: Path) -> None:
    cache = FolderBuildCache(tmp_path)
    runs = [StoredResults(cache, "m"), StoredResults(cache, "m")]
    for number, run in enumerate(runs):
        run.add(Result(f"k{number}", None, "none"))
        run.save()
    assert {one.key for one in StoredResults(cache, "m")} == {"k0", "k1"}


def test_an_answer_whose_save_failed_is_stored_with_the_next_call(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("where a folder should be")
    results = StoredResults(FolderBuildCache(tmp_path / "cache"), "m")
    results.add(Result("k", None, "none"))
    results.save()
    (tmp_path / "cache").unlink()
    results.save()
    assert StoredResults(FolderBuildCache(tmp_path / "cache"), "m").get("k") is not None


def test_a_segment_that_is_no_list_of_results_counts_as_lost(tmp_path: Path) -> None:
    cache = FolderBuildCache(tmp_path)
    cache.save("enrichment-m-00000", zlib.compress(b'{"key": "k", "answer": {"of": "old"}}'))
    assert list(StoredResults(cache, "m")) == []


@pytest.mark.parametrize("given", ["nan,1", "1,-1", "inf,1", "1", "1,2,3", "a,b"])
def test_a_price_that_would_void_the_budget_is_refused(given: str) -> None:
    with pytest.raises(CommandError, match="--model-price: expected dollars"):
        price_of("m", given)


def test_results_fill_segments_and_a_lost_segment_loses_its_own(tmp_path: Path) -> None:
    cache = FolderBuildCache(tmp_path)
    results = StoredResults(cache, "m")
    for number in range(SEGMENT + 5):
        results.add(Result(f"k{number}", None, "none"))
    results.save()
    assert len(list(StoredResults(cache, "m"))) == SEGMENT + 5
    (tmp_path / "enrichment-m-00000").write_bytes(b"damaged")
    after = StoredResults(cache, "m")
    assert [one.key for one in after] == [f"k{number}" for number in range(SEGMENT, SEGMENT + 5)]
    after.add(Result("new", None, "none"))
    after.save()
    assert StoredResults(cache, "m").get("new") is not None
