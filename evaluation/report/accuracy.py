"""Accuracy: metrics with their intervals, where targets stand, and two rankings compared."""

import html
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from evaluation.offline import bootstrap
from evaluation.offline.replay import DEPTH, Outcome
from evaluation.report.charts import SOFT, bare, chart, colour, key
from evaluation.report.page import paragraph, table
from evaluation.report.tables import number, signed

TASTE = ("novelty", "series_entropy")
"""Of these more is not simply better: no value of theirs is set in bold."""


def metrics_tables(outcomes: Sequence[Outcome]) -> str:
    """What hits, and then what else counts."""
    names = list(outcomes[0].metrics)
    hits = [name for name in names if name.startswith(("recall", "ndcg", "mrr", "cold_auc"))]
    return _table(outcomes, hits) + _table(outcomes, [name for name in names if name not in hits])


def _table(outcomes: Sequence[Outcome], names: Sequence[str]) -> str:
    """Rankings in rows, metrics in columns, the interval under each value."""
    most = {
        name: max(one.metrics[name] for one in outcomes)
        for name in names
        if not name.startswith(TASTE)
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
    return table(["", *names], rows)


def metrics_chart(outcomes: Sequence[Outcome]) -> str:
    """A panel for each metric: a dot and its interval for each ranking."""
    names = list(outcomes[0].metrics)
    columns = 3
    deep = -(-len(names) // columns)

    def draw(figure: Figure) -> None:
        grid = figure.subplots(deep, columns, squeeze=False, sharey=True)
        for axes in grid.flat[len(names) :]:
            axes.set_visible(False)
        for axes, name in zip(grid.flat, names, strict=False):
            for place, one in enumerate(outcomes):
                low, high = one.ci[name]
                axes.plot([low, high], [place, place], color=colour(place), linewidth=2.2)
                axes.plot([one.metrics[name]], [place], "o", color=colour(place), markersize=5)
            axes.set_title(name)
            axes.set_yticks(range(len(outcomes)), [one.name for one in outcomes])
            axes.margins(x=0.12)
            axes.locator_params(axis="x", nbins=5)
            bare(axes, y=False)
        grid[0][0].invert_yaxis()

    about = "Each metric of each ranking, with its 95% interval over users."
    return chart("metrics", about, (10, 0.5 + deep * (0.7 + 0.22 * len(outcomes))), draw)


def depth_chart(outcomes: Sequence[Outcome]) -> str:
    """How many users found their target by each place of the list."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        places = np.arange(1, DEPTH + 1)
        for at, one in enumerate(outcomes):
            found = np.bincount(one.ranks[one.ranks > 0], minlength=DEPTH + 1)[1 : DEPTH + 1]
            share = np.cumsum(found) / max(len(one.ranks), 1)
            style = "-" if at < 2 else (0, (4, 1.5))  # noqa: PLR2004 - what is judged comes first
            axes.plot(places, share, color=colour(at), linestyle=style, label=one.name)
        axes.set_xscale("log")
        ticks = [1, 2, 5, 10, 20, 50, 100, 150]
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.minorticks_off()
        axes.set_xlim(1, DEPTH)
        axes.set_ylim(0)
        axes.set_xlabel("place in the list (logarithmic)")
        axes.set_ylabel("share of users")
        key(figure, axes)
        bare(axes)

    about = (
        "The share of users whose next choice stands at that place of their list or above it. "
        "Where a line goes flat, queues have come to their end."
    )
    return chart("depth", about, (7.5, 4), draw)


def comparison(one: Outcome, two: Outcome, *, seed: int) -> str:
    """The differences of two rankings, user by user."""
    matrix = np.column_stack([value - two.values[name] for name, value in one.values.items()])
    drawn = dict(zip(one.values, bootstrap.means(matrix, seed=seed).T, strict=True))
    rows = [
        _compared(name, one.metrics[name], two.metrics[name], drawn.get(name))
        for name in one.metrics
    ]
    better = int((_standing(one) < _standing(two)).sum())
    worse = int((_standing(one) > _standing(two)).sum())
    users = len(one.ranks)
    shared = _shared(one, two)
    told = (
        f"Of {users:,} users {better:,} found their next choice earlier with {one.name}, "
        f"{worse:,} with {two.name}, {users - better - worse:,} as early with either or with "
        f"neither. Of their first ten, the two have {shared:.1f} in common on average. "
        "A difference is clear where its 95% interval, over the same users, is on one side of 0."
    )
    return (
        paragraph(told)
        + table(["", one.name, two.name, "difference", "95% interval", ""], rows)
        + _standing_chart(one, two)
    )


def _compared(name: str, one: float, two: float, drawn: np.ndarray | None) -> list[str]:
    shown = [name, number(one), number(two), signed(one - two)]
    if drawn is None:  # coverage is of all users together: no two of its resamples make a pair
        return [*shown, "", ""]
    low, high = bootstrap.interval(drawn)
    clear = low > 0 or high < 0
    return [*shown, f"{signed(low)} to {signed(high)}", "clear" if clear else ""]


def _standing(outcome: Outcome) -> np.ndarray:
    """(u,) the place of the target; one past the end for none."""
    return np.where(outcome.ranks > 0, outcome.ranks, DEPTH + 1)


def _shared(one: Outcome, two: Outcome) -> float:
    pairs = zip(one.lists[:, :10].tolist(), two.lists[:, :10].tolist(), strict=True)
    return float(np.mean([len(set(a) & set(b) - {-1}) for a, b in pairs]))


def _standing_chart(one: Outcome, two: Outcome) -> str:
    """Where each user's target stands in either list."""
    rng = np.random.default_rng(0)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        found = (one.ranks > 0) | (two.ranks > 0)
        x, y = (
            np.exp(np.log(_standing(each)[found]) + rng.uniform(-0.06, 0.06, found.sum()))
            for each in (two, one)
        )
        axes.plot([1, DEPTH], [1, DEPTH], color=SOFT, linewidth=0.8)
        axes.plot(x, y, "o", color=colour(0), markersize=3, alpha=0.45, markeredgewidth=0)
        ticks = [1, 2, 5, 10, 20, 50, 100, DEPTH + 1]
        labels = [*(str(tick) for tick in ticks[:-1]), "none"]
        for scale, set_ticks in [
            (axes.set_xscale, axes.set_xticks),
            (axes.set_yscale, axes.set_yticks),
        ]:
            scale("log")
            set_ticks(ticks, labels)
        axes.minorticks_off()
        axes.invert_yaxis()
        axes.invert_xaxis()
        axes.set_xlabel(f"place with {two.name}")
        axes.set_ylabel(f"place with {one.name}")
        axes.set_aspect("equal")
        bare(axes)

    about = (
        "A dot for each user whose next choice is in either list, moved a little at random so that "
        f"dots stand apart. Above the line {one.name} has it earlier. Users whom neither serves "
        "are not shown."
    )
    return chart("standing", about, (5.2, 5.2), draw)
