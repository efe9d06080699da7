"""An online report as an HTML page: pictures and one table for each experiment."""

import html
import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from evaluation.online.estimates import ALARM, Estimate
from evaluation.online.report import Compared, ExperimentReport, Group, OnlineReport
from evaluation.report.charts import INK, SOFT, chart, colour, legend, value_grid
from evaluation.report.online_tables import (
    CHART_METRIC,
    estimate,
    first_position,
    label,
    relative,
    sample_ratio,
    verdicts,
    with_signs,
)
from evaluation.report.page import html_table, page, pair, paragraph

LEAST_P = 0.001
"""smaller p-values are not told apart"""

_GROUPS = Sequence[Group]


def online_page(report: OnlineReport) -> bytes:
    """The page; scenarios of the log come after its experiments."""
    counts = ", ".join(f"{count:,} {name}" for name, count in report.counts.items())
    sections = [(one.name, _experiment(one)) for one in report.experiments]
    if len(report.scenarios) > 1 or not sections:
        sections.append(
            ("Scenarios", _groups_table(report.scenarios) + _charts("scenarios", report.scenarios))
        )
    names = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in report.about.items())
    sections.append(("What is counted", f"<dl>{names}</dl>"))
    lead = [*(_lead(one) for one in report.experiments), f'<span class="soft">{counts}</span>']
    return page("What listeners did", lead, sections)


def _lead(experiment: ExperimentReport) -> str:
    texts = verdicts(experiment)[:-1]
    if experiment.sample_ratio_p < ALARM:
        texts = [sample_ratio(experiment)]
    return f'<span class="lead">{html.escape(" ".join(texts))}</span>'


def _experiment(experiment: ExperimentReport) -> str:
    return (
        paragraph(sample_ratio(experiment))
        + _differences_chart(experiment)
        + _comparison_table(experiment)
        + paragraph(verdicts(experiment)[-1])
        + _charts(f"arms-{experiment.name}", experiment.arms)
    )


def _comparison_table(experiment: ExperimentReport) -> str:
    """Metrics by arms, with the difference of each arm to the control."""
    others = [one for one in experiment.arms if one.name != experiment.control]
    control = next(one for one in experiment.arms if one.name == experiment.control)
    found = {(one.arm, one.metric): one for one in experiment.compared}
    header = ["", control.name]
    for one in others:
        header += [one.name, f"{one.name} - {control.name}", "", "p"]
    rows = []
    for name in ("users", "sessions", "shown"):
        row = [name, f"{getattr(control, name):,}"]
        for one in others:
            row += [f"{getattr(one, name):,}", "", "", ""]
        rows.append(row)
    order = dict.fromkeys(one.metric for one in experiment.compared)
    for metric in order:
        row = [_metric_name(metric, experiment), estimate(metric, control.metrics[metric])]
        for one in others:
            row += [
                estimate(metric, one.metrics[metric]),
                *_difference_cells(found[one.name, metric]),
            ]
        rows.append(row)
    return html_table(header, rows)


def _metric_name(metric: str, experiment: ExperimentReport) -> str:
    text = label(metric)
    return f"<b>{text}</b>" if metric in experiment.primary else text


def _difference_cells(one: Compared) -> list[str]:
    p = "-" if math.isnan(one.p) else f"{one.p:.3f}" if one.p >= LEAST_P else f"&lt;{LEAST_P}"
    cells = [with_signs(one.metric, one.difference), relative(one), p]
    return [f"<b>{cell}</b>" for cell in cells] if one.differs else cells


def _groups_table(groups: _GROUPS) -> str:
    rows = [
        ["users", *(f"{one.users:,}" for one in groups)],
        ["sessions", *(f"{one.sessions:,}" for one in groups)],
        ["shown episodes", *(f"{one.shown:,}" for one in groups)],
        *(
            [label(name), *(estimate(name, one.metrics[name]) for one in groups)]
            for name in groups[0].metrics
        ),
    ]
    return html_table(["", *(one.name for one in groups)], rows)


