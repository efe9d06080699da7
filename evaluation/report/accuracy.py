"""Report sections on accuracy: metrics with intervals, and a comparison of two rankings."""

import html
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from evaluation.offline.comparison import differences
from evaluation.offline.observations import DEPTH
from evaluation.offline.result import Difference, OfflineResult
from evaluation.report.charts import chart, colour, legend, value_grid
from evaluation.report.page import html_table, number, paragraph, signed
from evaluation.report.tables import shown_metrics

UNRANKED = ("novelty", "series_entropy")
"""Metrics of which more is not simply better, so that none of their values is bold."""


def metrics_tables(outcomes: Sequence[OfflineResult]) -> str:
    """HTML tables of the accuracy metrics, and of the others, with intervals."""
    names = shown_metrics(outcomes)
    hits = [name for name in names if name.startswith(("recall", "ndcg", "mrr", "cold_auc"))]
    return _table(outcomes, hits) + _table(outcomes, [name for name in names if name not in hits])


def _table(outcomes: Sequence[OfflineResult], names: Sequence[str]) -> str:
    """Rankings in rows, metrics in columns, the interval below each value."""
    most = {
        name: max(one.metrics[name] for one in outcomes)
        for name in names
        if not name.startswith(UNRANKED)
    }
    rows = [
        [
            html.escape(one.name),
            *(
                f'<td class="{"best" if one.metrics[name] == most.get(name) else ""}">'
                f"{number(one.metrics[name])}"
                f"<small>{' to '.join(number(end) for end in one.ci[name])}</small></td>"
                for name in names
            ),
        ]
        for one in outcomes
    ]
    return html_table(["", *names], rows)


def metrics_chart(outcomes: Sequence[OfflineResult]) -> str:
    """Chart with a panel per metric: each ranking's value and interval."""
    names = shown_metrics(outcomes)
    columns = 3
    deep = -(-len(names) // columns)

    def draw(figure: Figure) -> None:
        grid = figure.subplots(deep, columns, squeeze=False, sharey=True)
        for axes in grid.flat[len(names) :]:
            axes.set_visible(False)
        for axes, name in zip(grid.flat, names, strict=False):
            for index, one in enumerate(outcomes):
                low, high = one.ci[name]
                axes.plot([low, high], [index, index], color=colour(index), linewidth=2.2)
                axes.plot([one.metrics[name]], [index], "o", color=colour(index), markersize=5)
            axes.set_title(name)
            axes.set_yticks(range(len(outcomes)), [one.name for one in outcomes])
            axes.margins(x=0.12)
            axes.locator_params(axis="x", nbins=5)
            value_grid(axes, y=False)
        grid[0][0].invert_yaxis()

    about = "Each metric of each ranking, with its 95% interval over users."
    return chart("metrics", about, (10, 0.5 + deep * (0.7 + 0.22 * len(outcomes))), draw)


def depth_chart(outcomes: Sequence[OfflineResult]) -> str:
    """Chart of the share of users whose target is at each position or above it."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        places = np.arange(1, DEPTH + 1)
        for at, one in enumerate(outcomes):
            hits = np.bincount(one.ranks[one.ranks > 0], minlength=DEPTH + 1)[1 : DEPTH + 1]
            share = np.cumsum(hits) / max(len(one.ranks), 1)
            style = "-" if at < 2 else (0, (4, 1.5))  # noqa: PLR2004 - the two compared rankings come first
            axes.plot(places, share, color=colour(at), linestyle=style, label=one.name)
        axes.set_xscale("log")
        ticks = [1, 2, 5, 10, 20, 50, 100, 150]
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.minorticks_off()
        axes.set_xlim(1, DEPTH)
        axes.set_ylim(0)
        axes.set_xlabel("position in the list (logarithmic)")
        axes.set_ylabel("share of users")
        legend(figure, axes)
        value_grid(axes)

    about = (
        "The share of users whose next choice is at that position of their list or above it. "
        "A line is flat beyond the end of the queues."
    )
    return chart("depth", about, (7.5, 4), draw)


def comparison(one: OfflineResult, two: OfflineResult, *, seed: int) -> str:
    """HTML that compares two rankings, paired by user."""
    found = differences(one, two, list(one.values), seed=seed)
    rows = [
        _comparison_row(name, one.metrics[name], two.metrics[name], found.get(name))
        for name in one.metrics
    ]
    better = int((_positions(one) < _positions(two)).sum())
    worse = int((_positions(one) > _positions(two)).sum())
    users = len(one.ranks)
    shared = _shared(one, two)
    text = (
        f"Of {users:,} users {better:,} found their next choice earlier with {one.name}, "
        f"{worse:,} with {two.name}, {users - better - worse:,} equally early or not at all. "
        f"The two share {shared:.1f} of the first ten on average. "
        "A difference is clear if its 95% interval, over the same users, excludes 0."
    )
    return paragraph(text) + html_table(
        ["", one.name, two.name, "difference", "95% interval", ""], rows
    )


def _comparison_row(name: str, one: float, two: float, found: Difference | None) -> list[str]:
    shown = [name, number(one), number(two), signed(one - two)]
    if found is None:  # coverage is of all users together, so its resamples cannot be paired
        return [*shown, "", ""]
    _, low, high = found
    clear = low > 0 or high < 0
    return [*shown, f"{signed(low)} to {signed(high)}", "clear" if clear else ""]


def _positions(outcome: OfflineResult) -> np.ndarray:
    """(u,) position of each target; one past the end if absent."""
    return np.where(outcome.ranks > 0, outcome.ranks, DEPTH + 1)


def _shared(one: OfflineResult, two: OfflineResult) -> float:
    pairs = zip(one.lists[:, :10].tolist(), two.lists[:, :10].tolist(), strict=True)
    return float(np.mean([len(set(a) & set(b) - {-1}) for a, b in pairs]))
