"""Prints insights as lines of text."""

from collections.abc import Iterator

from feed.catalog.catalog import Catalog
from feed.catalog.insights import KINDS, LISTENERS, PUBLICATIONS

_BARS = "▁▂▃▄▅▆▇█"


def insight_lines(catalog: Catalog, count: int) -> Iterator[str]:
    """Yields a header and a line for each of the first `count` insights of a catalog."""
    insights = catalog.insights
    if insights.is_missing:
        yield "built without insights"
        return
    rising = int((insights.rising > 0).sum())
    yield f"{catalog.version}: {len(insights):,} insights, {rising:,} rising"
    for place in range(min(count, len(insights))):
        flags = int(insights.rising[place])
        how = ("L" if flags & LISTENERS else "-") + ("P" if flags & PUBLICATIONS else "-")
        heard, published = insights.momentum[place].tolist()
        name = f"{KINDS[insights.kinds[place]]} {insights.names[place]}"
        yield (
            f"{how} {insights.strength[place]:4.1f} {name:42.42}"
            f" {insights.listeners[place]:>7,} listeners x{heard:<4.1f}"
            f" {sparkline(insights.listeners_by_day[place].tolist())}"
            f" {insights.series[place]:>4} series x{published:<4.1f}"
            f" {sparkline(insights.series_by_day[place].tolist())}"
        )


def sparkline(values: list[int]) -> str:
    """One character for each number, from the lowest bar for 0 to the highest for the largest."""
    top = max([1, *values])
    return "".join(_BARS[(len(_BARS) - 1) * value // top] for value in values)
