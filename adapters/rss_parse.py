"""Bytes of unknown make -> the episodes of a feed, or the places that a list names.

feedparser is thorough but trusting: a 100 kB author field keeps its regular expressions busy for
a minute, and a thread cannot be stopped. So each feed is parsed in a process of its own that has
a limit of time and memory, and only after everything that could declare an entity is cut off.
"""

import codecs
import contextlib
import io
import json
import re
import subprocess
import sys
from typing import Any, NamedTuple

from adapters.rss_fields import fields
from adapters.rss_opml import outlines

HEAD_CHARS = 65_536
"""A document's root element has to begin within so many characters."""
PARSE_TIMEOUT_S = 60.0
PARSE_MEMORY_BYTES = 2 * 2**30
MAX_LINE_CHARS = 4_000

_ROOT = re.compile(r"<(?:\w+:)?(rss|rdf|feed|opml)[\s>]", re.IGNORECASE)
_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding=[\"']([\w.:-]{1,40})[\"']")
# Others that Python knows are no character sets, and punycode's decoder takes quadratic time.
_CHARSET = re.compile(
    r"utf|ascii|iso8859|cp\d|koi8|gb|big5|euc|shift|iso2022|mac|johab|hz|tis|ptcp"
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# XML 1.0 allows none of these anywhere; one of them is the commonest reason why a feed is not XML.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# feedparser knows only "yes" and "clean"; Apple asks for "true" and "false".
_EXPLICIT = re.compile(r"(<itunes:explicit[^<>]{0,200}>\s{0,20})(\w{1,10})", re.IGNORECASE)
_EXPLICIT_AS = dict.fromkeys(("yes", "true", "explicit"), "yes") | dict.fromkeys(
    ("no", "false", "clean"), "clean"
)
# A show's keywords are no categories, but feedparser tells the two apart no more.
_KEYWORDS = re.compile(r"<itunes:keywords>[^<]{0,5000}</itunes:keywords>", re.IGNORECASE)
_ENTRY = re.compile(r"<(?:item|entry)[\s>]", re.IGNORECASE)
_CHILD = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    "from adapters.rss_parse import serve; serve()"
)


class NotAFeedError(Exception):
    """Nothing to be read in there; says why."""


class Feed(NamedTuple):
    """The episodes of one feed, in its order."""

    entries: list[dict[str, Any]]


class Listing(NamedTuple):
    """Places that a list names, in its order, and what was wrong with the list, if anything."""

    places: list[str]
    flaw: str | None = None


def parse(
    body: bytes, feed_url: str, *, lines_allowed: bool = False, content_type: str | None = None
) -> Feed | Listing:
    """Read a feed, an OPML list or, if allowed, a text with one place per line.

    `content_type` is the header that came with it, if any. Raises `NotAFeedError`.
    """
    del content_type
    text = decode(body)
    root = _ROOT.search(text, 0, HEAD_CHARS)
    if root is None:
        if lines_allowed:
            return _lines(text)
        raise NotAFeedError("not a feed")
    if "<!ENTITY" in text[: root.start()]:
        raise NotAFeedError("declares XML entities, which no feed needs")
    # Without its head there is no document type left, so nothing can expand.
    text = "<?xml version='1.0' encoding='utf-8'?>\n" + text[root.start() :]
    return Listing(*outlines(text)) if root[1].lower() == "opml" else _in_a_child(text, feed_url)


def decode(body: bytes) -> str:
    """Text of a document, without characters that XML forbids. Never fails."""
    name = next((name for bom, name in _BOMS if body.startswith(bom)), None)
    declared = _DECLARED.match(body)
    if name is None and declared:
        with contextlib.suppress(LookupError, ValueError):
            name = codecs.lookup(declared[1].decode()).name
            if name.startswith(("utf-16", "utf-32")):  # then it could not have been read as ASCII
                name = None
    if name is not None and _CHARSET.match(name):
        text = body.decode(name, "replace")
    else:
        try:
            text = body.decode()
        except UnicodeDecodeError:
            text = body.decode("cp1252", "replace")
    return _CONTROLS.sub("", text.removeprefix("\ufeff"))


def feed_entries(text: str, feed_url: str) -> list[dict[str, Any]]:
    """Parse a feed here and now, in DESIGN.md's Episode fields. Raises `NotAFeedError`."""
    import feedparser  # noqa: PLC0415  only the child pays for it

    text = _EXPLICIT.sub(lambda m: m[1] + _EXPLICIT_AS.get(m[2].lower(), m[2]), text)
    first = _ENTRY.search(text)
    end = first.start() if first else len(text)
    text = _KEYWORDS.sub("", text[:end]) + text[end:]
    # A stream, because feedparser takes bytes for a file name first.
    parsed = feedparser.parse(
        io.BytesIO(text.encode()), sanitize_html=False, resolve_relative_uris=False
    )
    if not parsed.version and not parsed.entries:
        raise NotAFeedError("not a feed")
    if not feed_url.startswith(("http://", "https://")):
        # A saved feed gives the ids that it gives on the web, wherever it was saved.
        own = [
            link.get("href") for link in parsed.feed.get("links", []) if link.get("rel") == "self"
        ]
        feed_url = next((url for url in own if url), feed_url)
    return [fields(parsed.feed, entry, feed_url) for entry in parsed.entries]


def serve() -> None:
    """Run the child: a feed's URL as a line of JSON, then the feed; answers with JSON."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system has limits
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (PARSE_MEMORY_BYTES, PARSE_MEMORY_BYTES))
    url, _, text = sys.stdin.buffer.read().partition(b"\n")
    try:
        answer: dict[str, Any] = {"entries": feed_entries(text.decode(), json.loads(url))}
    except NotAFeedError as error:
        answer = {"error": str(error)}
    except Exception as error:  # noqa: BLE001  whatever a hostile feed makes a parser raise
        answer = {"error": f"could not be parsed ({type(error).__name__})"}
    sys.stdout.write(json.dumps(answer))


def _in_a_child(text: str, feed_url: str) -> Feed:
    command = [sys.executable, "-c", _CHILD, json.dumps(sys.path)]
    # The URL goes the same way as the feed: anybody may read a process's arguments.
    question = json.dumps(feed_url).encode() + b"\n" + text.encode()
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter and code
            command, input=question, capture_output=True, timeout=PARSE_TIMEOUT_S, check=True
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise NotAFeedError(f"could not be parsed within {PARSE_TIMEOUT_S:g} s") from None
    except (subprocess.CalledProcessError, OSError, ValueError) as error:
        raise NotAFeedError(f"could not be parsed ({type(error).__name__})") from error
    if "error" in answer:
        raise NotAFeedError(answer["error"])
    return Feed(answer["entries"])


def _lines(text: str) -> Listing:
    lines = [line.strip() for line in text.splitlines()]
    if (
        text.lstrip()[:1] == "<"
        or "\ufffd" in text
        or max(map(len, lines), default=0) > MAX_LINE_CHARS
    ):
        raise NotAFeedError("neither a feed nor a list")
    places = [line for line in lines if line and not line.startswith("#")]
    return Listing(places, None if places else "no feed is listed")
