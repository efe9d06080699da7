"""Tuning: the report of a search."""

import html
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from evaluation.report.charts import INK, bare, chart, colour, key
from evaluation.report.page import page, paragraph, table
from evaluation.report.tables import number, signed
from evaluation.tuning.search import Trial, best
from evaluation.tuning.space import Space

COLUMNS = 3


def report(space: Space, trials: Sequence[Trial], lead: Sequence[str]) -> bytes:
    """The page of a search. `lead` are sentences about its data."""
    first, won = trials[0], best(trials)
    weights = " + ".join(f"{weight:g} x {name}" for name, weight in space.objective.items())
    opening = (
        f'<span class="lead">Of {len(trials)} trials, number {won.number} is worth '
        f"<b>{won.worth:.4f}</b>; {html.escape(space.start.name)} as it was, "
        f"{first.worth:.4f}.</span>"
    )
    soft = f'<span class="soft">{html.escape(" ".join([f"Worth is {weights}.", *lead]))}</span>'
    sections = [
        ("Before and after", _before_and_after(space, first, won)),
        ("The search", _course(trials)),
        ("Each parameter", _parameters(space, trials)),
    ]
    return page(f"Tuning {space.start.name}", [opening, soft], sections)


def _before_and_after(space: Space, first: Trial, won: Trial) -> str:
    metrics = [
        [
            f"<b>{name}</b>" if name in space.objective else name,
            number(first.metrics[name]),
            number(won.metrics[name]),
            signed(won.metrics[name] - first.metrics[name]),
        ]
        for name in first.metrics
    ]
    values = [
        [html.escape(path), f"{first.values[path]:g}", f"{won.values[path]:g}"]
        for path in space.parameters
    ]
    told = (
        "On the cut that the search looked at, so what it found is a little too good here: judge "
        "it on what came later. What the objective weighs is bold."
    )
    return (
        paragraph(told)
        + table(["", "before", "after", "difference"], metrics)
        + table(["parameter", "before", "after"], values)
    )


def _course(trials: Sequence[Trial]) -> str:
    worth = np.array([trial.worth for trial in trials])

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        places = np.arange(len(worth))
        axes.plot(places, worth, "o", color=colour(0), markersize=3.5, alpha=0.6, label="a trial")
        so_far = np.maximum.accumulate(worth)
        axes.step(places, so_far, where="post", color=colour(1), label="the best so far")
        axes.axhline(worth[0], color=INK, linewidth=0.8, linestyle=(0, (2, 3)), label="as it was")
        axes.set_xlabel("trial")
        axes.set_ylabel("worth")
        key(figure, axes)
        bare(axes)

    return chart(
        "course", "What each trial was worth, in the order of the search.", (7.5, 3.6), draw
    )


def _parameters(space: Space, trials: Sequence[Trial]) -> str:
    worth = np.array([trial.worth for trial in trials])
    won = best(trials)
    deep = -(-len(space.parameters) // COLUMNS)

    def draw(figure: Figure) -> None:
        grid = figure.subplots(deep, COLUMNS, squeeze=False, sharey=True)
        for axes in grid.flat[len(space.parameters) :]:
            axes.set_visible(False)
        for axes, (path, bounds) in zip(grid.flat, space.parameters.items(), strict=False):
            values = [trial.values[path] for trial in trials]
            axes.plot(values, worth, "o", color=colour(0), markersize=3, alpha=0.5)
            axes.plot([won.values[path]], [won.worth], "o", color=colour(1), markersize=6)
            if bounds.log:
                axes.set_xscale("log")
                axes.minorticks_off()
            axes.set_title(path)
            bare(axes)
        for axes in grid[:, 0]:
            axes.set_ylabel("worth")

    about = (
        "What trials were worth by each value of a parameter. A slope means that it matters; the "
        "large dot, at an end, that its bounds are too narrow."
    )
    return chart("parameters", about, (10, 0.4 + 2.1 * deep), draw)
