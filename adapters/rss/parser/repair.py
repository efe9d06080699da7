"""Repairs XML that is not well formed, and keeps its elements.

lxml's own recovery loses data: `?a=1&lang=2` becomes `?a=1=2`, and after `<br>` every later item is
nested in an earlier one. The repair makes text of a reference that is none, ends an unclosed
element where its parent ends or its sibling begins, never nests items, and drops a field that the
end of the document cuts off.
"""

import html
import html.entities
import re

MAX_DEPTH = 60
"""elements nested deeper are dropped"""

_REFERENCE = re.compile(r"&(?:(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)?|]]>")
_PREDEFINED = frozenset({"amp", "lt", "gt", "quot", "apos"})
_MARKUP = re.compile(
    r"<(?:(?P<data>!\[CDATA\[)|(?P<comment>!--)|(?P<other>[?!])"
    r"|(?P<end>/)?(?P<name>[^\W\d][\w.:-]{0,99})"
    r"(?P<rest>(?:\s(?:[^<>\"']++|\"(?:[^\"<]*+|[^\">]*+)\"|'(?:[^'<]*+|[^'>]*+)')*+|/)?+>"
    r"|(?:[\s/][^<>]*+)?+>))?"
)
_CLOSED_BY = {"data": "]]>", "comment": "-->", "other": ">"}
_ATTRIBUTE = re.compile(
    r"(?<![^\s\"'/])([^\W\d][\w.:-]{0,99})\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))"
)
_ITEMS = frozenset({"item", "entry"})
_CONTAINERS = _ITEMS | {"channel", "rss", "rdf:rdf", "rdf", "feed", "opml", "body", "outline"}
_NEXT_ITEM = re.compile(r"</(?:item|entry)\s*>")
_VOID = frozenset({"br", "hr", "img", "input", "wbr"})
_IDS = frozenset({"guid", "id"})
# Elements that hold only text; elements that hold HTML; elements that HTML does not have.
_LEAVES = _IDS | {"title", "link", "pubdate", "updated", "published", "category", "comments"}
_LEAVES |= {"language", "copyright", "generator", "dc:creator", "itunes:title", "itunes:author"}
_LEAVES |= {"itunes:duration", "itunes:explicit", "itunes:keywords", "itunes:subtitle"}
_NOTES = frozenset({"description", "content:encoded", "itunes:summary", "summary", "content"})
_FEEDS_ALONE = frozenset({"guid", "pubdate", "enclosure", "itunes:duration", "itunes:explicit"})
_FIELDS = _LEAVES | _NOTES | _FEEDS_ALONE


def repair_xml(text: str) -> str:
    """A well-formed version of a document that begins with its root; prefixes stay undeclared."""
    return _Repair(text).run()


def _text(text: str) -> str:
    """Text with valid references: repairs `R&D`, `&nbsp;`, `?a=1&lang=en`, `&#0;`."""
    return _REFERENCE.sub(_reference, text)


def _reference(match: re.Match[str]) -> str:
    name = match[1]
    if name is None:
        return "]]&gt;" if match[0] == "]]>" else "&amp;"
    if name in _PREDEFINED:
        return match[0]
    if name.startswith("#"):
        in_hex = name[1] in "xX"
        value = int(name[2:] if in_hex else name[1:], 16 if in_hex else 10)
        return match[0] if _allowed(value) else ""
    character = html.entities.html5.get(f"{name};")
    return html.escape(character) if character else f"&amp;{name};"


def _allowed(value: int) -> bool:
    """Whether XML 1.0 allows this character."""
    spaces, blocks = (0x9, 0xA, 0xD), ((0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x10FFFF))
    return value in spaces or any(first <= value <= last for first, last in blocks)


