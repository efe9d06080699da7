"""Make-up: what queues are made of, how varied they are, and how long they take."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from evaluation.data.training import Learned
from evaluation.offline.metrics import series_entropy
from evaluation.offline.protocol import Targets
from evaluation.offline.replay import Outcome
from evaluation.report.charts import INK, bare, chart, colour, key
from evaluation.report.sampled import PLACES, Sampled
from evaluation.report.tables import number

TOP = 10
TRIFLE = 0.002
"""what gave no more than that, at any place, is left out"""
MOST = 8
"""how many reasons or sources a chart names"""


def parts_chart(every: Sequence[Sampled]) -> str:
    """What each part gave to the scores along the queue."""
    told = [
        {name: part for name, part in one.parts.items() if np.abs(part).max(initial=0) > TRIFLE}
        for one in every
    ]
    names = list(dict.fromkeys(name for parts in told for name in parts))

    def draw(figure: Figure) -> None:
        grid = figure.subplots(1, len(every), squeeze=False, sharey=True)
        for axes, one, parts in zip(grid.flat, every, told, strict=True):
            above, below = np.zeros(PLACES), np.zeros(PLACES)
            places = np.arange(1, PLACES + 1)
            for name, part in parts.items():
                under = below if part.sum() < 0 else above
                shade = colour(names.index(name))
                axes.bar(places, part, 1.0, bottom=under, color=shade, label=name)
                under += part
            axes.set_title(one.name)
            axes.set_xlabel("place in the queue")
            bare(axes, x=False)
        grid[0][0].set_ylabel("given to the score")
        handles = {
            label: handle
            for axes in grid.flat
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        figure.legend(handles.values(), handles.keys(), loc="outside right center", reverse=True)

    about = "What each part gave to the score at each place of the queue, on average over users."
    return chart("parts", about, (9.5, 3.6), draw)


def shares_chart(name: str, about: str, shares: Mapping[str, Mapping[str, float]]) -> str:
    """By scenario, how much of the first ten has each of some names."""
    names = sorted(
        {one for each in shares.values() for one in each},
        key=lambda one: max(each.get(one, 0.0) for each in shares.values()),
    )[-MOST:]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        thick = 0.8 / max(len(shares), 1)
        for place, (label, each) in enumerate(shares.items()):
            at = np.arange(len(names)) - (place - (len(shares) - 1) / 2) * thick
            values = [each.get(one, 0.0) for one in names]
            axes.barh(at, values, thick * 0.92, color=colour(place), label=label)
        axes.set_yticks(np.arange(len(names)), names)
        axes.set_xlabel("share of the first ten")
        axes.set_xlim(0, 1)
        if len(shares) > 1:
            key(figure, axes)
        bare(axes, y=False)

    return chart(name, about, (5, 0.9 + 0.3 * len(names) * max(1, len(shares) * 0.7)), draw)


def entropy_chart(outcomes: Sequence[Outcome], learned: Learned) -> str:
    """How many series lists are of, in effect."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for place, one in enumerate(outcomes):
            bits = series_entropy(one.lists, learned.catalog.series, TOP)
            effective = np.sort(2 ** bits[~np.isnan(bits)])
            share = np.arange(1, len(effective) + 1) / max(len(effective), 1)
            axes.step(effective, share, color=colour(place), label=one.name, where="post")
        axes.set_xlim(1, TOP + 0.2)
        axes.set_ylim(0, 1)
        axes.set_xlabel("series in the first ten, in effect (2 to the power of the entropy)")
        axes.set_ylabel("share of users with no more")
        key(figure, axes, 2)
        bare(axes)

    return chart("entropy", "How varied each user's first ten are, by series.", (5, 4.2), draw)


def exposure_chart(outcomes: Sequence[Outcome], learned: Learned, targets: Targets) -> str:
    """How evenly what is shown is spread over the catalog, beside what people chose."""
    count = len(learned.catalog)

    def falling(rows: np.ndarray) -> np.ndarray:
        shown = np.sort(np.bincount(rows, minlength=count))[::-1]
        share: np.ndarray = np.concatenate([[0.0], np.cumsum(shown) / max(shown.sum(), 1)])
        return share

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        part = np.arange(count + 1) / max(count, 1)
        for place, one in enumerate(outcomes):
            shown = one.lists[:, :TOP]
            axes.plot(part, falling(shown[shown >= 0]), color=colour(place), label=one.name)
        axes.plot(part, falling(targets.rows), color=INK, linewidth=1.1, label="what people chose")
        axes.set_xscale("symlog", linthresh=0.01)
        axes.set_xticks([0, 0.01, 0.1, 1], ["0", "1%", "10%", "all"])
        axes.minorticks_off()
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("of the catalog, the most shown first")
        axes.set_ylabel("share of the first tens")
        key(figure, axes, 2)
        bare(axes)

    about = "How much of all that is shown the most shown episodes take. Lower is more even."
    return chart("exposure", about, (5, 4.2), draw)


def latency_chart(every: Sequence[Sampled]) -> str:
    """How long sessions take."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for place, one in enumerate(every):
            took = np.sort(one.latency_ms)
            share = np.arange(1, len(took) + 1) / max(len(took), 1)
            p50, p95 = np.percentile(took, [50, 95])
            label = f"{one.name}: p50 {number(p50)} ms, p95 {number(p95)} ms"
            axes.step(took, share, color=colour(place), label=label, where="post")
        axes.axhline(0.95, color=INK, linewidth=0.7, linestyle=(0, (2, 3)))
        axes.set_xlim(0)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("milliseconds for a session: ranking, first page, cursor")
        axes.set_ylabel("share of sessions")
        key(figure, axes, 1)
        bare(axes)

    about = "Measured here, one session at a time, on one thread; the dotted line is at 95%."
    return chart("latency", about, (7.5, 3.4), draw)
