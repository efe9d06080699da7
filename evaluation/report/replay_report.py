"""The report of an offline replay, with the behaviour cases."""

import html
from collections import Counter
from collections.abc import Sequence

from evaluation.behaviour.runner import CaseResult
from evaluation.offline.recommender import Recommender
from evaluation.offline.replay import OfflineResult
from evaluation.offline.run import OfflineRun
from evaluation.offline.scenario_recommender import ScenarioRecommender
from evaluation.report import accuracy, composition
from evaluation.report.page import html_table, number, page, pair, paragraph
from evaluation.report.session_sample import USERS, SessionSample, sample_sessions
from evaluation.report.worst_served import worst_served
from feed.model.timestamps import rfc3339


def replay_report(
    run: OfflineRun,
    rankings: Sequence[Recommender],
    outcomes: Sequence[OfflineResult],
    cases: Sequence[CaseResult],
    *,
    seed: int,
) -> bytes:
    """The HTML page of an offline replay, with behaviour cases if there are any.

    The scenarios come first in `rankings` and `outcomes`.
    """
    training, targets = run.training, run.targets
    scenarios = [one for one in rankings if isinstance(one, ScenarioRecommender)]
    some = targets.sample(USERS, seed)
    samples = [sample_sessions(one, some.users) for one in scenarios]
    evaluated, rival = outcomes[0], _rival(outcomes, len(scenarios))
    sections = [
        ("Choices", _choices(outcomes)),
        (f"{evaluated.name} and {rival.name}", accuracy.comparison(evaluated, rival, seed=seed)),
        ("Score parts, reasons and sources", _parts(samples, len(some))),
        ("Latency", composition.latency_chart(samples)),
    ]
    if cases:
        sections.append(("Behaviour", _behaviour(cases)))
    sections.append(("Users served worst", _worst(scenarios[0], run)))
    catalog = training.catalog
    lead = [
        f'<span class="lead">{_verdict(evaluated, outcomes)}</span>',
        (
            f'<span class="soft">{len(catalog):,} episodes; {len(training.row):,} events of '
            f"{len(training.users):,} users until {rfc3339(training.now_us)}, the "
            f"training data; {len(targets):,} users evaluated on what they chose next, "
            f"{int(targets.cold.sum()):,} of them on an episode without engagements and "
            f"{targets.unpublished:,} on one that was not published yet. 95% intervals over users. "
            f"Seed {seed}.</span>"
        ),
    ]
    return page(f"How {evaluated.name} does", lead, sections)


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
    ahead = evaluated.metrics[name] > best.metrics[name]
    return (
        f"<b>{html.escape(evaluated.name)}</b> reaches {name} {number(evaluated.metrics[name])} "
        f"({low} to {high}) and {recall} {number(evaluated.metrics[recall])}; the best of the "
        f"others, <b>{html.escape(best.name)}</b>, {number(best.metrics[name])} and "
        f"{number(best.metrics[recall])}. It is {'ahead' if ahead else 'not ahead'}."
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
