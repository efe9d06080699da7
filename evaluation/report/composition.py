"""Report sections on what queues consist of, how diverse they are, and how long they take."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from evaluation.data.training import TrainingData
from evaluation.offline.metrics import series_entropy
from evaluation.offline.protocol import Targets
from evaluation.offline.replay import OfflineResult
from evaluation.report.charts import INK, chart, colour, legend, value_grid
from evaluation.report.page import number
from evaluation.report.session_sample import POSITIONS, SessionSample

TOP = 10
LEAST_PART = 0.002
"""parts that contribute no more than that at any position are left out"""
MAX_BARS = 8
"""most reasons or sources that a chart shows"""


def parts_chart(every: Sequence[SessionSample]) -> str:
    """Stacked chart of the parts of scores by position in the queue."""
    shown = [
        {name: part for name, part in one.parts.items() if np.abs(part).max(initial=0) > LEAST_PART}
        for one in every
    ]
    names = list(dict.fromkeys(name for parts in shown for name in parts))

    def draw(figure: Figure) -> None:
        grid = figure.subplots(1, len(every), squeeze=False, sharey=True)
        for axes, one, parts in zip(grid.flat, every, shown, strict=True):
            above, below = np.zeros(POSITIONS), np.zeros(POSITIONS)
            places = np.arange(1, POSITIONS + 1)
            for name, part in parts.items():
                under = below if part.sum() < 0 else above
                shade = colour(names.index(name))
                axes.bar(places, part, 1.0, bottom=under, color=shade, label=name)
                under += part
            axes.set_title(one.name)
            axes.set_xlabel("position in the queue")
            value_grid(axes, x=False)
        grid[0][0].set_ylabel("contribution to the score")
        handles = {
            label: handle
            for axes in grid.flat
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        figure.legend(handles.values(), handles.keys(), loc="outside right center", reverse=True)

    about = "The mean contribution of each part to the score, by position in the queue."
    return chart("parts", about, (9.5, 3.6), draw)


def shares_chart(name: str, about: str, shares: Mapping[str, Mapping[str, float]]) -> str:
    """Bar chart of shares of the first ten, by scenario and then by name."""
    names = sorted(
        {one for each in shares.values() for one in each},
        key=lambda one: max(each.get(one, 0.0) for each in shares.values()),
    )[-MAX_BARS:]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        thick = 0.8 / max(len(shares), 1)
        for index, (label, each) in enumerate(shares.items()):
            at = np.arange(len(names)) - (index - (len(shares) - 1) / 2) * thick
            values = [each.get(one, 0.0) for one in names]
            axes.barh(at, values, thick * 0.92, color=colour(index), label=label)
        axes.set_yticks(np.arange(len(names)), names)
        axes.set_xlabel("share of the first ten")
        axes.set_xlim(0, 1)
        if len(shares) > 1:
            legend(figure, axes)
        value_grid(axes, y=False)

    return chart(name, about, (5, 0.9 + 0.3 * len(names) * max(1, len(shares) * 0.7)), draw)


def entropy_chart(outcomes: Sequence[OfflineResult], training: TrainingData) -> str:
    """Chart of the effective number of series in each user's first ten."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for index, one in enumerate(outcomes):
            bits = series_entropy(one.lists, training.catalog.series, TOP)
            effective = np.sort(2 ** bits[~np.isnan(bits)])
            share = np.arange(1, len(effective) + 1) / max(len(effective), 1)
            axes.step(effective, share, color=colour(index), label=one.name, where="post")
        axes.set_xlim(1, TOP + 0.2)
        axes.set_ylim(0, 1)
        axes.set_xlabel(
            "effective number of series in the first ten (2 to the power of the entropy)"
        )
        axes.set_ylabel("share of users with at most that")
        legend(figure, axes, 2)
        value_grid(axes)

    return chart("entropy", "How diverse each user's first ten are, by series.", (5, 4.2), draw)


def exposure_chart(
    outcomes: Sequence[OfflineResult], training: TrainingData, targets: Targets
) -> str:
    """Chart of how evenly impressions are spread over the catalog, beside the users' choices."""
    count = len(training.catalog)

    def cumulative_share(rows: np.ndarray) -> np.ndarray:
        shown = np.sort(np.bincount(rows, minlength=count))[::-1]
        share: np.ndarray = np.concatenate([[0.0], np.cumsum(shown) / max(shown.sum(), 1)])
        return share

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        part = np.arange(count + 1) / max(count, 1)
        for index, one in enumerate(outcomes):
            shown = one.lists[:, :TOP]
            axes.plot(
                part, cumulative_share(shown[shown >= 0]), color=colour(index), label=one.name
            )
        axes.plot(
            part, cumulative_share(targets.rows), color=INK, linewidth=1.1, label="choices of users"
        )
        axes.set_xscale("symlog", linthresh=0.01)
        axes.set_xticks([0, 0.01, 0.1, 1], ["0", "1%", "10%", "all"])
        axes.minorticks_off()
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("share of the catalog, most shown first")
        axes.set_ylabel("share of impressions in the first ten")
        legend(figure, axes, 2)
        value_grid(axes)

    about = "The share of impressions that the most shown episodes receive. Lower is more even."
    return chart("exposure", about, (5, 4.2), draw)


def latency_chart(every: Sequence[SessionSample]) -> str:
    """Chart of the distribution of session durations."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for index, one in enumerate(every):
            took = np.sort(one.latency_ms)
            share = np.arange(1, len(took) + 1) / max(len(took), 1)
            p50, p95 = np.percentile(took, [50, 95])
            label = f"{one.name}: p50 {number(p50)} ms, p95 {number(p95)} ms"
            axes.step(took, share, color=colour(index), label=label, where="post")
        axes.axhline(0.95, color=INK, linewidth=0.7, linestyle=(0, (2, 3)))
        axes.set_xlim(0)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("milliseconds per session: ranking, first page, cursor")
        axes.set_ylabel("share of sessions")
        legend(figure, axes, 1)
        value_grid(axes)

    about = "Measured on this machine, one session at a time, on one thread; dotted: 95%."
    return chart("latency", about, (7.5, 3.4), draw)
