"""Charts of benchmark results."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from benchmarks.cold import STEPS as COLD_STEPS
from evaluation.report.charts import chart, colour, legend, value_grid

WIDE, TALL = (7.5, 3.2), (7.5, 4.2)


def engine(found: dict[str, Any]) -> list[str]:
    """Charts of the time of each stage of a session, and of each search."""
    runs = {f"{one['episodes']:,} x {one['dimension']}": one for one in found["runs"]}
    sessions = {
        f"{size}, {name}": spent
        for size, one in runs.items()
        for name, spent in one["stages"].items()
    }
    searches = {
        size: {name: by["median_ms"] for name, by in one["search"].items()}
        for size, one in runs.items()
    }
    return [
        _stacked("engine-stages", "Milliseconds of a session by stage", sessions),
        _bars("engine-search", "The search for the nearest, milliseconds", searches, log=True),
    ]


def http(found: dict[str, Any]) -> list[str]:
    """Charts of latency by connections, and of processor time per session."""
    by_name = found["contenders"]

    def latency(figure: Figure) -> None:
        axes = figure.subplots()
        for index, (name, by) in enumerate(by_name.items()):
            connections = [int(one) for one in by]
            for q, style in (("p50", "-"), ("p99", ":")):
                axes.plot(
                    connections,
                    [one[q]["median"] for one in by.values()],
                    style,
                    color=colour(index),
                    marker="o",
                    markersize=3,
                    label=f"{name}, {q}",
                )
        axes.set(xscale="log", yscale="log", xlabel="connections", ylabel="milliseconds")
        axes.set_xticks(connections, [str(one) for one in connections])
        value_grid(axes)
        legend(figure, axes)

    busiest = {name: by[max(by, key=int)]["processor_ms"]["median"] for name, by in by_name.items()}
    return [
        chart("http-latency", "Latency of a session by open connections", TALL, latency),
        _bars("http-processor", "Processor of a session, milliseconds", {"": busiest}, log=True),
    ]


def cold(found: dict[str, Any]) -> list[str]:
    """Chart of the steps of a cold start."""
    starts = {
        f"{one['episodes']:,} episodes, {one['users']}": {
            step: one[step]["median"] for step in COLD_STEPS
        }
        for one in found["starts"]
    }
    return [_stacked("cold-steps", "Process start to first personal session, seconds", starts)]


def cost(found: dict[str, Any]) -> list[str]:
    """Charts of the cost of a million sessions, by item and beside other services."""
    dollars = found["dollars"]
    ours = {name: dollars[name] for name in ("shared", "alone")}
    all_of_them = {
        name.replace("_", " "): one if isinstance(one, float) else sum(one.values())
        for name, one in dollars.items()
        if name != "engagements"
    }
    return [
        _stacked("cost-parts", "A million sessions, dollars", ours),
        _bars("cost-beside", "A million sessions, dollars", {"": all_of_them}, log=True),
    ]


def build(found: dict[str, Any]) -> list[str]:
    """Charts of the steps of a build, and of the time to load the snapshot."""
    builds = {f"{one['episodes']:,}": one["built"]["seconds"] for one in found["sizes"]}
    loads = {
        f"{one['episodes']:,} episodes": {
            how: run["seconds"]["median"] for how, run in one["loads"].items()
        }
        for one in found["sizes"]
        if one["loads"]
    }
    return [
        _stacked("build-steps", "Build and publish, seconds", builds),
        *([_bars("build-loads", "Loading, seconds", loads, log=True)] if loads else []),
    ]


PLOTS: Mapping[str, Callable[[dict[str, Any]], list[str]]] = {
    "engine": engine,
    "http": http,
    "cold": cold,
    "cost": cost,
    "build": build,
}


def _bars(
    name: str, about: str, groups: Mapping[str, Mapping[str, float]], *, log: bool = False
) -> str:
    """Horizontal bars, one per value, by group."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        lines = [(group, one, value) for group, by in groups.items() for one, value in by.items()]
        labels = [f"{one}, {group}" if group else one for group, one, _ in lines]
        several = list(dict.fromkeys(one for _, one, _ in lines))
        bars = axes.barh(
            range(len(lines)),
            [value for *_, value in lines],
            color=[colour(several.index(one)) for _, one, _ in lines],
        )
        axes.bar_label(bars, fmt="{:,.4g}", padding=3)
        axes.set_yticks(range(len(lines)), labels)
        axes.invert_yaxis()
        axes.set_xscale("log" if log else "linear")
        axes.margins(x=0.15)
        value_grid(axes, y=False)

    height = 0.7 + 0.32 * sum(map(len, groups.values()))
    return chart(name, about, (WIDE[0], height), draw)


def _stacked(name: str, about: str, lines: Mapping[str, Mapping[str, float]]) -> str:
    """Stacked horizontal bars, one per line."""
    parts: Sequence[str] = list(next(iter(lines.values())))

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        left = [0.0] * len(lines)
        for index, part in enumerate(parts):
            values = [by[part] for by in lines.values()]
            axes.barh(range(len(lines)), values, left=left, color=colour(index), label=part)
            left = [a + b for a, b in zip(left, values, strict=True)]
        axes.set_yticks(range(len(lines)), list(lines))
        axes.invert_yaxis()
        value_grid(axes, y=False)
        legend(figure, axes)

    return chart(name, about, (WIDE[0], 1.3 + 0.4 * len(lines)), draw)
