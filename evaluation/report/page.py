"""Building blocks of reports: the HTML page, its tables, aligned text tables, and numbers."""

import html
import math
from collections.abc import Iterable, Sequence

STYLE = """
:root { color-scheme: light dark;
  --paper: #fcfcfa; --card: #ffffff; --ink: #1d2328; --soft: #5b6670; --grid: #dde1e4;
  --good: #1f7a4d; --bad: #b3403a; --wait: #8a6d1a;
  --series-0: #2563a8; --series-1: #d1751b; --series-2: #2e8b63; --series-3: #8459b3;
  --series-4: #8a7a55; --series-5: #1f939b; --series-6: #bd4f76; --series-7: #6b7a86;
  --series-8: #a8a12a; --series-9: #5a5fc0; --series-10: #a0522d; --series-11: #b0b7bd; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #14181b; --card: #1b2024; --ink: #e6e9eb; --soft: #a0abb3; --grid: #343c42;
  --good: #6cc999; --bad: #ee8a83; --wait: #d9bb62;
  --series-0: #6aa9e9; --series-1: #efa35b; --series-2: #6cc69b; --series-3: #b795e0;
  --series-4: #c2b28a; --series-5: #5fc8cf; --series-6: #e68aac; --series-7: #9aa8b3;
  --series-8: #d4cd62; --series-9: #9a9ef0; --series-10: #d18f6c; --series-11: #5d666d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 5rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 3rem 0 .4rem; padding-top: .9rem;
  border-top: 1px solid var(--grid); }
h3 { font-size: 1rem; margin: 1.6rem 0 .3rem; }
p { max-width: 44rem; margin: .5rem 0; }
.lead { font-size: 1.05rem; } .soft, figcaption { color: var(--soft); }
nav { margin: 1rem 0 0; } nav a { margin-right: 1rem; white-space: nowrap; }
a { color: var(--series-0); }
figure { margin: 1rem 0; } figcaption { font-size: .85rem; max-width: 44rem; margin-top: .2rem; }
svg { width: 100%; height: auto; display: block; }
.pair { display: grid; gap: 1rem 2rem;
  grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); }
.wide { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-size: .87rem; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--grid);
  vertical-align: top; }
th { font-weight: 600; color: var(--soft); white-space: nowrap; }
th:first-child, td:first-child, .text td, .text th { text-align: left; }
td small { display: block; color: var(--soft); white-space: nowrap; }
td.best { font-weight: 650; } td.best small { font-weight: 400; }
.pass { color: var(--good); } .fail { color: var(--bad); font-weight: 650; }
.later { color: var(--wait); }
.person { background: var(--card); border: 1px solid var(--grid); border-radius: 8px;
  padding: .8rem 1.1rem 1rem; margin: 1rem 0; }
.person h3 { margin-top: 0; } .person ol, .person ul { margin: .3rem 0 0; padding-left: 1.4rem; }
.person li { margin: .25rem 0; } .person li small { display: block; color: var(--soft); }
.day { white-space: nowrap; }
"""


def page(title: str, lead: Iterable[str], sections: Sequence[tuple[str, str]]) -> bytes:
    """Assemble a complete HTML page.

    `lead` are paragraphs of HTML under the title, `sections` pairs of a heading and its HTML.
    """
    links = "".join(
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
