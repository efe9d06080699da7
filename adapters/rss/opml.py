"""The addresses that an OPML list names, in its order, however badly it is written."""

import html
import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from adapters.rss.xml import tree

MAX_PLACES = 20_000
"""What stands behind so many is not read."""

_AMPERSAND = re.compile(r"&(?:(?:#[0-9]{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});)?")
_FEEDS = frozenset({"rss", "rss1", "rss2", "atom", "feed", "podcast"})


def outlines(text: str) -> tuple[list[str], str | None]:
    """Returns the addresses of feeds and further lists, and what is wrong, if anything.

    `text` begins with the root element or an XML declaration: no document type, so no entities.
    """
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True
    )
    root = etree.fromstring(_repair(text).encode(), parser)
    if parser.error_log:  # which may have cost this parser an outline
        root = tree(text)
    places = list(islice(_places(root), MAX_PLACES)) if root is not None else []
    if parser.error_log:
        first = parser.error_log[0]
        return (
            places,
            f"malformed OPML, line {first.line}: {first.message}; some of it may be broken off",
        )
    return places, None if places else "no feed is listed"


def _repair(text: str) -> str:
    """Escapes each `&` that begins no reference, and resolves those that XML lacks or forbids."""

    def repaired(found: re.Match[str]) -> str:
        # Unescaping leaves a bare `&` and an unknown name alone; escaping then makes them text.
        return html.escape(html.unescape(found[0]))

    return _AMPERSAND.sub(repaired, text)


def _places(root: etree._Element) -> Iterator[str]:
    for element in root.iter("*"):
        if _local(element.tag) != "outline":
            continue
        said = {_local(name): str(value) for name, value in element.attrib.items()}
        kind = said.get("type", "").strip().lower()
        url = said.get("url", "").strip()
        if place := said.get("xmlurl", "").strip():
            yield place
        elif url and (kind == "include" or kind in _FEEDS or _links_to_list(kind, url)):
            yield url


def _local(name: object) -> str:
    """Returns a name without its namespace, declared or not, in lower case."""
    return re.split("[}:]", str(name))[-1].lower()


def _links_to_list(kind: str, url: str) -> bool:
    # OPML 2.0: a link to an OPML file is an inclusion, any other is for people.
    return kind == "link" and url.lower().partition("?")[0].endswith(".opml")
