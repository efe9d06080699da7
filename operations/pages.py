"""`python -m operations.pages`: write the pages of docs/ that are made of the code.

A test fails while a page differs from the code that it describes.
"""

import inspect
import re
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from adapters.firestore.schema import engagements, episodes, own, profile
from feed.home import parameters as home
from feed.scenarios import parameters, rules, selector
from feed.scenarios.experiment import Experiment
from feed.scenarios.parameters import Curve
from feed.scenarios.rules import Rules
from functions.api.docstrings import field_docstrings
from functions.api.routes import ROUTES
from functions.problem_kinds import KINDS, PREFIX
from functions.settings import Settings

DOCS = Path(__file__).parents[1] / "docs"
PAGES_WITH_TABLES = ("api.md", "scenarios.md", "home.md", "experiments.md", "schema.md")
_SECTION = re.compile(r"(<!-- (\w+), by `make docs` -->\n).*?(<!-- end -->)", re.DOTALL)
"""A part of a page that is made from the class of this name, or from a table of the API."""
_PATH_PARAMETER = re.compile(r"\{\w+?_?id(:path)?\}")
_HEADING = re.compile(r"^    # (.+)\n    (\w+):", re.MULTILINE)
_TYPES = {str: "text", int: "integer", float: "number", bool: "`true` or `false`", Curve: "curve"}
_TYPES |= {datetime: "RFC 3339 time"}

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


def with_tables(page: str) -> str:
    """Return a page with each section between `<!-- CLASS, by `make docs` -->` and its end anew.

    A section is the docstring of the class and a table of its fields.
    """
    return _SECTION.sub(lambda found: found[1] + _section(found[2]) + found[3], page)


def _section(name: str) -> str:
    if name in {"Routes", "Problems"}:
        return "\n".join([*(_routes() if name == "Routes" else _problems()), ""])
    modules = parameters, selector, rules, home, own, engagements, profile, episodes
    known = {key: value for module in modules for key, value in vars(module).items()}
    struct: type[msgspec.Struct] = {**known, "Experiment": Experiment}[name]
    if struct is Rules:
        return "".join(["| Rules | Key | Meaning |\n|---|---|---|\n", *_rule_rows()])
    defaults = {field.name: field.default for field in msgspec.structs.fields(struct)}
    hints = get_type_hints(struct, include_extras=True)
    lines = [inspect.cleandoc(struct.__doc__ or ""), ""]
    lines += ["| Key | Type | Default | Meaning |", "|---|---|---|---|"]
    for _, key, meaning in _documented_fields(struct):
        lines.append(f"| `{key}` | {_type(hints[key])} | {_default(defaults[key])} | {meaning} |")
    return "\n".join([*lines, ""])


def _routes() -> Iterator[str]:
    """Yield the table of the API's calls."""
    yield from ("| Call | Does |", "|---|---|")
    for path, route in ROUTES.items():
        for method, one in route.items():
            address = _PATH_PARAMETER.sub("{id}", path).replace(":path}", "}")
            call = f"{method} {address}{_query(one.query)}"
            status = "" if HTTPStatus.OK in one.answers else f" ({min(one.answers)})"
            for_whom = "; for admins" if one.user == "admin" else ""
            yield f"| `{call}` | {one.summary}{status}{for_whom} |"


def _query(kind: type[msgspec.Struct]) -> str:
    """Return the parameters of a query as they stand in an address, with their defaults."""
    fields = msgspec.structs.fields(kind)
    parts = [
        "{0}=…&{0}=…"
        if one.required and get_origin(_bare(one.type)) is tuple
        else f"{{0}}={'…' if one.required else one.default or '…'}"
        for one in fields
    ]
    named = (part.format(one.name) for part, one in zip(parts, fields, strict=True))
    return f"?{'&'.join(named)}" if fields else ""


def _bare(hint: Any) -> Any:
    """Return a type without what `Annotated` says of it."""
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _problems() -> Iterator[str]:
    """Yield the table of the API's problems."""
    yield from (f"| Type `{PREFIX}…` | Status | What to do |", "|---|---|---|")
    for name, kind in KINDS.items():
        yield f"| `{name}` | {', '.join(map(str, kind.statuses))} | {kind.advice} |"


def _rule_rows() -> Iterator[str]:
    """Yield a row for each kind of rule, with its key beside `where`."""
    for kind, hint in get_type_hints(Rules).items():
        rule = get_args(hint)[0]
        key, condition = get_type_hints(rule, include_extras=True).items()
        assert condition[0] == "where"  # noqa: S101  # it has a table of its own
        yield f"| `{kind}` | `{key[0]}`: {_type(key[1])} | {rule.__doc__} |\n"


def _documented_fields(struct: type[msgspec.Struct]) -> Iterator[tuple[str, str, str]]:
    """Yield the heading above each field, if there is one, its name, and its docstring."""
    headings = {name: text for text, name in _HEADING.findall(inspect.getsource(struct))}
    for name, meaning in field_docstrings(struct).items():
        yield headings.get(name, ""), name, meaning


def _type(hint: Any) -> str:
    """Return a type and its range, in words."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return _type(args[0])
    if origin is tuple:
        return f"list: {_type(args[0])}"
    if origin is dict:
        return f"table: {_type(args[1])}"
    if origin is Literal:
        return "one of " + ", ".join(f"`{one}`" for one in args)
    if origin is Annotated:
        return _type(args[0]) + _range(args[1])
    is_table = hint not in _TYPES and issubclass(hint, msgspec.Struct)
    return "table" if is_table else _TYPES[hint]


def _range(limits: msgspec.Meta) -> str:
    least = limits.ge if limits.ge is not None else limits.gt
    if least is None:
        return ""
    most = f" to {_number(limits.le)}" if limits.le is not None else ""
    return f" {'above' if limits.gt is not None else 'from'} {_number(least)}{most}"


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _default(value: Any) -> str:
    if value in {None, "", msgspec.NODEFAULT} or isinstance(value, msgspec.Struct):
        return ""
    if isinstance(value, tuple):
        return f"`{list(value)}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def main() -> None:
    """Write every page that is made of the code, or has tables that are."""
    (DOCS / "settings.md").write_text(settings_page())
    for page in PAGES_WITH_TABLES:
        (DOCS / page).write_text(with_tables((DOCS / page).read_text()))


if __name__ == "__main__":
    main()
