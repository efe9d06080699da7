"""The results of an offline replay as text: metrics, segments, and differences to baselines."""

from collections.abc import Mapping, Sequence

from evaluation.offline.replay import UNEXPLORED
from evaluation.offline.result import Difference, OfflineResult
from evaluation.offline.segments import BY_HISTORY, BY_TARGET
from evaluation.offline.visits import VisitReplay
from evaluation.report.page import number, signed, text_table, with_interval


def results(outcomes: Sequence[OfflineResult]) -> str:
    """All tables, one below the other, and a sentence about each scenario."""
    scenarios = [one for one in outcomes if one.rivals]
    parts = [metrics_table(outcomes), segment_table(outcomes)]
    if scenarios:
        parts += [difference_table(scenarios), "\n".join(verdict(one) for one in scenarios)]
    return "\n\n".join(parts)


def metrics_table(outcomes: Sequence[OfflineResult]) -> str:
    """Rankings by metrics; recall and nDCG with their intervals."""
    names = shown_metrics(outcomes)
    rows = [
        [
            one.name,
            *(
                with_interval(one.metrics[name], one.ci[name])
                if name.startswith(("recall", "ndcg"))
                else number(one.metrics[name])
                for name in names
            ),
        ]
        for one in outcomes
    ]
    return text_table([f"{len(outcomes[0].ranks):,} users", *names], rows)


def shown_metrics(outcomes: Sequence[OfflineResult]) -> list[str]:
    """Names of all metrics, of a coverage without exploration only if one has exploration."""
    return [
        name
        for name in outcomes[0].metrics
        if any(one.metrics[name] != one.metrics[name.removesuffix(UNEXPLORED)] for one in outcomes)
        or not name.endswith(UNEXPLORED)
    ]


def segment_table(outcomes: Sequence[OfflineResult]) -> str:
    """Rankings by segments: the recall at the largest cutoff, with its interval."""
    first = outcomes[0]
    recall = segment_metric(first)
    names = (*BY_TARGET, *BY_HISTORY)
    header = [f"{name}: {first.by_segment[name].users:,}" for name in names]
    rows = [
        [one.name, *(with_interval(found.metrics[recall], found.ci[recall]) for found in parts)]
        for one, parts in ((one, [one.by_segment[name] for name in names]) for one in outcomes)
    ]
    return text_table([f"{recall} by segment", *header], rows)


def difference_table(scenarios: Sequence[OfflineResult]) -> str:
    """Scenarios minus baselines: each metric's difference with its paired interval."""
    names = list(next(iter(scenarios[0].against.values())))
    rows = [
        [f"{one.name} - {other}", *(difference(compared[name]) for name in names)]
        for one in scenarios
        for other, compared in one.against.items()
    ]
    return text_table(["difference", *names], rows)


def verdict(one: OfflineResult) -> str:
    """A sentence: whether a scenario is better than the best list for everybody, and by what."""
    compared = ", ".join(
        f"{name} {difference(one.against[rival][name])} against {rival}"
        for name, rival in one.rivals.items()
    )
    return f"{one.name} is {one.verdict} than the best list for everybody: {compared}"


def difference(found: Difference) -> str:
    """A difference with its sign and its interval, as `+.012 [-.003, +.027]`."""
    mean, low, high = found
    return f"{signed(mean)} [{signed(low)}, {signed(high)}]"


def segment_metric(one: OfflineResult) -> str:
    """The metric that tables of segments show: the recall at the largest cutoff."""
    return [name for name in one.values if name.startswith("recall")][-1]


def visits(found: Mapping[str, VisitReplay]) -> str:
    """Second visits by scenario: how much of them was new, and how well they hit targets."""
    parts = []
    for name, one in found.items():
        hits = [
            [what, number(ranks.recall), number(ranks.ndcg), number(ranks.either)]
            for what, ranks in (
                ("one visit", one.first),
                ("second, nothing remembered", one.forgotten),
                ("second, what was seen remembered", one.remembered),
            )
        ]
        about = (
            f"{one.users:,} users: {one.new:.1%} of the second ten are new. Half or more are for "
            f"{one.half_new:,}; of the others, {one.few_others:,} have fewer than five others that "
            f"are as good, {one.unexplained:,} have more. Within a visit {one.moved:,} feeds moved."
        )
        parts += [text_table([name, "recall@20", "nDCG@10", "in either ten"], hits), about]
    return "\n\n".join(parts)
