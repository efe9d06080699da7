"""An online report as text: groups by metrics, differences between arms, positions and sources."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from evaluation.online.estimates import ALARM, Estimate
from evaluation.online.report import Compared, ExperimentReport, Group, OnlineReport
from evaluation.report.page import number, text_table

CHART_METRIC = "click_through"
"""the metric of positions, sources and shelves in tables and charts"""
NO_SHARES = frozenset({"freshness_days"})
"""metrics that are not shown in percent"""


def online_tables(report: OnlineReport) -> str:
    """All tables, one below the other; positions and sources by arm, if there is any."""
    parts = [metrics_table("by scenario", report.scenarios)]
    for one in report.experiments:
        parts += [
            metrics_table(f"{one.name}, by arm", one.arms),
            sample_ratio(one),
            differences_table(one),
            "\n".join(verdicts(one)),
        ]
    groups = [arm for one in report.experiments for arm in one.arms] or report.scenarios
    for name, of in (
        ("position", [one.by_position for one in groups]),
        ("source", [one.by_source for one in groups]),
        ("shelf", [one.by_shelf for one in groups]),
    ):
        if any(of):
            parts.append(parts_table(name, groups, of))
    return "\n\n".join(part for part in parts if part)


def as_json(report: OnlineReport) -> dict[str, Any]:
    """All numbers, and for each experiment the `sentences` that say what they mean."""
    found: dict[str, Any] = msgspec.to_builtins(report)
    for plain, one in zip(found["experiments"], report.experiments, strict=True):
        plain["sentences"] = [sample_ratio(one), *verdicts(one)]
    return found


def metrics_table(title: str, groups: Sequence[Group]) -> str:
    """Metrics by groups, each with its interval."""
    counts = {
        "users": [one.users for one in groups],
        "sessions": [one.sessions for one in groups],
        "shown episodes": [one.shown for one in groups],
    }
    rows = [[name, *(f"{count:,}" for count in values)] for name, values in counts.items()]
    rows += [
        [label(metric), *(estimate(metric, one.metrics[metric]) for one in groups)]
        for metric in groups[0].metrics
    ]
    return text_table([title, *(one.name for one in groups)], rows)


def differences_table(experiment: ExperimentReport) -> str:
    """The differences to the control arm; those of primary metrics are named so."""
    rows = [
        [
            label(one.metric) + (" (primary)" if one.is_primary else ""),
            one.arm,
            amount(one.metric, one.control.value),
            with_signs(one.metric, one.difference),
            relative(one),
            number(one.p),
            "differs" if one.differs else "",
        ]
        for one in experiment.compared
    ]
    header = [f"against {experiment.control}", "arm", "control", "difference", "", "p", ""]
    return text_table(header, rows)


def parts_table(
    name: str, groups: Sequence[Group], of: Sequence[Mapping[str, Mapping[str, Estimate]]]
) -> str:
    """The click-through of each position, source or shelf, by group."""
    names = list(dict.fromkeys(one for part in of for one in part))
    if name == "position":
        names.sort(key=first_position)
    empty = Estimate.of(math.nan, math.nan, 0)
    rows = [
        [one, *(estimate(CHART_METRIC, part.get(one, {}).get(CHART_METRIC, empty)) for part in of)]
        for one in names
    ]
    return text_table([f"{label(CHART_METRIC)} by {name}", *(one.name for one in groups)], rows)


def first_position(name: str) -> int:
    """The first position of a row of positions, such as 11 of `11-20`."""
    return int(name.rstrip("+").partition("-")[0])


def sample_ratio(experiment: ExperimentReport) -> str:
    """A sentence on whether users are split as the weights say."""
    users = ", ".join(f"{one.name} {one.users:,}" for one in experiment.arms)
    left_out = ""
    if experiment.in_several_arms:
        left_out = (
            f" {experiment.in_several_arms:,} users had sessions in several arms and are left out: "
            "did weights or arms change?"
        )
    if math.isnan(experiment.sample_ratio_p):
        return (
            f"Users: {users}. Without weights (--experiment or --weights) it is not known whether "
            f"that is the split.{left_out}"
        )
    p = experiment.sample_ratio_p
    if p < ALARM:
        return (
            f"Users: {users}. THE SPLIT IS WRONG (p {p:.1g}): something else than the weights "
            f"decides who is counted. Trust no number below.{left_out}"
        )
    return f"Users: {users}, as the weights say (p {number(p)}).{left_out}"


def verdicts(experiment: ExperimentReport) -> list[str]:
    """A sentence for each primary metric and arm, and one on all others."""
    found = []
    for one in experiment.compared:
        if one.is_primary:
            verb = "differs from" if one.differs else "does not differ measurably from"
            points = "" if one.metric in NO_SHARES else " points"
            percent = f" ({text})" if (text := relative(one)) else ""
            found.append(
                f"{one.metric}: {one.arm} {verb} {experiment.control}, "
                f"{with_signs(one.metric, one.difference)}{points}{percent}."
            )
    others = [
        f"{one.metric} ({one.arm})"
        for one in experiment.compared
        if one.differs and not one.is_primary
    ]
    found.append(
        "Exploratory: "
        + (f"{', '.join(others)} differ." if others else "nothing differs.")
        + " Each primary metric has a false alarm in 5% of experiments, all others together in 5%."
    )
    return found


def label(metric: str) -> str:
    """The name of a metric with the unit that tables show it in."""
    return metric if metric in NO_SHARES else f"{metric}, %"


def amount(metric: str, value: float) -> str:
    """A value of a metric with two decimals, a share in percent; `-` for NaN."""
    if math.isnan(value):
        return "-"
    return f"{value if metric in NO_SHARES else 100 * value:.2f}"


def estimate(metric: str, one: Estimate) -> str:
    """A value with its interval; without users to compute one, the value alone."""
    if math.isnan(one.error):
        return amount(metric, one.value)
    return f"{amount(metric, one.value)} [{amount(metric, one.low)}, {amount(metric, one.high)}]"


def with_signs(metric: str, one: Estimate) -> str:
    """A difference with its sign and its interval, of shares in percentage points."""
    value, low, high = (
        f"+{text}" if end > 0 else text
        for end, text in ((end, amount(metric, end)) for end in (one.value, one.low, one.high))
    )
    return f"{value} [{low}, {high}]"


def relative(one: Compared) -> str:
    """The difference in percent of the control arm; empty where that is zero or unknown."""
    if math.isnan(one.difference.value) or not abs(one.control.value) > 0:
        return ""
    return f"{one.difference.value / one.control.value:+.1%}"
