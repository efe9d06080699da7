"""Labels: titles and reasons of shelves, in English and as keys for other languages."""

import string
from collections.abc import Iterator

import msgspec

from feed.home.parameters import Kind, ShelfParameters


class Label(msgspec.Struct, frozen=True, gc=False):
    """A title or reason of a shelf. An app translates it by `key` and `params`."""

    key: str
    """the kind of shelf, or for a text of the home page's file the name of the shelf"""
    params: dict[str, str]
    """what it names, such as `title` or `category`"""
    text: str
    """in English"""


TRENDING_TOPICS = "topics_trending"
"""The variant of `topics` for a topic in which enough is on the rise."""
TITLES: dict[str, str] = {
    "unfinished": "Continue listening",
    "followed": "From shows you follow",
    "because": "Because you listened to “{title}”",
    "trending": "Trending now",
    "topics": "In {category}",
    TRENDING_TOPICS: "Trending in {category}",
    "series": "Shows for you",
    "episodes": "Picked for you",
    "different": "Something different",
}
REASONS: dict[str, str] = {
    "unfinished": "You have not finished these",
    "followed": "The latest episodes of shows that you follow",
    "because": "Similar to it, or chosen by people who chose it",
    "trending": "Many are listening to these",
    "topics": "The best of {category}",
    TRENDING_TOPICS: "Many are listening to these",
    "series": "Shows that may be new to you",
    "episodes": "What suits you best",
    "different": "Among the best, and not what you usually listen to",
}
PARAMS: dict[Kind, frozenset[str]] = {
    "because": frozenset({"episode_id", "title"}),
    "topics": frozenset({"category"}),
}
"""Names of the parameters of the labels of a kind; none for the other kinds."""


def label_problems(shelf: ShelfParameters) -> Iterator[tuple[str, str]]:
    """Yield the key of each text that cannot be filled in, and what was expected."""
    allowed = PARAMS.get(shelf.kind, frozenset())
    names = " or ".join(f"{{{one}}}" for one in sorted(allowed)) or "nothing"
    for key in ("title", "reason"):
        try:
            fields = list(string.Formatter().parse(getattr(shelf, key)))
        except ValueError:
            yield key, "each { closed"
            continue
        for _, name, spec, conversion in fields:
            if name is not None and (name not in allowed or spec or conversion):
                yield key, f"{names} in braces"


def title(shelf: ShelfParameters, params: dict[str, str], variant: str = "") -> Label:
    """The title of a shelf about what `params` name, of its kind or a variant of it."""
    return _label(shelf, shelf.title, TITLES, params, variant)


def reason(shelf: ShelfParameters, params: dict[str, str], variant: str = "") -> Label:
    """Why a shelf about what `params` name is shown, by its kind or a variant of it."""
    return _label(shelf, shelf.reason, REASONS, params, variant)


def _label(
    shelf: ShelfParameters, own: str, texts: dict[str, str], params: dict[str, str], variant: str
) -> Label:
    key = variant or shelf.kind
    return Label(shelf.name if own else key, params, (own or texts[key]).format(**params))
