"""The marked block of Earshot's rules: taken from a template, for the paths of a schema."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from deploy.rules.paths import Pattern, Segment
from deploy.rules.reader import Match, read_rules
from deploy.rules.scanner import RulesError

BEGIN, END = "// earshot:begin", "// earshot:end"
_MARKED = re.compile(rf"[ \t]*{BEGIN}\b.*?{END}\b[^\n]*\n", re.DOTALL)
CONVERSATIONS = ("conversations", "earshot_conversations")
"""where conversations are, below Earshot's own documents of a user"""
_SEGMENT = r"[A-Za-z0-9_-]+"
_LOCATION = re.compile(rf"{_SEGMENT}/\{{uid\}}/{_SEGMENT}(/{_SEGMENT}/{_SEGMENT})*")


@dataclass(frozen=True)
class Locations:
    """Where Earshot's own documents are, as collections with `{uid}` for the user."""

    documents: str = "users/{uid}/earshot"
    engagements: str = "users/{uid}/engagements"


def read_locations(schema: Path | None) -> Locations:
    """Returns the locations that a schema file names, or the plain ones. Raises `RulesError`."""
    if schema is None:
        return Locations()
    named = tomllib.loads(schema.read_text()).get("earshot", {})
    found = {name: named[name] for name in Locations.__dataclass_fields__ if name in named}
    for name, value in found.items():
        if not (isinstance(value, str) and _LOCATION.fullmatch(value)):
            raise RulesError(
                f"{schema}: [earshot] {name}: expected a collection like users/{{uid}}/earshot, of"
                f" letters, digits, - and _, got {value!r}"
            )
    return Locations(**found)


def earshot_rules(template: str, locations: Locations) -> str:
    """Returns the rules of Earshot alone: the template with the documents where they are."""
    plain = Locations()
    places = {
        f"match /{plain.documents}/": f"match /{locations.documents}/",
        f"match /{plain.engagements}/": f"match /{locations.engagements}/",
    }
    return re.sub("|".join(map(re.escape, places)), lambda found: places[found[0]], template)


def own_patterns(rules: str, locations: Locations) -> list[Pattern]:
    """Returns patterns of all documents of Earshot, also those that its rules close to all users.

    The last segment is always a wildcard: a rule for one document is a rule for its collection.
    """
    document = Segment("document", wildcard=True)
    opened = [match.path for match in read_rules(rules).matches if match.allows]
    prefix = [
        Segment(one.strip("{}"), wildcard=one[0] == "{") for one in locations.documents.split("/")
    ]
    found = [path if path[-1].wildcard else (*path[:-1], document) for path in opened]
    own = (*opened[0][:3], *prefix)
    talks = (*own, *(Segment(one, wildcard=False) for one in CONVERSATIONS), document)
    return list(dict.fromkeys([*found, (*own, document), talks]))


def split_block(text: str) -> tuple[str, str]:
    """Returns rules without Earshot's block, and the block, empty if there is none.

    Raises `RulesError` for a mark without its counterpart, or for several blocks.
    """
    counts = text.count(BEGIN), text.count(END)
    found = _MARKED.search(text)
    if counts == (0, 0):
        return text, ""
    if counts != (1, 1) or found is None:
        raise RulesError(f"expected {BEGIN} and {END} once each and in this order, on own lines")
    return text[: found.start()] + text[found.end() :], found[0]


def documents_match(text: str) -> Match:
    """Returns the match of all documents, in which the block stands. Raises `RulesError`."""
    for match in read_rules(text).matches:
        first, *rest = (str(segment) for segment in match.path)
        if first == "databases" and rest[1:] == ["documents"]:
            return match
    raise RulesError(
        "expected match /databases/{database}/documents { ... }, where Earshot's block would stand"
    )
