"""Bytes of unknown make -> the episodes of a feed, or the places that a list names."""

import re
from collections.abc import Iterator
from datetime import datetime
from email.message import Message
from typing import Any, NamedTuple

from adapters.rss.charset import decode
from adapters.rss.dates import Dates, placed
from adapters.rss.fields import Show, blocked, fields
from adapters.rss.links import web_url
from adapters.rss.opml import outlines
from adapters.rss.xml import Element, Parts, attribute, name, parts, text, tree

HEAD_CHARS = 65_536
"""A document's root element has to begin within so many characters."""
MAX_LINE_CHARS = 4_000

MAX_ENTRIES = 100_000
TAIL_CHARS = 65_536
"""Behind a root element nothing belongs, but some servers add pages of statistics."""

# What stands before a root may hold anything that looks like one.
_ROOT = re.compile(
    r"<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>|<(?:[\w.-]+:)?(rss|rdf|feed|opml)(?=[\s>])",
    re.IGNORECASE | re.DOTALL,
)
_CLOSED = re.compile(r"</(?:[\w.-]+:)?(?:rss|rdf|feed)\s*>", re.IGNORECASE)
_ITEM_DATES = (
    *("pubdate", "published", "issued", "dc:date", "atom:published", "updated", "modified"),
    *("atom:updated", "dcterms:issued", "dcterms:created", "created", "date"),
)
_FEED_DATES = ("pubdate", "lastbuilddate", "updated", "modified", "dc:date", "atom:updated")


class NotAFeedError(Exception):
    """Nothing to be read in there; says why."""


class Feed(NamedTuple):
    """The episodes of one feed, in its order, and what a reader of the report should know of it."""

    entries: list[dict[str, Any]]
    notes: list[str]
    flaw: str | None = None
    """why there may be more than was read"""

    @property
    def size(self) -> int:
        """How many episodes it has."""
        return len(self.entries)


class Listing(NamedTuple):
    """Places that a list names, in its order, and what was wrong with the list, if anything."""

    places: list[str]
    flaw: str | None = None

    @property
    def size(self) -> int:
        """How many places it names."""
        return len(self.places)


def read(
    body: bytes,
    feed_url: str,
    *,
    content_type: str | None = None,
    lines_allowed: bool = False,
    include_blocked: bool = False,
) -> Feed | Listing:
    """Read a feed, an OPML list or, if allowed, a text with one place per line.

    `content_type` is the header that came with it, if any; `include_blocked` reads what asks to be
    in no directory, too. Raises `NotAFeedError`.
    """
    document = decode(body, _charset(content_type))
    start = next((m for m in _ROOT.finditer(document, 0, HEAD_CHARS) if m[1]), None)
    if start is None:
        if lines_allowed:
            return _lines(document)
        raise NotAFeedError("not a feed")
    # Without its head there is no document type left, so nothing can expand.
    document = document[start.start() :]
    if start[1].lower() == "opml":
        return Listing(*outlines(document))
    root = tree(document)
    if root is None:
        raise NotAFeedError("not a feed")
    feed = _bounded(_feed(root, feed_url, include_blocked=include_blocked))
    if not _CLOSED.search(document, max(0, len(document) - TAIL_CHARS)):
        return feed._replace(flaw="ends early: what stands before was read")
    return feed


def _bounded(feed: Feed) -> Feed:
    """Returns as much of a feed as a build can hold of many."""
    count = len(feed.entries)
    if count <= MAX_ENTRIES:
        return feed
    note = f"has {count:,} episodes: the first {MAX_ENTRIES:,} are read"
    return Feed(feed.entries[:MAX_ENTRIES], [*feed.notes, note])


def _charset(content_type: str | None) -> str | None:
    header = Message()
    header["Content-Type"] = content_type or ""
    return header.get_content_charset()


