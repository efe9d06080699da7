"""Finds the URLs of audio, images and pages in the elements of a feed."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from adapters.rss.parser.xml_tree import (
    Children,
    Element,
    attribute,
    children,
    qualified_name,
    text,
)

AUDIO, VIDEO, STREAM, UNKNOWN = range(4)
"""kinds of enclosures, the preferred first"""

_BREAKS = re.compile(r"[\t\r\n]")
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
_AUDIO = re.compile(r"audio|mp3|mpeg$|m4a|m4b|ogg|opus|aac|flac|\bwave?\b")
_VIDEO = re.compile(r"video|mp4|m4v|quicktime|webm")
# Playlists and formats that browsers do not play.
_STREAM = re.compile(r"mpegurl|scpls|realaudio|ms-wma|ms-wmv|ms-asf|midi|dash\+xml")
_OTHER = re.compile(r"^image|^text|pdf|epub|torrent|flash|zip|msword|json")
_FORMATS = {
    **dict.fromkeys((".mp3", ".m4a", ".m4b", ".aac", ".ogg", ".oga", ".opus", ".flac"), AUDIO),
    **dict.fromkeys((".wav", ".mp2", ".mpga", ".aif", ".aiff"), AUDIO),
    **dict.fromkeys((".mp4", ".m4v", ".mov", ".webm", ".mpg", ".mpeg", ".ogv", ".mkv"), VIDEO),
    **dict.fromkeys((".m3u", ".m3u8", ".pls", ".ram", ".wma", ".wmv", ".asf", ".avi"), STREAM),
}


class _Offer(NamedTuple):
    rank: int
    order: int
    url: str


def web_url(address: str, base: str, element: Element | None = None) -> str | None:
    """The absolute http or https URL of an address; None if it is no such address.

    A relative address starts from `base` and from the `xml:base` that applies to the element.
    """
    url = _BREAKS.sub("", address).strip()
    if not url:
        return None
    try:
        if not _ABSOLUTE.match(url):  # an absolute URL stays unchanged
            inner = element.base if element is not None else None
            url = urljoin(urljoin(base, inner or ""), url)
            url = f"https:{url}" if url.startswith("//") else url
        parsed = urlsplit(url)
    except ValueError:
        return None
    return url if parsed.scheme in {"http", "https"} and parsed.hostname else None


def media_url(item: Children, base: str) -> str | None:
    """The URL that a player plays, audio before video; None if there is none."""
    offers: list[_Offer] = []
    for element, address in _enclosures(item):
        url = web_url(address, base, element)
        rank = _rank(element, url) if url else None
        if url and rank is not None:
            offers.append(_Offer(rank, len(offers), url))
    return min(offers).url if offers else None


def _enclosures(item: Children) -> Iterator[tuple[Element, str]]:
    for element in item.get("enclosure", ()):
        yield (element, attribute(element, "url") or attribute(element, "href") or text(element))
    for element in (*item.get("link", ()), *item.get("atom:link", ())):
        if attribute(element, "rel").lower() == "enclosure":
            yield element, attribute(element, "href")
    groups = [children(group) for group in item.get("media:group", ())]
    media = [one for where in (item, *groups) for one in where.get("media:content", ())]
    for element in sorted(media, key=lambda one: attribute(one, "isDefault").lower() != "true"):
        yield element, attribute(element, "url")


def _rank(element: Element, url: str) -> int | None:
    """AUDIO, VIDEO, STREAM or UNKNOWN; None for what does not play, such as an image."""
    media_type = attribute(element, "type").partition(";")[0].strip().lower()
    suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    if suffix == ".torrent":
        return None
    by_name = _FORMATS.get(suffix)
    for pattern, rank in ((_STREAM, STREAM), (_AUDIO, AUDIO), (_VIDEO, VIDEO)):
        if pattern.search(media_type):
            return rank
    medium = {"audio": AUDIO, "video": VIDEO}.get(attribute(element, "medium").lower())
    if by_name is not None or medium is not None:
        return by_name if by_name is not None else medium
    # An enclosure of unknown kind is the episode, but media:content may be its image.
    is_media = qualified_name(element.tag) == "media:content"
    return None if is_media or _OTHER.search(media_type) else UNKNOWN


def show_image_url(channel: Children, base: str) -> str | None:
    """The URL of a channel's image, that of iTunes first; None if there is none."""
    return _first_url(_images(channel), base)


def episode_image_url(item: Children, base: str) -> str | None:
    """The URL of an item's image, that of iTunes first; None if there is none."""
    return show_image_url({**item, "image": ()}, base) or show_image_url(item, base)


def attached_image_url(item: Children, base: str) -> str | None:
    """The URL of an image among an item's media, which may show its author; None if none."""
    return _first_url(_attached_images(item), base)


def _first_url(addresses: Iterator[tuple[Element, str]], base: str) -> str | None:
    urls = (web_url(address, base, element) for element, address in addresses)
    return next((url for url in urls if url), None)


def _images(parent: Children) -> Iterator[tuple[Element, str]]:
    for kind in ("itunes:image", "image", "googleplay:image", "podcast:image"):
        for element in parent.get(kind, ()):
            inner = children(element)
            addresses = [attribute(element, key) for key in ("href", "url")]
            addresses += [text(one) for one in inner.get("url", ())]
            addresses += [attribute(one, "href") for one in inner.get("itunes:image", ())]
            yield from ((element, address) for address in addresses)
            if not len(element):
                yield element, text(element)
    for where in (parent, *_media(parent)):
        for element in where.get("media:thumbnail", ()):
            yield element, attribute(element, "url") or text(element)
    for kind in ("logo", "icon", "atom:logo", "atom:icon"):
        yield from ((element, text(element)) for element in parent.get(kind, ()))


def _attached_images(item: Children) -> Iterator[tuple[Element, str]]:
    for where in (item, *_media(item)):
        for element in where.get("media:content", ()):
            medium = attribute(element, "medium") or attribute(element, "type")
            if medium.lower().startswith("image"):
                yield element, attribute(element, "url")


def _media(parent: Children) -> list[Children]:
    groups = (*parent.get("media:group", ()), *parent.get("media:content", ()))
    return [children(element) for element in groups]


def page_url(item: Children, base: str) -> str | None:
    """The URL of an item's web page: its link, or else its guid if that is a URL; else None."""
    found = _first_url(_links(item), base)
    if found:
        return found
    for element in item.get("guid", ()):
        guid = text(element)
        if "://" in guid and attribute(element, "isPermaLink").lower() != "false":
            return web_url(guid, base)
    return None


def _links(item: Children) -> Iterator[tuple[Element, str]]:
    for element in (*item.get("link", ()), *item.get("atom:link", ())):
        if attribute(element, "rel").lower() in {"", "alternate"}:
            yield element, attribute(element, "href") or text(element)
