"""What a model says of one episode: its form, what is accepted of it, and how it is stored."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Annotated

import msgspec

from catalog_builder.enrichment.models.content import Content
from catalog_builder.enrichment.models.taxonomy import Taxonomy

MAX_INSIGHT_CHARS = 400
MAX_REASON_CHARS = 200
MAX_NAME_CHARS = 80
MAX_NAMES = 12
MAX_CATEGORIES = 3
LANGUAGES = (
    *("ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he"),
    *("hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "nl", "no", "pl", "pt", "ro"),
    *("ru", "sk", "sl", "sr", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "vi", "zh"),
)
"""that a model may name, as BCP 47 tags"""
SCORES = ("credibility", "insight", "information", "entertainment")

_INFLECTED = 5
"""characters of a name from which on it may have an ending in the text"""
_SPACE = re.compile(r"\s+")
_MARKUP = re.compile(r"<[^<>]*>|[*_`#]{2,}|https?://\S+")


class Judged(msgspec.Struct, frozen=True):
    """A score with the reason for it."""

    score: Annotated[float, msgspec.Meta(ge=0, le=5)]
    why: str
    """one line, kept so that somebody can check it"""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a model says of an episode."""

    key_insight: Annotated[str, msgspec.Meta(min_length=1)]
    credibility: Judged
    insight: Judged
    information: Judged
    entertainment: Judged
    categories: list[str] = []
    subcategories: list[str] = []
    people: list[str] = []
    entities: list[str] = []
    language: str = ""
    explicit: bool = False
    evergreen: bool = True
    """whether it is as worth hearing in a year as today"""


def read_answer(data: bytes | msgspec.Raw, content: Content, taxonomy: Taxonomy) -> Answer:
    """Returns what is accepted of a model's answer about an episode, which is JSON.

    Texts are cut and lose markup and addresses. Categories are those of the taxonomy, names only
    those that the episode's own text has. Raises `msgspec.DecodeError` with the place and the
    reason if it has not the form of an `Answer`.
    """
    answer = msgspec.json.decode(data, type=Answer)
    key_insight = _plain(answer.key_insight, MAX_INSIGHT_CHARS)
    if not key_insight:
        raise msgspec.ValidationError("expected a text - at `$.key_insight`")
    judged = {
        name: Judged(round(one.score, 1), _plain(one.why, MAX_REASON_CHARS))
        for name in SCORES
        for one in [getattr(answer, name)]
    }
    text = _folded(content.text)
    return Answer(
        key_insight=key_insight,
        **judged,
        categories=_known(answer.categories, taxonomy.major),
        subcategories=_known(answer.subcategories, taxonomy.sub),
        people=_named(answer.people, text),
        entities=_named(answer.entities, text),
        language=answer.language if answer.language in LANGUAGES else "",
        explicit=answer.explicit,
        evergreen=answer.evergreen,
    )


def within(answer: Answer, taxonomy: Taxonomy) -> Answer:
    """Returns an answer without the categories that a taxonomy does not have (any more)."""
    return msgspec.structs.replace(
        answer,
        categories=_known(answer.categories, taxonomy.major),
        subcategories=_known(answer.subcategories, taxonomy.sub),
    )


def schema_of(taxonomy: Taxonomy) -> dict[str, object]:
    """Returns the JSON Schema of an answer about one episode, of the part that models take."""
    judged = {
        "type": "object",
        "properties": {
            "score": {"type": "number", "minimum": 0, "maximum": 5},
            "why": {"type": "string"},
        },
        "required": ["score", "why"],
    }
    properties: dict[str, object] = {
        "key_insight": {"type": "string"},
        **dict.fromkeys(SCORES, judged),
        **{
            name: {"type": "array", "items": {"enum": list(known)}, "maxItems": MAX_CATEGORIES}
            for name, known in (("categories", taxonomy.major), ("subcategories", taxonomy.sub))
            if known
        },
        **{
            name: {"type": "array", "items": {"type": "string"}, "maxItems": MAX_NAMES}
            for name in ("people", "entities")
        },
        "language": {"enum": [*LANGUAGES, ""]},
        "explicit": {"type": "boolean"},
        "evergreen": {"type": "boolean"},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _known(given: Sequence[str], names: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(given) if name in names][:MAX_CATEGORIES]


def _named(given: Sequence[str], text: str) -> list[str]:
    """The names that a folded text has, each once."""
    plain = dict.fromkeys(_plain(name, MAX_NAME_CHARS) for name in given)
    return [name for name in plain if _is_in(_folded(name), text)][:MAX_NAMES]


def _is_in(name: str, text: str) -> bool:
    """Whether a folded text has a folded name, not as part of another word.

    A long name may have an ending, such as a genitive's. Scripts without capitals may set words
    without spaces or with particles, so there it may stand anywhere.
    """
    if name.upper() == name:
        return bool(name) and name in text
    ending = r"\w{0,3}" if len(name) >= _INFLECTED else ""
    return re.search(rf"\b{re.escape(name)}{ending}\b", text) is not None


def _plain(text: str, most: int) -> str:
    """A text in one line without markup, addresses and what cannot be seen, cut at a word."""
    visible = "".join(
        one for one in text if one.isspace() or unicodedata.category(one) not in {"Cc", "Cf", "Cs"}
    )
    line = _SPACE.sub(" ", _MARKUP.sub(" ", visible)).strip()
    return line if len(line) <= most else line[: most - 1].rsplit(" ", 1)[0] + "…"


def _folded(text: str) -> str:
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))
