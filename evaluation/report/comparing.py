"""Comparing: the report of an offline replay, and of behaviour, put together."""

import html
from collections import Counter
from collections.abc import Sequence

from evaluation.behaviour.running import Result
from evaluation.offline.earshot import Earshot
from evaluation.offline.recommender import Recommender
from evaluation.offline.replay import Outcome
from evaluation.offline.setup import Experiment
from evaluation.report import accuracy, makeup, people
from evaluation.report.page import page, pair, paragraph, table
from evaluation.report.sampled import USERS, Sampled, sampled
from evaluation.report.tables import number
from feed.model.timestamps import rfc3339


def report(
    experiment: Experiment,
    rankings: Sequence[Recommender],
    outcomes: Sequence[Outcome],
    cases: Sequence[Result],
    *,
    seed: int,
) -> bytes:
    """The page. The scenarios stand first among the rankings."""
    learned, targets = experiment.learned, experiment.targets
    scenarios = [one for one in rankings if isinstance(one, Earshot)]
    some = targets.sample(USERS, seed)
    looked = [sampled(one, some.users) for one in scenarios]
    judged, rival = outcomes[0], _rival(outcomes, len(scenarios))
    sections = [
        ("Choices", _choices(outcomes)),
        (
            f"{judged.name} and {rival.name}",
            accuracy.comparison(judged, rival, seed=seed),
        ),
        ("What scores are made of", _parts(looked, len(some))),
        ("Diversity", _diversity(experiment, outcomes)),
        ("Latency", makeup.latency_chart(looked)),
    ]
    if cases:
        sections.append(("Behaviour", _behaviour(cases)))
    sections.append(("Whom it serves worst", _worst(scenarios[0], experiment)))
    catalog = learned.catalog
    lead = [
        f'<span class="lead">{_verdict(judged, outcomes)}</span>',
        (
            f'<span class="soft">{len(catalog):,} episodes; {len(learned.row):,} events of '
            f"{len(learned.users):,} users until {rfc3339(learned.now_us)}, of which all was "
            f"learned; {len(targets):,} users asked for what they chose next, "
            f"{int(targets.cold.sum()):,} of them an episode that nobody had touched and "
            f"{targets.unpublished:,} one that was not out yet. Intervals are of 95%, over users. "
            f"Seed {seed}.</span>"
        ),
    ]
    return page(f"How {judged.name} does", lead, sections)


def _rival(outcomes: Sequence[Outcome], scenarios: int) -> Outcome:
    """The second scenario, or else the best of the others."""
    if scenarios > 1:
        return outcomes[1]
    return max(outcomes[1:], key=lambda one: one.metrics[_headline(outcomes)])


def _headline(outcomes: Sequence[Outcome]) -> str:
    return [name for name in outcomes[0].metrics if name.startswith("ndcg")][-1]


def _verdict(judged: Outcome, outcomes: Sequence[Outcome]) -> str:
    name = _headline(outcomes)
    recall = name.replace("ndcg", "recall")
    best = max(outcomes[1:], key=lambda one: one.metrics[name])
    low, high = (number(end) for end in judged.ci[name])
    ahead = judged.metrics[name] > best.metrics[name]
    return (
        f"<b>{html.escape(judged.name)}</b> reaches {name} {number(judged.metrics[name])} "
        f"({low} to {high}) and {recall} {number(judged.metrics[recall])}; the best of the others, "
        f"<b>{html.escape(best.name)}</b>, {number(best.metrics[name])} and "
        f"{number(best.metrics[recall])}. It is {'ahead' if ahead else 'not ahead'}."
    )


def _choices(outcomes: Sequence[Outcome]) -> str:
    told = (
        "Every ranking saw the same users as they were at the cut, and was asked for what each "
        "chose next, among all episodes but those that they had heard. Recall: how often it is in "
        "the first k. nDCG and MRR: how high. Novelty, in bits: how few know what is shown. "
        "Cold AUC: how often an episode that nobody had touched, and that was then chosen, "
        "scores above another such one. What is best is bold, where more is better."
    )
    return (
        paragraph(told)
        + accuracy.metrics_tables(outcomes)
        + accuracy.metrics_chart(outcomes)
        + accuracy.depth_chart(outcomes)
    )


def _parts(looked: Sequence[Sampled], users: int) -> str:
    told = f"From the queues of {users:,} users."
    reasons = {one.name: {k: n / one.shown for k, n in one.reasons.items()} for one in looked}
    sources = {one.name: {k: n / one.shown for k, n in one.sources.items()} for one in looked}
    degraded = "".join(
        paragraph(
            f"{one.name} said of {count:,} of these sessions that it had to do without "
            f"something: {name}."
        )
        for one in looked
        for name, count in one.degraded.most_common()
    )
    return (
        paragraph(told)
        + makeup.parts_chart(looked)
        + pair(
            makeup.shares_chart("reasons", "Which reasons the first ten give.", reasons),
            makeup.shares_chart(
                "sources", "Which sources proposed the first ten; several may have.", sources
            ),
        )
        + degraded
    )


def _diversity(experiment: Experiment, outcomes: Sequence[Outcome]) -> str:
    learned = experiment.learned
    exposure = makeup.exposure_chart(outcomes, learned, experiment.targets)
    if not len(learned.catalog.series_ids):
        return pair(exposure)
    return pair(makeup.entropy_chart(outcomes, learned), exposure)


def _behaviour(cases: Sequence[Result]) -> str:
    rows = [
        [
            f'<td class="{one.status}">{one.status}</td>',
            html.escape(one.case.about) + f"<small>{html.escape(one.name)}</small>",
            one.case.kind,
            one.scenario,
            html.escape(one.saw),
        ]
        for one in cases
    ]
    count = Counter(one.status for one in cases)
    told = f"{count['pass']} hold, {count['fail']} do not, {count['later']} cannot yet."
    return paragraph(told) + table(["", "case", "kind", "scenario", "seen"], rows, text=True)


def _worst(judged: Earshot, experiment: Experiment) -> str:
    told = (
        "Those whose next choice scored lowest, among choices that were out and that somebody had "
        "touched. Beside each episode that they got, its reason and the parts that gave most to "
        "its score."
    )
    found = people.worst(judged, experiment.learned, experiment.targets)
    return paragraph(told) + (found or paragraph("There are none."))