def _feed(root: Element, feed_url: str, *, include_blocked: bool) -> Feed:
    own = name(root.tag).removesuffix(root.tag.rpartition("}")[2].rpartition(":")[2].lower())
    entries: list[dict[str, Any]] = []
    dates: list[datetime | None] = []
    unread: list[str] = []
    left_out = 0
    of_feed = None
    for show, items in _shows(root, own):
        if blocked(show) and not include_blocked:
            left_out += len(items)
            continue
        url, base = _addresses(show, feed_url)
        one = Show.of(show, base, url, attribute(root, _LANG))
        reader = Dates(one.language)
        of_feed = of_feed or next((at for _, at in _dates(show, _FEED_DATES, reader) if at), None)
        for item in items:
            if blocked(item) and not include_blocked:
                left_out += 1
                continue
            said = list(_dates(item, _ITEM_DATES, reader))
            dates.append(next((at for _, at in said if at), None))
            unread.append(next((written for written, _ in said if written), ""))
            entries.append(fields(item, one))
    notes = _place(entries, dates, unread, of_feed)
    if left_out:
        asks = "that asks" if left_out == 1 else "that ask"
        notes.append(f"left out {_count(left_out)} {asks} to be in no directory (itunes:block)")
    return Feed(entries, notes)


_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def _shows(root: Element, own: str) -> Iterator[tuple[Parts, list[Parts]]]:
    """Each channel with its items; in Atom the root is both, in RDF items stand beside it."""
    top = parts(root, own)
    channels = [parts(channel, own) for channel in top.get("channel", ())] or [top]
    for n, channel in enumerate(channels):
        inner = [*channel.get("item", ()), *channel.get("entry", ())]
        outer = top.get("item", ()) if n == 0 and channel is not top else ()
        yield (
            _with_outer(channel, top) if n == 0 else channel,
            [parts(item, own) for item in (*inner, *outer)],
        )


def _with_outer(channel: Parts, top: Parts) -> Parts:
    """A channel with what stands beside it: RDF's image, and elements of iTunes gone astray."""
    astray = {name: found for name, found in top.items() if ":" in name and name not in channel}
    if "image" in top and not any(len(one) for one in channel.get("image", ())):
        astray["image"] = top["image"]
    return {**channel, **astray}


def _addresses(show: Parts, feed_url: str) -> tuple[str, str]:
    """What makes ids unique, and what relative addresses start from.

    A saved feed gives the ids that it gives on the web, wherever it was saved.
    """
    if feed_url.startswith(("http://", "https://")):
        return feed_url, feed_url
    links = [*show.get("link", ()), *show.get("atom:link", ())]
    own = [attribute(one, "href") for one in links if attribute(one, "rel").lower() == "self"]
    url = next((url for url in own if url), feed_url)
    site = next((found for one in links if (found := web_url(text(one), ""))), "")
    return url, url if web_url(url, "") else site


def _dates(
    thing: Parts, names: tuple[str, ...], reader: Dates
) -> Iterator[tuple[str, datetime | None]]:
    for one in names:
        for element in thing.get(one, ()):
            written = text(element)
            yield written, reader.read(written)


def _place(
    entries: list[dict[str, Any]],
    dates: list[datetime | None],
    written: list[str],
    of_feed: datetime | None,
) -> list[str]:
    """Put dates into entries, guessed where there is none; say how many were, and why."""
    full = placed(dates, of_feed)
    for entry, at, raw in zip(entries, full, written, strict=True):
        if at is not None:
            entry["published_at"] = at.isoformat().replace("+00:00", "Z")
        elif raw:
            entry["published_at"] = raw  # to be reported as it stands
    guessed = [raw for known, at, raw in zip(dates, full, written, strict=True) if at and not known]
    if not guessed:
        return []
    seen = ", ".join(repr(raw[:60]) for raw in dict.fromkeys(filter(None, guessed[:3])))
    whose = "its neighbours" if len(guessed) == 1 else "their neighbours"
    whose = whose if any(dates) else "the feed's own date"
    unread = f" (not to be read: {seen})" if seen else ""
    return [f"placed {_count(len(guessed))} without a date by {whose}{unread}"]


def _count(episodes: int) -> str:
    return f"{episodes} episode{'s' * (episodes != 1)}"


def _lines(document: str) -> Listing:
    lines = [line.strip() for line in document.splitlines()]
    if (
        document.lstrip()[:1] == "<"
        or "\ufffd" in document
        or max(map(len, lines), default=0) > MAX_LINE_CHARS
    ):
        raise NotAFeedError("neither a feed nor a list")
    places = [line for line in lines if line and not line.startswith("#")]
    return Listing(places, None if places else "no feed is listed")
