"""Building blocks of reports: the HTML page, its tables, aligned text tables, and numbers."""

import html
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def page(title: str, lead: Iterable[str], sections: Sequence[tuple[str, str]]) -> bytes:
    """Assemble a complete HTML page.

    `lead` are paragraphs of HTML under the title, `sections` pairs of a heading and its HTML.
    """
    links = " ".join(  # a line of links may break at a space
        f'<a href="#{_anchor(heading)}">{html.escape(heading)}</a>' for heading, _ in sections
    )
    body = "".join(
        f'<section><h2 id="{_anchor(heading)}">{html.escape(heading)}</h2>{content}</section>'
        for heading, content in sections
    )
    opening = "".join(f"<p>{text}</p>" for text in lead)
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{html.escape(title)}</h1>{opening}<nav>{links}</nav>{body}</main></body>"
        "</html>\n"
    ).encode()


def paragraph(text: str) -> str:
    """An HTML paragraph of plain text, escaped."""
    return f"<p>{html.escape(text)}</p>"


def html_table(header: Sequence[str], rows: Iterable[Sequence[str]], *, text: bool = False) -> str:
    """An HTML table. Cells are HTML, `header` is plain text; `text` aligns all columns left."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in header)
    body = "".join(
        "<tr>"
        + "".join(cell if cell.startswith("<td") else f"<td>{cell}</td>" for cell in row)
        + "</tr>"
        for row in rows
    )
    kind = ' class="text"' if text else ""
    return (
        f'<div class="wide"><table{kind}><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def pair(*figures: str) -> str:
    """Figures side by side if the window is wide enough."""
    return f'<div class="pair">{"".join(figures)}</div>'


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: bool = True) -> str:
    """A table as aligned text, columns two spaces apart.

    The first column is aligned left, the others right unless `right` is false.
    """
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
    """A number as `.248` below one and `5.21` from one on; `-` for None or NaN."""
    if value is None or math.isnan(value):
        return "-"
    if abs(value) >= 1:
        return f"{value:.2f}"
    return f"{value:.3f}".replace("-0.000", "0.000").replace("0.", ".", 1)


def signed(value: float) -> str:
    """A difference with its sign, as `+.031`."""
    return number(value) if math.isnan(value) or value < 0 else f"+{number(value)}"


def with_interval(value: float | None, ends: Sequence[float | None]) -> str:
    """A number with its interval, as `.248 [.226, .270]`."""
    return f"{number(value)} [{', '.join(number(end) for end in ends)}]"


def _anchor(heading: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in heading.lower())
