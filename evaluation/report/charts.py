"""Charts: matplotlib figures as inline SVG that follows the page's light or dark theme.

A figure is drawn in placeholder colours, each of which becomes a CSS variable of the page. Its text
stays text, so that it can be searched and read aloud.
"""

import html
import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, SOFT, GRID = "#010101", "#020202", "#030303"
SERIES = tuple(f"#0400{number:02x}" for number in range(12))
"""Placeholder colours of the compared items, in order."""

_VARIABLES = {INK: "--ink", SOFT: "--soft", GRID: "--grid"} | {
    placeholder: f"--series-{number}" for number, placeholder in enumerate(SERIES)
}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": GRID,
    "axes.titlecolor": INK,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "figure.constrained_layout.use": True,
}


def chart(name: str, about: str, size: tuple[float, float], draw: Callable[[Figure], None]) -> str:
    """Draw a chart and return it as an HTML figure with inline SVG.

    Args:
        name: identifies the chart on its page
        about: the caption, and the text alternative of the picture
        size: width and height, inches
        draw: draws on the empty figure
    """
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=size)
        draw(figure)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # Ids must be unique on the page.
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    for placeholder, variable in _VARIABLES.items():
        svg = svg.replace(placeholder, f"var({variable})")
    svg = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', 'role="img"', svg, count=1)
    label = html.escape(about)
    svg = svg.replace("<svg ", f'<svg aria-label="{label}" style="max-width:{size[0]}in" ', 1)
    return f"<figure>{svg}<figcaption>{label}</figcaption></figure>"


def colour(index: int) -> str:
    """The placeholder colour of the compared item with this index."""
    return SERIES[index % len(SERIES)]


def legend(figure: Figure, axes: Axes, columns: int = 3) -> None:
    """Add a legend above the figure."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=columns)


def value_grid(axes: Axes, *, x: bool = True, y: bool = True) -> None:
    """Show grid lines across the x axis, the y axis or both, without ticks."""
    axes.xaxis.grid(x)
    axes.yaxis.grid(y)
    axes.tick_params(length=0)
