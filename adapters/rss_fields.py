"""One entry of a feed, as feedparser gives it, in DESIGN.md's Episode fields."""

import calendar
import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from adapters.rss_text import fold, plain

MAX_DESCRIPTION_CHARS = 2_000
MAX_TITLE_CHARS = 500
MAX_ID_CHARS = 500
MAX_CATEGORIES = 20
MAX_CATEGORY_CHARS = 100

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_GLOBAL_ID = re.compile(rf"https?://.|tag:.|urn:.|{_UUID.pattern}$", re.IGNORECASE)
_CLOCK = re.compile(r"(?:(?:([0-9]{1,3}):)?([0-9]{1,3}):)?([0-9]{1,7})(?:\.[0-9]{0,9})?")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_].*)?")


def fields(feed: Mapping[str, Any], entry: Mapping[str, Any], feed_url: str) -> dict[str, Any]:
    """Fields of an episode; what the entry does not say, or says wrongly, is left out."""
    audio_url = _audio_url(entry, feed_url)
    url = _http_url(entry.get("link"), feed_url)
    explicit = entry.get("itunes_explicit")
    found = {
        "id": _id(_said(entry, "id") or audio_url or url, feed_url),
        "title": _title(entry),
        "series": _series(feed, feed_url),
        "published_at": _published_at(entry),
        "description": _description(entry),
        "categories": _present(
            {"major": _terms(feed.get("tags")), "subcategories": _terms(entry.get("tags"))}
        ),
        "image_url": _image_url(entry, feed_url) or _image_url(feed, feed_url),
        "audio_url": audio_url,
        "url": url,
        "duration_s": duration_s(_said(entry, "itunes_duration")),
        "language": language(_said(feed, "language")),
        "explicit": feed.get("itunes_explicit") if explicit is None else explicit,
    }
    return _present(found)


def duration_s(text: str) -> int | None:
    """Seconds that "HH:MM:SS", "MM:SS" or "SS" stand for; None if it is none of them or zero."""
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in clock.groups())
    return hours * 3600 + minutes * 60 + seconds or None


def language(tag: str) -> str | None:
    """Return the primary language of a tag: "en-us" is "en". None if it is no tag."""
    match = _LANGUAGE.fullmatch(tag)
    return match[1].lower() if match else None


def short_hash(text: str) -> str:
    """48 bits in hexadecimal: the same on every machine, and no two of a million feeds alike."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _id(own: str | None, feed_url: str) -> str | None:
    """Keep an id that is unique in the world; make others so with the hash of their feed's URL."""
    if not own:
        return None
    if len(own) > MAX_ID_CHARS:
        own = short_hash(own)
    return own if _GLOBAL_ID.match(own) else f"{short_hash(feed_url)}:{own}"


def _series(feed: Mapping[str, Any], feed_url: str) -> dict[str, Any]:
    guid = _said(feed, "podcast_guid").lower()
    return _present(
        {
            # podcast:guid stays when a show moves. Never the URL: a private feed's is a secret.
            "id": guid if _UUID.fullmatch(guid) else short_hash(feed_url),
            "name": _title(feed),
        }
    )


def _title(thing: Mapping[str, Any]) -> str:
    # Only where feedparser saw markup: "C++ <vector>, explained" is a title too.
    marked_up = (thing.get("title_detail") or {}).get("type") == "text/html"
    title = _said(thing, "title")
    return (plain(title) if marked_up else fold(title))[:MAX_TITLE_CHARS].rstrip()


def _published_at(entry: Mapping[str, Any]) -> str | None:
    parsed = entry.get("published_parsed") or entry.get("updated_parsed")
    try:
        at = datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    return at.isoformat().replace("+00:00", "Z") if at else None


def _description(entry: Mapping[str, Any]) -> str:
    contents = [part.get("value") for part in entry.get("content") or []]
    for html in [_said(entry, "summary"), *contents]:
        text = plain(html or "")[:MAX_DESCRIPTION_CHARS].rstrip()
        if text:
            return text
    return ""


def _terms(tags: Iterable[Mapping[str, Any]] | None) -> list[str]:
    terms: dict[str, str] = {}
    for tag in tags or ():
        term = fold(tag.get("label") or tag.get("term") or "")
        if term and len(term) <= MAX_CATEGORY_CHARS:
            terms.setdefault(term.casefold(), term)
    return list(terms.values())[:MAX_CATEGORIES]


def _image_url(thing: Mapping[str, Any], feed_url: str) -> str | None:
    return _http_url((thing.get("image") or {}).get("href"), feed_url)


def _audio_url(entry: Mapping[str, Any], feed_url: str) -> str | None:
    for link in entry.get("links") or []:
        if link.get("rel") == "enclosure" and str(link.get("type")).lower().startswith("audio/"):
            url = _http_url(link.get("href") or link.get("url"), feed_url)
            if url:
                return url
    return None


def _http_url(href: Any, feed_url: str) -> str | None:
    """Make a link absolute; None if it then leads anywhere but to the web."""
    if not isinstance(href, str) or not href.strip():
        return None
    try:
        url = urljoin(feed_url, href.strip())
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None


def _said(thing: Mapping[str, Any], name: str) -> str:
    """Return a text of feedparser's, which gives other kinds for elements used in odd ways."""
    value = thing.get(name)
    return value.strip() if isinstance(value, str) else ""


def _present(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}
