"""Parses OPML lists of feeds, well formed or not."""

import html
import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from adapters.rss.parser.xml_tree import parse_xml

MAX_LOCATIONS = 20_000
"""per list; what follows is not read"""

_AMPERSAND = re.compile(r"&(?:(?:#[0-9]{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});)?")
_FEEDS = frozenset({"rss", "rss1", "rss2", "atom", "feed", "podcast"})


def parse_opml(text: str) -> tuple[list[str], str | None]:
    """The locations of feeds and further lists in document order, and what is wrong (or None).

    `text` begins with the root element or an XML declaration, so it declares no entities.
    """
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True
    )
    root = etree.fromstring(_escape_ampersands(text).encode(), parser)
    if parser.error_log:  # recovering, the parser may have skipped an outline
        root = parse_xml(text)
    locations = list(islice(_locations(root), MAX_LOCATIONS)) if root is not None else []
    if parser.error_log:
        first = parser.error_log[0]
        flaw = f"malformed OPML, line {first.line}: {first.message}; some of it may be broken off"
        return locations, flaw
    return locations, None if locations else "no feed is listed"


def _escape_ampersands(text: str) -> str:
    """Escape each `&` that begins no reference; resolve references that XML lacks or forbids."""
    # Unescaping leaves a bare `&` and an unknown name alone; escaping then makes them text.
    return _AMPERSAND.sub(lambda found: html.escape(html.unescape(found[0])), text)


def _locations(root: etree._Element) -> Iterator[str]:
    for element in root.iter("*"):
        if _local(element.tag) != "outline":
            continue
        said = {_local(name): str(value) for name, value in element.attrib.items()}
        kind = said.get("type", "").strip().lower()
        url = said.get("url", "").strip()
        if location := said.get("xmlurl", "").strip():
            yield location
        elif url and (kind == "include" or kind in _FEEDS or _links_to_list(kind, url)):
            yield url


def _local(name: object) -> str:
    """A name in lower case without its namespace or prefix."""
    return re.split("[}:]", str(name))[-1].lower()


def _links_to_list(kind: str, url: str) -> bool:
    # OPML 2.0: a link to an OPML file is an inclusion, any other is for people.
    return kind == "link" and url.lower().partition("?")[0].endswith(".opml")
