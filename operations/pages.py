"""`python -m operations.pages`: write the pages of docs/ that are made of the code.

A test fails while a page differs from the code that it describes.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from functions.settings import Settings

DOCS = Path(__file__).parents[1] / "docs"
_HEADING = re.compile(r"    # (.+)")
_TYPES = {str: "text", int: "integer", float: "number", bool: "`true` or `false`"}

_SETTINGS_PAGE = """# Settings

Environment variables, read once at start-up. An empty one counts as not set. A value that cannot be
used ends the start with a message that names the setting.

`make docs` writes this page from [`functions/settings.py`](../functions/settings.py).
{tables}
To change a cursor key without ending a session: put the new one first, keep the old one for
`CURSOR_TTL_S`, then remove it. The pseudonyms of users in the log change with it, see
[operations](operations.md#what-to-watch).
"""


def settings_page() -> str:
    """Return docs/settings.md: one table for each group of settings."""
    hints = get_type_hints(Settings, include_extras=True)
    lines = []
    for heading, name, meaning in _documented_fields(Settings):
        if heading:
            lines += ["", f"## {heading}", "", "| Setting | Type | Default | Meaning |"]
            lines.append("|---|---|---|---|")
        default = _default(getattr(Settings(), name))
        lines.append(f"| `{name}` | {_type(hints[name])} | {default} | {meaning} |")
    return _SETTINGS_PAGE.format(tables="\n".join([*lines, ""]))


def _documented_fields(struct: type[msgspec.Struct]) -> Iterator[tuple[str, str, str]]:
    """Yield the heading above each field, if there is one, its name, and its docstring."""
    source = inspect.getsource(struct)
    headings = {
        n: found[1]
        for n, line in enumerate(source.split("\n"), 1)
        if (found := _HEADING.fullmatch(line))
    }
    (definition,) = ast.parse(source).body
    assert isinstance(definition, ast.ClassDef)  # noqa: S101  # for the type checker
    for field, text in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            meaning = " ".join(str(ast.literal_eval(text.value)).split())
            yield headings.get(field.lineno - 1, ""), ast.unparse(field.target), meaning


def _type(hint: Any) -> str:
    """Return the type of a setting and its range, in words."""
    if get_origin(hint) in {Union, UnionType}:
        return _type(get_args(hint)[0])
    base, *rest = get_args(hint) or (hint,)
    if isinstance(base, str):
        return "one of " + ", ".join(f"`{one}`" for one in (base, *rest))
    if base is datetime:
        return "RFC 3339 time"
    limits = rest[0] if rest else msgspec.Meta()
    least = limits.ge if limits.ge is not None else limits.gt
    if least is None:
        return _TYPES[base]
    above = "above " if limits.gt is not None else "from "
    most = f" to {limits.le}" if limits.le is not None else ""
    return f"{_TYPES[base]} {above}{least}{most}"


def _default(value: Any) -> str:
    if value in {None, ""}:
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def main() -> None:
    """Write every page."""
    (DOCS / "settings.md").write_text(settings_page())


if __name__ == "__main__":
    main()
