"""Element trees of feeds: parsed without entities or network, with normalised names.

Elements are compared by namespace, not by prefix; an undeclared prefix stands for the namespace
that usually has it. Namespaces are compared without scheme, case and final slash, since feeds vary
there.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from lxml import etree

from adapters.rss.parser.repair import repair_xml

Element = Any
"""an element of lxml, which has no types"""
Children = Mapping[str, Sequence[Element]]
"""the child elements by `qualified_name`, each list in document order"""

MAX_ATTRIBUTES = 50
"""of one element; to look through more takes lxml quadratic time"""

_NAMESPACES = {
    "www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "www.itunes.apple.com/dtds/podcast-1.0.dtd": "itunes",
    "podcastindex.org/namespace/1.0": "podcast",
    "github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast",
    "www.google.com/schemas/play-podcasts/1.0": "googleplay",
    "search.yahoo.com/mrss": "media",
    "video.search.yahoo.com/mrss": "media",
    "www.rssboard.org/media-rss": "media",
    "purl.org/rss/1.0/modules/content": "content",
    "purl.org/dc/elements/1.0": "dc",
    "purl.org/dc/elements/1.1": "dc",
    "purl.org/dc/terms": "dcterms",
    "www.w3.org/2005/atom": "atom",
    "purl.org/atom/ns": "atom",
    "www.w3.org/1999/02/22-rdf-syntax-ns": "rdf",
    # RSS in the days when it had a namespace of its own.
    "purl.org/rss/1.0": "",
    "purl.org/net/rss1.1": "",
    "my.netscape.com/rdf/simple/0.9": "",
    "channel.netscape.com/rdf/simple/0.9": "",
    "backend.userland.com/rss": "",
    "backend.userland.com/rss2": "",
    "backend.userland.com/rss091": "",
    "blogs.law.harvard.edu/tech/rss": "",
    "cyber.law.harvard.edu/rss": "",
    "cyber.law.harvard.edu/rss/rss.html": "",
}
_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": True,  # the parsing process limits time and memory
    "remove_comments": True,
    "remove_pis": True,
}


def parse_xml(text: str) -> Element | None:
    """The root element of a document that begins with it; None if nothing can be parsed.

    A document that is not well formed is repaired first.
    """
    try:
        return etree.fromstring(text.encode(), etree.XMLParser(encoding="utf-8", **_OPTIONS))
    except etree.XMLSyntaxError:
        parser = etree.XMLParser(encoding="utf-8", recover=True, **_OPTIONS)
        try:
            return etree.fromstring(repair_xml(text).encode(), parser)
        except etree.XMLSyntaxError:
            return None


@lru_cache(maxsize=4_096)
def qualified_name(tag: str) -> str:
    """The name of an element or attribute in lower case: "title", "itunes:image", "atom:link"."""
    if not tag.startswith("{"):
        return tag.lower()
    namespace, _, local = tag[1:].partition("}")
    key = namespace.strip().lower().partition("://")[2].rstrip("/#")
    prefix = _NAMESPACES.get(key, namespace)
    return f"{prefix}:{local.lower()}" if prefix else local.lower()


def children(element: Element, default_prefix: str = "") -> Children:
    """The child elements by name, without `default_prefix` (such as "atom:") where they have it."""
    found: dict[str, list[Element]] = {}
    for child in element:
        found.setdefault(qualified_name(child.tag).removeprefix(default_prefix), []).append(child)
    return found


def attribute(element: Element, wanted: str) -> str:
    """An attribute's value, stripped; "" if it is missing. Its case and prefix are ignored."""
    value = element.get(wanted)
    if value is None and 0 < len(element.attrib) <= MAX_ATTRIBUTES:
        value = next((v for k, v in element.items() if qualified_name(k) == wanted.lower()), None)
    return str(value or "").strip()


def text(element: Element) -> str:
    """The text of an element and its descendants, stripped."""
    return "".join(element.itertext()).strip()


def inner_html(element: Element) -> str:
    """The HTML in an element, whether it is escaped, child elements, or both."""
    if not len(element):
        return element.text or ""
    inner = [etree.tostring(child, encoding="unicode", with_tail=True) for child in element]
    written = (element.text or "").replace("&", "&amp;").replace("<", "&lt;") + "".join(inner)
    if attribute(element, "type").lower() == "xhtml":  # in XHTML, escaped text is text
        return written
    return written.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
