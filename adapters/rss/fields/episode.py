"""Maps a channel and its items to the fields of `Episode`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from adapters.rss.fields import links
from adapters.rss.fields.ids import UUID, episode_id, short_hash
from adapters.rss.parser.xml_tree import (
    Children,
    Element,
    attribute,
    children,
    inner_html,
    text,
)
from feed.model.episode import MAX_DESCRIPTION_CHARS, MAX_DURATION_S
from feed.model.markup import fold_whitespace, is_html, strip_html, title_text

MAX_NOTES_CHARS = 200_000
"""what is passed on; a build keeps less"""
MAX_TITLE_CHARS = 500
MAX_UNTITLED_CHARS = 80
"""of a description that serves as the title"""
MAX_TERMS = 20
MAX_TERM_CHARS = 100

_CLOCK = re.compile(r"(?:(?:([0-9]{1,3}):)?([0-9]{1,3}):)?([0-9]{1,7})(?:[.,][0-9]{0,9})?")
_SPOKEN = re.compile(
    r"(?:PT)?(?=[0-9])(?:([0-9]{1,3})\s*h(?:ours?|rs?)?[.,:]?\s*)?"
    r"(?:([0-9]{1,4})\s*m(?:in(?:ute)?s?)?[.,:]?\s*)?(?:([0-9]{1,5})\s*s(?:ec(?:ond)?s?)?[.]?)?",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_].*)?")
_NUMBER = re.compile(r"[0-9]{1,9}([.][0-9]{1,3})?")
_EXPLICIT = dict.fromkeys(("yes", "true", "explicit"), True) | dict.fromkeys(
    ("no", "false", "clean"), False
)
_MAIL_AND_NAME = re.compile(r"\S+@\S+\s*\((.+)\)")
_TYPES = ("trailer", "bonus")
# The best to read along with first: formats with times, then without.
_TRANSCRIPTS = ("text/vtt", "application/srt", "application/x-subrip", "application/json", "text/")


class ShowFields(NamedTuple):
    """The fields that a feed gives for all its episodes."""

    base: str
    """URL that relative addresses start from"""
    url: str
    """URL that makes local guids unique"""
    language: str
    """language tag in lower case; "" if the feed has none"""
    common: Mapping[str, Any]
    """`Episode` fields that apply to every episode, or to those without their own"""

    @classmethod
    def of(cls, show: Children, base: str, url: str, language: str) -> "ShowFields":
        """The fields of a channel; `language` is the fallback if it names no language."""
        guid = _first(show, "podcast:guid").lower()
        tag = (_first(show, "language", "dc:language") or language).lower()
        series = {
            # podcast:guid stays when a show moves. Never the URL: a private feed's is a secret.
            "id": guid if UUID.fullmatch(guid) else short_hash(url),
            "name": _title(show),
        }
        common = {
            "series": _present(series),
            "categories": {"major": _terms(_categories(show))},
            "people": _people(show),
            "authors": _authors(show),
            "image_url": links.show_image_url(show, base),
            "language": primary_language(tag),
            "explicit": _explicit(show),
        }
        return cls(base, url, tag, common)


def episode_fields(item: Children, show: ShowFields) -> dict[str, Any]:
    """The `Episode` fields of an item without its date; missing and invalid values are left out."""
    audio_url, url = links.media_url(item, show.base), links.page_url(item, show.base)
    common = show.common
    explicit = _explicit(item)
    description = _description(item)
    categories = {**common["categories"], "subcategories": _terms(_categories(item))}
    guid = _first(item, "guid", "id") or audio_url or url
    found = {
        "id": episode_id(guid, show.url) if guid else None,
        "title": _title(item) or _beginning(description),
        "series": common["series"],
        "description": description,
        "notes": _notes(item, description),
        "categories": _present(categories),
        "people": _people(item) or common["people"],
        "authors": _authors(item) or common["authors"],
        "image_url": links.episode_image_url(item, show.base)
        or common["image_url"]
        or links.attached_image_url(item, show.base),
        "audio_url": audio_url,
        "url": url,
        "duration_s": duration_s(_first(item, "itunes:duration")),
        "language": common["language"],
        "explicit": common["explicit"] if explicit is None else explicit,
        "transcript_url": _transcript(item, show.base),
        "chapters_url": _address(item, "podcast:chapters", show.base),
        "season_number": _number(item, "podcast:season", "itunes:season"),
        "episode_number": _number(item, "podcast:episode", "itunes:episode"),
        "episode_type": _type(item),
    }
    return _present(found)


def is_blocked(parent: Children) -> bool:
    """Whether a channel or an item asks to be in no directory (`itunes:block`, `podcast:block`)."""
    elements = [*parent.get("itunes:block", ()), *parent.get("googleplay:block", ())]
    # A block with an id is for that directory alone.
    elements += [one for one in parent.get("podcast:block", ()) if not attribute(one, "id")]
    return any(text(one).lower() in {"yes", "true"} for one in elements)


def duration_s(text: str) -> int | None:
    """Seconds of a duration such as "1:02:03", "62:03", "3723" or "1h 2m"; None if it is none."""
    text = "".join(text.split()) if ":" in text else text.strip()
    found = _CLOCK.fullmatch(text) or _SPOKEN.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    return total if 0 < total <= MAX_DURATION_S else None


def primary_language(tag: str) -> str | None:
    """The primary language of a tag, "en" of "en-us"; None if the tag is malformed."""
    match = _LANGUAGE.fullmatch(tag.strip())
    return match[1].lower() if match else None


def _title(parent: Children) -> str:
    for name in ("title", "itunes:title", "dc:title", "media:title"):
        for element in parent.get(name, ()):
            found = title_text(text(element))[:MAX_TITLE_CHARS].rstrip()
            if found:
                return found
    return ""


def _beginning(description: str) -> str:
    """The first words of a description, at most `MAX_UNTITLED_CHARS` characters."""
    if len(description) <= MAX_UNTITLED_CHARS:
        return description
    words = description[:MAX_UNTITLED_CHARS].rpartition(" ")
    return f"{words[0] or words[2]}…"


def _description(item: Children) -> str:
    for markup in _descriptions(item):
        found = strip_html(markup)[:MAX_DESCRIPTION_CHARS].rstrip()
        if found:
            return found
    return ""


def _notes(item: Children, description: str) -> str:
    """The longest description of an item, with its HTML, if the card's does not say all of it."""
    longest = max(_descriptions(item), key=len, default="").strip()
    is_more = is_html(longest) or "\n" in longest or strip_html(longest) != description
    return longest[:MAX_NOTES_CHARS] if is_more else ""