def _differences_chart(experiment: ExperimentReport) -> str:
    """The differences in percent of the control, with intervals; primary metrics first."""
    shown = [
        one
        for one in experiment.compared
        if abs(one.control.value) > 0 and not math.isnan(one.difference.error)
    ]
    if not shown:
        return ""
    arms = list(dict.fromkeys(one.arm for one in shown))
    metrics = list(dict.fromkeys(one.metric for one in shown))
    height = {metric: -float(at) for at, metric in enumerate(metrics)}

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for number, arm in enumerate(arms):
            of = [one for one in shown if one.arm == arm]
            ends = np.array(
                [[one.difference.value, one.difference.low, one.difference.high] for one in of]
            ) / np.array([[one.control.value] for one in of])
            y = [height[one.metric] - 0.2 * number for one in of]
            middle, low, high = 100 * ends.T
            axes.errorbar(
                middle,
                y,
                xerr=np.abs([middle - low, high - middle]),
                fmt="o",
                color=colour(number),
                label=arm,
            )
        axes.axvline(0, color=SOFT, linewidth=0.8)
        labels = [f"{one} (primary)" if one in experiment.primary else one for one in metrics]
        axes.set_yticks([height[one] for one in metrics], labels, color=INK)
        axes.set_xlabel(f"difference to {experiment.control}, %")
        value_grid(axes, y=False)
        if len(arms) > 1:
            legend(figure, axes)

    about = (
        f"Differences to {experiment.control} in percent, with 95% intervals over users. Only a "
        "primary metric decides."
    )
    return chart(f"{experiment.name}-differences", about, (7.5, 0.6 + 0.34 * len(metrics)), draw)


def _charts(name: str, groups: _GROUPS) -> str:
    """Pictures of positions, sources and shelves; `name` is theirs alone on the page."""
    figures = [
        _positions_chart(name, groups),
        _dots_chart(f"{name}-sources", "source", groups, [one.by_source for one in groups]),
    ]
    if any(one.by_shelf for one in groups):
        shelves = [one.by_shelf for one in groups]
        figures.append(_dots_chart(f"{name}-shelves", "shelf", groups, shelves))
    return pair(*figures)


def _positions_chart(name: str, groups: _GROUPS) -> str:
    """The click-through by position, a line with its interval for each group."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        names = sorted({one for of in groups for one in of.by_position}, key=first_position)
        for number, of in enumerate(groups):
            shown = [
                (at, of.by_position[one]) for at, one in enumerate(names) if one in of.by_position
            ]
            x = [at for at, _ in shown]
            found = [metrics[CHART_METRIC] for _, metrics in shown]
            axes.plot(x, [100 * one.value for one in found], color=colour(number), label=of.name)
            low, high = [100 * one.low for one in found], [100 * one.high for one in found]
            axes.fill_between(x, low, high, color=colour(number), alpha=0.15, linewidth=0)
        axes.set_xticks(range(len(names)), names)
        axes.set_xlabel("position")
        axes.set_ylabel("click-through, %")
        value_grid(axes, x=False)
        legend(figure, axes)

    about = "Click-through by position, with 95% intervals over users."
    return chart(f"{name}-positions", about, (5.2, 3.2), draw)


def _dots_chart(
    name: str, kind: str, groups: _GROUPS, of: Sequence[Mapping[str, Mapping[str, Estimate]]]
) -> str:
    """The click-through of each source or shelf, a dot with its interval for each group."""
    names = list(dict.fromkeys(one for part in of for one in part))

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for number, (group, part) in enumerate(zip(groups, of, strict=True)):
            shown = [(at, part[one][CHART_METRIC]) for at, one in enumerate(names) if one in part]
            middle = np.array([100 * one.value for _, one in shown])
            ends = 100 * np.array([[one.low, one.high] for _, one in shown]).reshape(-1, 2)
            axes.errorbar(
                middle,
                [-at - 0.2 * number for at, _ in shown],
                xerr=np.abs(ends.T - middle),
                fmt="o",
                color=colour(number),
                label=group.name,
            )
        axes.set_yticks([-at for at in range(len(names))], names, color=INK)
        axes.set_xlabel("click-through, %")
        value_grid(axes, y=False)
        legend(figure, axes)

    plural = "An episode may have several sources. " if kind == "source" else ""
    about = f"Click-through by {kind}, with 95% intervals over users. {plural}".strip()
    return chart(name, about, (5.2, 0.8 + 0.34 * max(len(names), 3)), draw)
