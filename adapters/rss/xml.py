"""XML of feeds: a tree that nothing outside the document can change, and names without prefixes.

Namespaces count, prefixes do not; a prefix that is declared nowhere stands for the namespace that
goes by it. Namespaces are written in many ways over the years, so they are compared without scheme,
case and final slash.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from lxml import etree

from adapters.rss.repair import repaired

Element = Any
"""lxml's, which has no types"""
Parts = Mapping[str, Sequence[Element]]
"""An element's children by name, in their order"""

MAX_ATTRIBUTES = 50
"""To look through more takes lxml quadratic time."""

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
    "huge_tree": True,  # the process has limits of its own
    "remove_comments": True,
    "remove_pis": True,
}


def tree(text: str) -> Element | None:
    """Root element of a document that begins with its root; None if there is nothing to read.

    What is not well formed is repaired first. Without a document type there is no entity to expand.
    """
    try:
        return etree.fromstring(text.encode(), etree.XMLParser(encoding="utf-8", **_OPTIONS))
    except etree.XMLSyntaxError:
        parser = etree.XMLParser(encoding="utf-8", recover=True, **_OPTIONS)
        try:
            return etree.fromstring(repaired(text).encode(), parser)
        except etree.XMLSyntaxError:
            return None


@lru_cache(maxsize=4_096)
def name(tag: str) -> str:
    """Name of an element or attribute in small letters: "title", "itunes:image", "atom:link"."""
    if not tag.startswith("{"):
        return tag.lower()
    namespace, _, local = tag[1:].partition("}")
    key = namespace.strip().lower().partition("://")[2].rstrip("/#")
    prefix = _NAMESPACES.get(key, namespace)
    return f"{prefix}:{local.lower()}" if prefix else local.lower()


def parts(element: Element, own: str = "") -> Parts:
    """Children by name; `own` (such as "atom:") is the prefix that goes without saying."""
    found: dict[str, list[Element]] = {}
    for child in element:
        found.setdefault(name(child.tag).removeprefix(own), []).append(child)
    return found


def attribute(element: Element, wanted: str) -> str:
    """Return an attribute's value without the space around it; "" if it has none.

    An attribute may be written in another case, or with a prefix.
    """
    value = element.get(wanted)
    if value is None and 0 < len(element.attrib) <= MAX_ATTRIBUTES:
        value = next((v for k, v in element.items() if name(k) == wanted.lower()), None)
    return str(value or "").strip()


def text(element: Element) -> str:
    """All text in an element, that of elements in it included."""
    return "".join(element.itertext()).strip()


def markup(element: Element) -> str:
    """HTML that an element holds: escaped, as elements, or both at once."""
    if not len(element):
        return element.text or ""
    inner = [etree.tostring(child, encoding="unicode", with_tail=True) for child in element]
    written = (element.text or "").replace("&", "&amp;").replace("<", "&lt;") + "".join(inner)
    if attribute(element, "type").lower() == "xhtml":  # there what is escaped is text
        return written
    return written.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