def _descriptions(item: Children) -> Iterator[str]:
    """Yield everything that describes an item, as HTML, the most usual elements first."""
    names = ("description", "summary", "content:encoded", "content", "itunes:summary")
    more = ("googleplay:description", "media:description", "itunes:subtitle", "dc:description")
    groups = [children(group) for group in item.get("media:group", ())]
    for parent in (item, *groups):
        for name in (*names, *more):
            yield from map(inner_html, parent.get(name, ()))


def _categories(parent: Children) -> Iterator[str]:
    for element in parent.get("itunes:category", ()):
        for one in element.iter(element.tag):
            yield attribute(one, "text") or (one.text or "")
    for element in (*parent.get("category", ()), *parent.get("atom:category", ())):
        label = attribute(element, "label") or attribute(element, "term")
        yield label or attribute(element, "text") or text(element)
    for name in ("googleplay:category", "dc:subject", "media:category"):
        for element in parent.get(name, ()):
            yield attribute(element, "text") or attribute(element, "label") or text(element)


def _people(parent: Children) -> list[str]:
    return _terms(text(one) for one in parent.get("podcast:person", ()))


def _authors(parent: Children) -> list[str]:
    """Who made a show or an item, by the first element that says so."""
    for name in ("itunes:author", "author", "dc:creator", "googleplay:author"):
        found = _terms(map(_author, parent.get(name, ())))
        if found:
            return found
    return []


def _author(element: Element) -> str:
    """The name in an element: Atom's `name`, or RSS's text without an address of e-mail."""
    name = _first(children(element), "name", "atom:name") or text(element)
    in_brackets = _MAIL_AND_NAME.fullmatch(name)
    found = in_brackets[1] if in_brackets else name
    return "" if "@" in found else found


def _type(item: Children) -> str:
    found = _first(item, "itunes:episodetype").lower()
    return found if found in _TYPES else ""


def _terms(names: Iterable[str]) -> list[str]:
    """The names without duplicates, which may differ in case and white space."""
    terms: dict[str, str] = {}
    for one in names:
        term = fold_whitespace(one)
        if term and len(term) <= MAX_TERM_CHARS:
            terms.setdefault(term.casefold(), term)
    return list(terms.values())[:MAX_TERMS]


def _explicit(parent: Children) -> bool | None:
    for name in ("itunes:explicit", "googleplay:explicit", "media:adult"):
        for element in parent.get(name, ()):
            found = _EXPLICIT.get(text(element).lower())
            if found is not None:
                return found
    return None


def _transcript(item: Children, base: str) -> str | None:
    def rank(kind: str) -> int:
        fits = (n for n, best in enumerate(_TRANSCRIPTS) if kind.startswith(best))
        return next(fits, len(_TRANSCRIPTS))

    elements = item.get("podcast:transcript", ())
    for element in sorted(elements, key=lambda one: rank(attribute(one, "type").lower())):
        found = links.web_url(attribute(element, "url"), base, element)
        if found:
            return found
    return None


def _address(item: Children, name: str, base: str) -> str | None:
    urls = (links.web_url(attribute(one, "url"), base, one) for one in item.get(name, ()))
    return next((url for url in urls if url), None)


def _number(item: Children, *names: str) -> int | float | None:
    """The number of a season or an episode, at least 1; `podcast:episode` may be 12.5."""
    match = _NUMBER.fullmatch(_first(item, *names))
    value = (float(match[0]) if match[1] else int(match[0])) if match else 0
    return value or None


def _first(parent: Children, *names: str) -> str:
    """The first text in an element of one of these names; "" if there is none."""
    for name in names:
        for element in parent.get(name, ()):
            found = text(element)
            if found:
                return found
    return ""


def _present(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}
