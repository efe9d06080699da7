"""The report of an offline replay, with the behaviour cases."""

import html
from collections import Counter
from collections.abc import Sequence

from evaluation.behaviour.runner import CaseResult
from evaluation.offline.result import OfflineResult
from evaluation.offline.run import OfflineReplay, OfflineRun
from evaluation.offline.scenario_recommender import ScenarioRecommender
from evaluation.report import accuracy, baseline_sections, composition
from evaluation.report.page import html_table, number, page, pair, paragraph
from evaluation.report.session_sample import USERS, SessionSample, sample_sessions
from evaluation.report.tables import verdict
from evaluation.report.worst_served import worst_served
from feed.model.timestamps import rfc3339
from feed.scenarios.scenario import Scenario


def replay_report(
    done: OfflineReplay, scenarios: Sequence[Scenario], cases: Sequence[CaseResult], *, seed: int
) -> bytes:
    """The HTML page of an offline replay, with behaviour cases if there are any.

    What needs single sessions is taken from the last cut.
    """
    run, outcomes = done.last, done.outcomes
    training, targets = run.training, run.targets
    rankings = [ScenarioRecommender(training, one, seed) for one in scenarios]
    some = targets.sample(USERS, seed)
    samples = [sample_sessions(one, some.users) for one in rankings]
    evaluated, rival = outcomes[0], _rival(outcomes, len(scenarios))
    sections = [
        ("Choices", _choices(outcomes)),
        ("Scenarios and baselines", baseline_sections.against(outcomes[: len(scenarios)])),
        ("Segments", baseline_sections.segments(outcomes)),
        (f"{evaluated.name} and {rival.name}", accuracy.comparison(evaluated, rival, seed=seed)),
        ("Score parts, reasons and sources", _parts(samples, len(some))),
        ("Latency", composition.latency_chart(samples)),
    ]
    if cases:
        sections.append(("Behaviour", _behaviour(cases)))
    sections.append(("Users served worst", _worst(rankings[0], run)))
    catalog = training.catalog
    lead = [
        f'<span class="lead">{_verdict(evaluated, outcomes)}</span>',
        (
            f'<span class="soft">{len(catalog):,} episodes; {len(training.row):,} events of '
            f"{len(training.users):,} users until {rfc3339(training.now_us)}, the "
            f"training data; {len(targets):,} users evaluated on what they chose next, "
            f"{int(targets.cold.sum()):,} of them on an episode without engagements and "
            f"{targets.unpublished:,} on one that was not published yet. {_cuts(done)}"
            f"95% intervals over users. Seed {seed}.</span>"
        ),
    ]
    return page(f"How {evaluated.name} does", lead, sections)


def _cuts(done: OfflineReplay) -> str:
    """A sentence if the results are of several cuts."""
    if done.runs == 1:
        return ""
    return (
        f"This is the last of {done.runs} cuts: metrics are of {len(done.outcomes[0].ranks):,} "
        "evaluations at all of them. "
    )


def _rival(outcomes: Sequence[OfflineResult], scenarios: int) -> OfflineResult:
    """The second scenario, or else the best baseline."""
    if scenarios > 1:
        return outcomes[1]
    return max(outcomes[1:], key=lambda one: one.metrics[_headline(outcomes)])


def _headline(outcomes: Sequence[OfflineResult]) -> str:
    return [name for name in outcomes[0].metrics if name.startswith("ndcg")][-1]


def _verdict(evaluated: OfflineResult, outcomes: Sequence[OfflineResult]) -> str:
    name = _headline(outcomes)
    recall = name.replace("ndcg", "recall")
    best = max(outcomes[1:], key=lambda one: one.metrics[name])
    low, high = (number(end) for end in evaluated.ci[name])
    return (
        f"<b>{html.escape(evaluated.name)}</b> reaches {name} {number(evaluated.metrics[name])} "
        f"({low} to {high}) and {recall} {number(evaluated.metrics[recall])}; the best of the "
        f"others, <b>{html.escape(best.name)}</b>, {number(best.metrics[name])} and "
        f"{number(best.metrics[recall])}. {html.escape(verdict(evaluated))}."
    )


def _choices(outcomes: Sequence[OfflineResult]) -> str:
    text = (
        "Every ranking gets the same users as at the cut, and ranks all episodes they have "
        "not seen; it should find what each chose next. Recall: how often that is in the "
        "first k. nDCG and MRR: how high. Novelty, in bits: how few users know what is shown. "
        "Cold AUC: how often a chosen episode without earlier engagements scores above another "
        "one without. The best value is bold where more is better."
    )
    return (
        paragraph(text)
        + accuracy.metrics_tables(outcomes)
        + accuracy.metrics_chart(outcomes)
        + accuracy.depth_chart(outcomes)
    )


def _parts(samples: Sequence[SessionSample], users: int) -> str:
    text = f"From the queues of {users:,} users."
    reasons = {one.name: {k: n / one.shown for k, n in one.reasons.items()} for one in samples}
    sources = {one.name: {k: n / one.shown for k, n in one.sources.items()} for one in samples}
    degraded = "".join(
        paragraph(f"{one.name}: {count:,} of these sessions were degraded: {name}.")
        for one in samples
        for name, count in one.degraded.most_common()
    )
    return (
        paragraph(text)
        + composition.parts_chart(samples)
        + pair(
            composition.shares_chart("reasons", "Reasons of the first ten.", reasons),
            composition.shares_chart(
                "sources", "Sources of the first ten; an episode may have several.", sources
            ),
        )
        + degraded
    )


def _behaviour(cases: Sequence[CaseResult]) -> str:
    rows = [
        [
            f'<td class="{one.status}">{one.status}</td>',
            html.escape(one.case.about) + f"<small>{html.escape(one.name)}</small>",
            one.case.kind,
            one.scenario,
            html.escape(one.observed),
        ]
        for one in cases
    ]
    count = Counter(one.status for one in cases)
    text = f"{count['pass']} hold, {count['fail']} do not, {count['later']} cannot yet."
    return paragraph(text) + html_table(["", "case", "kind", "scenario", "seen"], rows, text=True)


def _worst(evaluated: ScenarioRecommender, run: OfflineRun) -> str:
    text = (
        "The users whose next choice scored lowest, among published choices with engagements. "
        "Below each recommended episode: its reason and the largest parts of its score."
    )
    users = worst_served(evaluated, run.training, run.targets)
    return paragraph(text) + (users or paragraph("There are none."))
