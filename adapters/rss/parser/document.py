"""Parses the bytes of a document: a feed into its episodes, a list into what it names."""

import re
from collections.abc import Iterator
from datetime import datetime
from email.message import Message
from typing import Any, NamedTuple

from adapters.rss.fields.dates import DateParser, interpolate_dates
from adapters.rss.fields.episode import ShowFields, episode_fields, is_blocked
from adapters.rss.fields.links import web_url
from adapters.rss.parser.charset import decode
from adapters.rss.parser.opml import parse_opml
from adapters.rss.parser.xml_tree import (
    Children,
    Element,
    attribute,
    children,
    parse_xml,
    qualified_name,
    text,
)

HEAD_CHARS = 65_536
"""The root element has to begin within this many characters."""
MAX_LINE_CHARS = 4_000
MAX_ENTRIES = 100_000
TAIL_CHARS = 65_536
"""The root element has to end within the last so many: some servers append statistics."""

# Comments and document types before the root may contain text that looks like a root.
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
    """A document that is neither a feed nor a list, or that cannot be parsed. Its text says why."""


class Feed(NamedTuple):
    """The episodes of one feed, in the feed's order, as raw `Episode` fields."""

    entries: list[dict[str, Any]]
    notes: list[str]
    """what was guessed or left out, for the build's report"""
    flaw: str | None = None
    """why the feed may have more episodes than these; None: it is complete"""

    @property
    def size(self) -> int:
        """Number of episodes."""
        return len(self.entries)


class FeedList(NamedTuple):
    """The feeds and further lists that an OPML list or a text names, in its order."""

    locations: list[str]
    """URLs and paths, as they are written"""
    flaw: str | None = None
    """what is wrong with the list; None: nothing"""

    @property
    def size(self) -> int:
        """Number of locations."""
        return len(self.locations)


def parse_document(
    body: bytes,
    feed_url: str,
    *,
    content_type: str | None = None,
    lines_allowed: bool = False,
    include_blocked: bool = False,
) -> Feed | FeedList:
    """Parse a feed, an OPML list or, with `lines_allowed`, a text with one location per line.

    Args:
        body: The document, decompressed.
        feed_url: Where it was read; makes ids unique and relative addresses absolute.
        content_type: The HTTP header `Content-Type`, which may name the charset.
        lines_allowed: Whether a text that is no XML may be a list.
        include_blocked: Whether to include what asks to be in no directory (`itunes:block`).

    Raises `NotAFeedError`.
    """
    document = decode(body, _charset(content_type))
    start = next((m for m in _ROOT.finditer(document, 0, HEAD_CHARS) if m[1]), None)
    if start is None:
        if lines_allowed:
            return _lines(document)
        raise NotAFeedError("not a feed")
    # Without its head there is no document type left, so no entity can expand.
    document = document[start.start() :]
    if start[1].lower() == "opml":
        return FeedList(*parse_opml(document))
    root = parse_xml(document)
    if root is None:
        raise NotAFeedError("not a feed")
    feed = _bounded(_feed(root, feed_url, include_blocked=include_blocked))
    if not _CLOSED.search(document, max(0, len(document) - TAIL_CHARS)):
        return feed._replace(flaw="ends early: what stands before was read")
    return feed


def _bounded(feed: Feed) -> Feed:
    """Returns the feed with at most `MAX_ENTRIES` episodes, and a note if it had more."""
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
    own = qualified_name(root.tag).removesuffix(
        root.tag.rpartition("}")[2].rpartition(":")[2].lower()
    )
    entries: list[dict[str, Any]] = []
    dates: list[datetime | None] = []
    unread: list[str] = []
    left_out = 0
    feed_date = None
    for show, items in _shows(root, own):
        if is_blocked(show) and not include_blocked:
            left_out += len(items)
            continue
        url, base = _addresses(show, feed_url)
        show_fields = ShowFields.of(show, base, url, attribute(root, _LANG))
        parser = DateParser(show_fields.language)
        found = (at for _, at in _dates(show, _FEED_DATES, parser) if at)
        feed_date = feed_date or next(found, None)
        for item in items:
            if is_blocked(item) and not include_blocked:
                left_out += 1
                continue
            written = list(_dates(item, _ITEM_DATES, parser))
            dates.append(next((at for _, at in written if at), None))
            unread.append(next((raw for raw, _ in written if raw), ""))
            entries.append(episode_fields(item, show_fields))
    notes = _set_dates(entries, dates, unread, feed_date)
    if left_out:
        asks = "that asks" if left_out == 1 else "that ask"
        notes.append(f"left out {_count(left_out)} {asks} to be in no directory (itunes:block)")
    return Feed(entries, notes)


_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def _shows(root: Element, own: str) -> Iterator[tuple[Children, list[Children]]]:
    """Yield each channel with its items. In Atom the root is the channel, in RDF a sibling."""
    top = children(root, own)
    channels = [children(channel, own) for channel in top.get("channel", ())] or [top]
    for n, channel in enumerate(channels):
        inner = [*channel.get("item", ()), *channel.get("entry", ())]
        outer = top.get("item", ()) if n == 0 and channel is not top else ()
        yield (
            _with_outer(channel, top) if n == 0 else channel,
            [children(item, own) for item in (*inner, *outer)],
        )


def _with_outer(channel: Children, top: Children) -> Children:
    """A channel with its misplaced siblings: the image of RDF, and elements of iTunes."""
    siblings = {name: found for name, found in top.items() if ":" in name and name not in channel}
    if "image" in top and not any(len(one) for one in channel.get("image", ())):
        siblings["image"] = top["image"]
    return {**channel, **siblings}


def _addresses(show: Children, feed_url: str) -> tuple[str, str]:
    """The URL that makes ids unique, and the URL that relative addresses start from.

    A feed read from a file has the ids that it has on the web, if it names its own URL.
    """
    if feed_url.startswith(("http://", "https://")):
        return feed_url, feed_url
    links = [*show.get("link", ()), *show.get("atom:link", ())]
    own = [attribute(one, "href") for one in links if attribute(one, "rel").lower() == "self"]
    url = next((url for url in own if url), feed_url)
    site = next((found for one in links if (found := web_url(text(one), ""))), "")
    return url, url if web_url(url, "") else site


def _dates(
    parent: Children, names: tuple[str, ...], parser: DateParser
) -> Iterator[tuple[str, datetime | None]]:
    for name in names:
        for element in parent.get(name, ()):
            written = text(element)
            yield written, parser.parse(written)


def _set_dates(
    entries: list[dict[str, Any]],
    dates: list[datetime | None],
    written: list[str],
    feed_date: datetime | None,
) -> list[str]:
    """Set `published_at` of entries, interpolated where it is missing; returns notes on that."""
    full = interpolate_dates(dates, feed_date)
    for entry, at, raw in zip(entries, full, written, strict=True):
        if at is not None:
            entry["published_at"] = at.isoformat().replace("+00:00", "Z")
        elif raw:
            entry["published_at"] = raw  # the validation reports it as it is written
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


def _lines(document: str) -> FeedList:
    lines = [line.strip() for line in document.splitlines()]
    if (
        document.lstrip()[:1] == "<"
        or "\ufffd" in document
        or max(map(len, lines), default=0) > MAX_LINE_CHARS
    ):
        raise NotAFeedError("neither a feed nor a list")
    locations = [line for line in lines if line and not line.startswith("#")]
    return FeedList(locations, None if locations else "no feed is listed")
