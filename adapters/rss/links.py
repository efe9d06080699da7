"""Addresses in a feed: of what plays, of pictures, of pages."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from adapters.rss.xml import Element, Parts, attribute, name, parts, text

AUDIO, VIDEO, STREAM, UNKNOWN = range(4)
"""What an enclosure may be, the best to play first."""

_BREAKS = re.compile(r"[\t\r\n]")
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
_AUDIO = re.compile(r"audio|mp3|mpeg$|m4a|m4b|ogg|opus|aac|flac|\bwave?\b")
_VIDEO = re.compile(r"video|mp4|m4v|quicktime|webm")
# Playlists, and formats that no browser plays.
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
    """Make an address absolute; None if it then leads anywhere but to the web.

    A relative one starts from `base`, and from the xml:base that holds for the element.
    """
    url = _BREAKS.sub("", address).strip()
    if not url:
        return None
    try:
        if not _ABSOLUTE.match(url):  # one that is complete stays as it is, to the last "?"
            inner = element.base if element is not None else None
            url = urljoin(urljoin(base, inner or ""), url)
            url = f"https:{url}" if url.startswith("//") else url
        parsed = urlsplit(url)
    except ValueError:
        return None
    return url if parsed.scheme in {"http", "https"} and parsed.hostname else None


def playable(item: Parts, base: str) -> str | None:
    """Address of what a player is to play: audio before video, in the feed's order."""
    offers: list[_Offer] = []
    for element, address in _enclosures(item):
        url = web_url(address, base, element)
        rank = _rank(element, url) if url else None
        if url and rank is not None:
            offers.append(_Offer(rank, len(offers), url))
    return min(offers).url if offers else None


def _enclosures(item: Parts) -> Iterator[tuple[Element, str]]:
    for element in item.get("enclosure", ()):
        yield element, attribute(element, "url") or attribute(element, "href") or text(element)
    for element in (*item.get("link", ()), *item.get("atom:link", ())):
        if attribute(element, "rel").lower() == "enclosure":
            yield element, attribute(element, "href")
    groups = [parts(group) for group in item.get("media:group", ())]
    media = [one for where in (item, *groups) for one in where.get("media:content", ())]
    for element in sorted(media, key=lambda one: attribute(one, "isDefault").lower() != "true"):
        yield element, attribute(element, "url")


def _rank(element: Element, url: str) -> int | None:
    """How well it plays; None if it is nothing that plays."""
    said = attribute(element, "type").partition(";")[0].strip().lower()
    suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    if suffix == ".torrent":
        return None
    by_name = _FORMATS.get(suffix)
    for pattern, rank in ((_STREAM, STREAM), (_AUDIO, AUDIO), (_VIDEO, VIDEO)):
        if pattern.search(said):
            return rank
    medium = {"audio": AUDIO, "video": VIDEO}.get(attribute(element, "medium").lower())
    if by_name is not None or medium is not None:
        return by_name if by_name is not None else medium
    # An enclosure of unknown kind is the episode; media:content may as well be its picture.
    is_media = name(element.tag) == "media:content"
    return None if is_media or _OTHER.search(said) else UNKNOWN


def image(thing: Parts, base: str) -> str | None:
    """Address of the picture of a show: that of iTunes first."""
    return _first_url(_pictures(thing), base)


def cover(item: Parts, base: str) -> str | None:
    """Address of the picture of an episode: that of iTunes, of Media RSS, then any other."""
    return image({**item, "image": ()}, base) or image(item, base)


def attached_image(item: Parts, base: str) -> str | None:
    """Address of a picture among an episode's media, which may as well be its author's."""
    return _first_url(_attached_pictures(item), base)


def _first_url(said: Iterator[tuple[Element, str]], base: str) -> str | None:
    urls = (web_url(address, base, element) for element, address in said)
    return next((url for url in urls if url), None)


def _pictures(thing: Parts) -> Iterator[tuple[Element, str]]:
    for kind in ("itunes:image", "image", "googleplay:image", "podcast:image"):
        for element in thing.get(kind, ()):
            inside = parts(element)
            inner = [text(one) for one in inside.get("url", ())]
            inner += [attribute(one, "href") for one in inside.get("itunes:image", ())]
            said = [attribute(element, key) for key in ("href", "url")]
            yield from ((element, address) for address in (*said, *inner))
            if not len(element):
                yield element, text(element)
    for where in (thing, *_media(thing)):
        for element in where.get("media:thumbnail", ()):
            yield element, attribute(element, "url") or text(element)
    for kind in ("logo", "icon", "atom:logo", "atom:icon"):
        yield from ((element, text(element)) for element in thing.get(kind, ()))


def _attached_pictures(item: Parts) -> Iterator[tuple[Element, str]]:
    for where in (item, *_media(item)):
        for element in where.get("media:content", ()):
            medium = attribute(element, "medium") or attribute(element, "type")
            if medium.lower().startswith("image"):
                yield element, attribute(element, "url")


def _media(thing: Parts) -> list[Parts]:
    groups = (*thing.get("media:group", ()), *thing.get("media:content", ()))
    return [parts(element) for element in groups]


def page(item: Parts, base: str) -> str | None:
    """Address of the page of an episode: its link, or else a guid that is one."""
    found = _first_url(_links(item), base)
    if found:
        return found
    for element in item.get("guid", ()):
        guid = text(element)
        if "://" in guid and attribute(element, "isPermaLink").lower() != "false":
            return web_url(guid, base)
    return None


def _links(item: Parts) -> Iterator[tuple[Element, str]]:
    for element in (*item.get("link", ()), *item.get("atom:link", ())):
        if attribute(element, "rel").lower() in {"", "alternate"}:
            yield element, attribute(element, "href") or text(element)
