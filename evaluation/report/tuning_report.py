"""The report of a parameter search."""

import html
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from evaluation.report.charts import INK, chart, colour, legend, value_grid
from evaluation.report.page import html_table, number, page, paragraph, signed
from evaluation.tuning.search import Trial, best
from evaluation.tuning.space import SearchSpace

COLUMNS = 3


def tuning_report(space: SearchSpace, trials: Sequence[Trial], lead: Sequence[str]) -> bytes:
    """The HTML page of a parameter search. `lead` are sentences about its data."""
    first, won = trials[0], best(trials)
    weights = " + ".join(f"{weight:g} x {name}" for name, weight in space.objective_weights.items())
    opening = (
        f'<span class="lead">Of {len(trials)} trials, number {won.number} has the best objective, '
        f"<b>{won.objective:.4f}</b>; {html.escape(space.start.name)} at the start has "
        f"{first.objective:.4f}.</span>"
    )
    about = html.escape(" ".join([f"The objective is {weights}.", *lead]))
    sections = [
        ("Before and after", _before_and_after(space, first, won)),
        ("The search", _search_chart(trials)),
        ("Each parameter", _parameters(space, trials)),
    ]
    return page(
        f"Tuning {space.start.name}", [opening, f'<span class="soft">{about}</span>'], sections
    )


def _before_and_after(space: SearchSpace, first: Trial, won: Trial) -> str:
    metrics = [
        [
            f"<b>{name}</b>" if name in space.objective_weights else name,
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
    text = (
        "Measured on the data that the search optimized, so the result is biased upwards: evaluate "
        "it on later data. Metrics of the objective are bold."
    )
    return (
        paragraph(text)
        + html_table(["", "before", "after", "difference"], metrics)
        + html_table(["parameter", "before", "after"], values)
    )


def _search_chart(trials: Sequence[Trial]) -> str:
    objective = np.array([trial.objective for trial in trials])

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        trial_numbers = np.arange(len(objective))
        axes.plot(
            trial_numbers, objective, "o", color=colour(0), markersize=3.5, alpha=0.6, label="trial"
        )
        so_far = np.maximum.accumulate(objective)
        axes.step(trial_numbers, so_far, where="post", color=colour(1), label="best so far")
        axes.axhline(objective[0], color=INK, linewidth=0.8, linestyle=(0, (2, 3)), label="start")
        axes.set_xlabel("trial")
        axes.set_ylabel("objective")
        legend(figure, axes)
        value_grid(axes)

    return chart(
        "course", "The objective of each trial, in the order of the search.", (7.5, 3.6), draw
    )


def _parameters(space: SearchSpace, trials: Sequence[Trial]) -> str:
    objective = np.array([trial.objective for trial in trials])
    won = best(trials)
    deep = -(-len(space.parameters) // COLUMNS)

    def draw(figure: Figure) -> None:
        grid = figure.subplots(deep, COLUMNS, squeeze=False, sharey=True)
        for axes in grid.flat[len(space.parameters) :]:
            axes.set_visible(False)
        for axes, (path, bounds) in zip(grid.flat, space.parameters.items(), strict=False):
            values = [trial.values[path] for trial in trials]
            axes.plot(values, objective, "o", color=colour(0), markersize=3, alpha=0.5)
            axes.plot([won.values[path]], [won.objective], "o", color=colour(1), markersize=6)
            if bounds.log:
                axes.set_xscale("log")
                axes.minorticks_off()
            axes.set_title(path)
            value_grid(axes)
        for axes in grid[:, 0]:
            axes.set_ylabel("objective")

    about = (
        "The objective of the trials by each parameter's value. A slope means that the parameter "
        "matters; the best trial (large dot) at an end, that the bounds are too narrow."
    )
    return chart("parameters", about, (10, 0.4 + 2.1 * deep), draw)
