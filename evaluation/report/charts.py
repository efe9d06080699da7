"""Charts: matplotlib figures as inline SVG that follows the page, light or dark.

A figure is drawn in stand-in colours, each of which becomes a CSS variable of the page. Its text
stays text, so it can be searched and read out.
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
"""Stand-ins for the colours of what is compared, in order."""

_VARIABLES = {INK: "--ink", SOFT: "--soft", GRID: "--grid"} | {
    stand_in: f"--series-{number}" for number, stand_in in enumerate(SERIES)
}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "font.family": "sans-serif",
    "font.size": 10.0,
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
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "figure.constrained_layout.use": True,
}

Size = tuple[float, float]


def chart(name: str, about: str, size: Size, draw: Callable[[Figure], None]) -> str:
    """A figure of HTML. `name` is its own on the page; `about` says what it shows, in words."""
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=size)
        draw(figure)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # Ids are of the page, not of the figure.
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    for stand_in, variable in _VARIABLES.items():
        svg = svg.replace(stand_in, f"var({variable})")
    svg = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', 'role="img"', svg, count=1)
    label = html.escape(about)
    svg = svg.replace("<svg ", f'<svg aria-label="{label}" style="max-width:{size[0]}in" ', 1)
    return f"<figure>{svg}<figcaption>{label}</figcaption></figure>"


def colour(place: int) -> str:
    """The colour of the so-many-th of what is compared."""
    return SERIES[place % len(SERIES)]


def key(figure: Figure, axes: Axes, columns: int = 3) -> None:
    """What each colour is, above the figure, where it covers nothing."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=columns)


def bare(axes: Axes, *, x: bool = True, y: bool = True) -> None:
    """Grid lines only where they help to read a value."""
    axes.xaxis.grid(x)
    axes.yaxis.grid(y)
    axes.tick_params(length=0)