class _Repair:
    def __init__(self, text: str) -> None:
        self._text = text
        self._out: list[str] = []
        self._open: list[tuple[str, int]] = []
        """each open element's name, and where in `_out` it begins"""
        self._identified = False
        """whether the open item has its id"""
        self._closers: dict[str, int] = {}
        """where each closing mark was found last, or -1: so the text is searched only once"""

    def run(self) -> str:
        at = 0
        while markup := _MARKUP.search(self._text, at):
            self._out.append(_text(self._text[at : markup.start()]))
            at = self._take(markup)
            if not self._open and markup["end"]:
                break  # the root
        else:
            self._out.append(_text(self._text[at:]))
            self._cut()
        self._close(0)
        return "".join(self._out)

    def _take(self, markup: re.Match[str]) -> int:
        """Process one piece of markup; return the offset behind it."""
        if markup["name"] and markup["rest"]:
            if markup["end"]:
                self._end(markup["name"])
            else:
                self._start(markup["name"], markup["rest"])
            return markup.end()
        kind = markup.lastgroup or ""
        if kind not in _CLOSED_BY:
            self._out.append("&lt;")
            return markup.start() + 1
        closer = _CLOSED_BY[kind]
        end = self._find(closer, markup.end())
        if end < 0:  # never closed, so it is text
            return markup.end()
        if kind != "data":
            return end + len(closer)
        end = self._cdata_end(markup.end(), end)
        self._out.append(f"{self._text[markup.start() : end]}]]>")
        return end + len(closer) * self._text.startswith(closer, end)

    def _cdata_end(self, start: int, end: int) -> int:
        """Where a CDATA section ends: at `end`, or before if that mark is a later section's."""
        inside = self._text[start:end]
        if not self._open or "<![CDATA[" not in inside or not _NEXT_ITEM.search(inside):
            return end
        own = inside.find(f"</{self._open[-1][0]}")
        return start + own if own >= 0 else end

    def _find(self, closer: str, start: int) -> int:
        known = self._closers.get(closer, 0)
        if 0 <= known < start:
            self._closers[closer] = known = self._text.find(closer, start)
        return known

    def _start(self, name: str, rest: str) -> None:
        own = name.lower()
        depth = self._container()
        if own in _ITEMS:
            while depth and self._open[depth - 1][0].lower() in _ITEMS:
                depth -= 1
            self._close(depth)
            self._identified = False
        elif len(self._open) > depth:
            parent = self._open[depth][0].lower()
            in_leaf = parent in _LEAVES and own in _FIELDS
            if in_leaf or (parent in _NOTES and own in _FEEDS_ALONE):
                self._close(depth)
        if len(self._open) >= MAX_DEPTH:
            return
        empty = rest.endswith("/>") or own in _VOID
        if not empty:
            self._open.append((name, len(self._out)))
        self._out.append(f"<{name}{_attributes(rest)}{'/' if empty else ''}>")

    def _end(self, name: str) -> None:
        contains = name.lower() in _CONTAINERS
        for depth in range(len(self._open) - 1, -1, -1):
            is_open = self._open[depth][0]
            if is_open == name:
                self._close(depth)
                return
            if not contains and is_open.lower() in _CONTAINERS:
                return  # an end tag without its start

    def _container(self) -> int:
        """The depth of the innermost open container."""
        for depth in range(len(self._open), 0, -1):
            if self._open[depth - 1][0].lower() in _CONTAINERS:
                return depth
        return 0

    def _close(self, depth: int) -> None:
        """Close elements until `depth` are open."""
        while len(self._open) > depth:
            name, _ = self._open.pop()
            self._out.append(f"</{name}>")
            if name.lower() in _IDS and self._open and self._open[-1][0].lower() in _ITEMS:
                self._identified = True

    def _cut(self) -> None:
        """Drop the field, and the item without an id, that the end of the document cuts off."""
        depth = self._container()
        if depth and self._open[depth - 1][0].lower() in _ITEMS and not self._identified:
            depth -= 1
        if len(self._open) > depth:
            del self._out[self._open[depth][1] :], self._open[depth:]


def _attributes(rest: str) -> str:
    """A tag's attributes, quoted; of repeated names the first."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(rest):
        found.setdefault(name, double or single or bare.removesuffix("/"))
    quoted = str.maketrans({"<": "&lt;", '"': "&quot;"})
    return "".join(f' {name}="{_text(value).translate(quoted)}"' for name, value in found.items())
