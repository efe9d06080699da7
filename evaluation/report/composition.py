"""Report sections on what queues consist of, and on how long sessions take."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from evaluation.report.charts import INK, chart, colour, legend, value_grid
from evaluation.report.page import number
from evaluation.report.session_sample import POSITIONS, SessionSample

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
