"""One item of a feed in DESIGN.md's Episode fields."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from adapters.rss.ids import UUID, episode_id, short_hash
from adapters.rss.links import attached_image, cover, image, page, playable, web_url
from adapters.rss.xml import Parts, attribute, markup, parts, text
from feed.model.episode import MAX_DURATION_S
from feed.model.markup import fold, heading, plain

MAX_DESCRIPTION_CHARS = 2_000
MAX_TITLE_CHARS = 500
MAX_UNTITLED_CHARS = 80
"""Of a description that stands in for a title."""
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
# The best to read along with first: with times, then without.
_TRANSCRIPTS = ("text/vtt", "application/srt", "application/x-subrip", "application/json", "text/")


class Show(NamedTuple):
    """What a feed says of all its episodes."""

    base: str
    """What relative addresses start from"""
    url: str
    """What makes ids unique that are not by themselves"""
    language: str
    """As the feed writes it, in small letters; "" where it says nothing"""
    common: Mapping[str, Any]
    """Fields that each episode has alike, or has where it says nothing itself"""

    @classmethod
    def of(cls, show: Parts, base: str, url: str, language: str) -> "Show":
        """Read a channel; `language` is the document's, where the channel names none."""
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
            "image_url": image(show, base),
            "language": primary_language(tag),
            "explicit": _explicit(show),
        }
        return cls(base, url, tag, common)


def fields(item: Parts, show: Show) -> dict[str, Any]:
    """Fields of an episode but for its date; what is not said, or is said wrongly, is left out."""
    audio_url, url = playable(item, show.base), page(item, show.base)
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
        "categories": _present(categories),
        "people": _people(item) or common["people"],
        "image_url": cover(item, show.base)
        or common["image_url"]
        or attached_image(item, show.base),
        "audio_url": audio_url,
        "url": url,
        "duration_s": duration_s(_first(item, "itunes:duration")),
        "language": common["language"],
        "explicit": common["explicit"] if explicit is None else explicit,
        "transcript_url": _transcript(item, show.base),
        "chapters_url": _address(item, "podcast:chapters", show.base),
        "season_number": _number(item, "podcast:season", "itunes:season"),
        "episode_number": _number(item, "podcast:episode", "itunes:episode"),
    }
    return _present(found)


def blocked(thing: Parts) -> bool:
    """Whether a show or an episode asks to be in no directory."""
    elements = [*thing.get("itunes:block", ()), *thing.get("googleplay:block", ())]
    # One with an id is meant for that directory alone.
    elements += [one for one in thing.get("podcast:block", ()) if not attribute(one, "id")]
    return any(text(one).lower() in {"yes", "true"} for one in elements)


def duration_s(said: str) -> int | None:
    """Seconds that "1:02:03", "62:03", "3723" or "1h 2m" stand for; None if that is no duration."""
    said = "".join(said.split()) if ":" in said else said.strip()
    found = _CLOCK.fullmatch(said) or _SPOKEN.fullmatch(said)
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    return total if 0 < total <= MAX_DURATION_S else None


def primary_language(tag: str) -> str | None:
    """Return the primary language of a tag: "en-us" is "en". None if it is no tag."""
    match = _LANGUAGE.fullmatch(tag.strip())
    return match[1].lower() if match else None


def _title(thing: Parts) -> str:
    for name in ("title", "itunes:title", "dc:title", "media:title"):
        for element in thing.get(name, ()):
            found = heading(text(element))[:MAX_TITLE_CHARS].rstrip()
            if found:
                return found
    return ""


def _beginning(description: str) -> str:
    """First words of a description."""
    if len(description) <= MAX_UNTITLED_CHARS:
        return description
    words = description[:MAX_UNTITLED_CHARS].rpartition(" ")
    return f"{words[0] or words[2]}…"


def _description(item: Parts) -> str:
    names = ("description", "summary", "content:encoded", "content", "itunes:summary")
    more = ("googleplay:description", "media:description", "itunes:subtitle", "dc:description")
    groups = [parts(group) for group in item.get("media:group", ())]
    for thing in (item, *groups):
        for name in (*names, *more):
            for element in thing.get(name, ()):
                found = plain(markup(element))[:MAX_DESCRIPTION_CHARS].rstrip()
                if found:
                    return found
    return ""


def _categories(thing: Parts) -> Iterator[str]:
    for element in thing.get("itunes:category", ()):
        for one in element.iter(element.tag):
            yield attribute(one, "text") or (one.text or "")
    for element in (*thing.get("category", ()), *thing.get("atom:category", ())):
        said = attribute(element, "label") or attribute(element, "term")
        yield said or attribute(element, "text") or text(element)
    for name in ("googleplay:category", "dc:subject", "media:category"):
        for element in thing.get(name, ()):
            yield attribute(element, "text") or attribute(element, "label") or text(element)


def _people(thing: Parts) -> list[str]:
    return _terms(text(one) for one in thing.get("podcast:person", ()))


def _terms(said: Iterable[str]) -> list[str]:
    """Names, each once: those that differ in case or space are one."""
    terms: dict[str, str] = {}
    for one in said:
        term = fold(one)
        if term and len(term) <= MAX_TERM_CHARS:
            terms.setdefault(term.casefold(), term)
    return list(terms.values())[:MAX_TERMS]


def _explicit(thing: Parts) -> bool | None:
    for name in ("itunes:explicit", "googleplay:explicit", "media:adult"):
        for element in thing.get(name, ()):
            found = _EXPLICIT.get(text(element).lower())
            if found is not None:
                return found
    return None


def _transcript(item: Parts, base: str) -> str | None:
    def rank(kind: str) -> int:
        fits = (n for n, best in enumerate(_TRANSCRIPTS) if kind.startswith(best))
        return next(fits, len(_TRANSCRIPTS))

    elements = item.get("podcast:transcript", ())
    for element in sorted(elements, key=lambda one: rank(attribute(one, "type").lower())):
        found = web_url(attribute(element, "url"), base, element)
        if found:
            return found
    return None


def _address(item: Parts, name: str, base: str) -> str | None:
    urls = (web_url(attribute(one, "url"), base, one) for one in item.get(name, ()))
    return next((url for url in urls if url), None)


def _number(item: Parts, *names: str) -> int | float | None:
    """Return a season's or an episode's number, from 1 on; podcast:episode may be 12.5."""
    match = _NUMBER.fullmatch(_first(item, *names))
    value = (float(match[0]) if match[1] else int(match[0])) if match else 0
    return value or None


def _first(thing: Parts, *names: str) -> str:
    """First text that an element of one of these names holds."""
    for name in names:
        for element in thing.get(name, ()):
            found = text(element)
            if found:
                return found
    return ""


def _present(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}
