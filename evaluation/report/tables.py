"""Tables for people: aligned columns of text, no wider than they need."""

import math
from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: bool = True) -> str:
    """Columns two spaces apart: the first to the left, the others, mostly numbers, to the right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right and column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def number(value: float | None) -> str:
    """`.248` below one, `5.21` above, `-` for what there is not."""
    if value is None or math.isnan(value):
        return "-"
    if abs(value) >= 1:
        return f"{value:.2f}"
    return f"{value:.3f}".replace("-0.000", "0.000").replace("0.", ".", 1)


def signed(value: float) -> str:
    """`+.031`: a difference."""
    return number(value) if math.isnan(value) or value < 0 else f"+{number(value)}"


def with_interval(value: float | None, ends: Sequence[float | None]) -> str:
    """`.248 [.226, .270]`."""
    return f"{number(value)} [{', '.join(number(end) for end in ends)}]"
