"""Reads a file of Firestore's rules: its matches, what they allow, and its functions.

The reader is strict: what it does not know it refuses, because a rule that it overlooked could open
a document. It knows the language as Firestore's emulator compiles it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from deploy.rules.expressions import NAME, TRUE, Expression, read_expression
from deploy.rules.paths import Pattern, Segment
from deploy.rules.scanner import Scanner

METHODS = {
    "read": ("get", "list"),
    "write": ("create", "update", "delete"),
    **{name: (name,) for name in ("get", "list", "create", "update", "delete")},
}


@dataclass(frozen=True)
class Allow:
    """A statement `allow methods: if condition;`, with the condition also as it is written."""

    methods: tuple[str, ...]
    condition: Expression
    text: str
    line: int


@dataclass
class Match:
    """A `match`, with the whole path from the service on."""

    path: Pattern
    line: int
    end: int = 0
    """the offset of its closing brace"""
    allows: list[Allow] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    children: list["Match"] = field(default_factory=list)

    def walk(self) -> Iterator["Match"]:
        """Yields this match and all within it, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass
class Rules:
    """A file of rules; `matches` has all of them, also nested ones."""

    version: int
    matches: list[Match]


def read_rules(text: str) -> Rules:
    """Returns the rules of Firestore in a file. Raises `RulesError`, which names the line."""
    scanner = Scanner(text)
    version = 1
    if scanner.take(r"rules_version\b"):
        scanner.expect("=", "'='")
        version = int(scanner.expect(r"'[12]'|\"[12]\"", "'1' or '2'")[1])
        scanner.take(";")
    root = Match((), 1)
    while scanner.at < len(text):
        if scanner.take(r"service\b"):
            name = scanner.expect(r"[\w.]+", "the name of a service")
            scanner.expect(r"\{", "{")
            service = _body(scanner, Match((), scanner.line))
            if name == "cloud.firestore":
                root.children += service.children
        else:
            scanner.expect(r"function\b", "a service or a function")
            _function(scanner, root)
    return Rules(version, [one for child in root.children for one in child.walk()])


def _body(scanner: Scanner, match: Match) -> Match:
    """Reads what stands in a match up to its closing brace."""
    while True:
        match.end = scanner.at
        if scanner.take(r"\}"):
            return match
        line = scanner.line
        if scanner.take(r"match(?![\w.])"):
            child = Match((*match.path, *_pattern(scanner)), line)
            scanner.expect(r"\{", "{")
            match.children.append(_body(scanner, child))
        elif scanner.take(r"allow\b"):
            match.allows.append(_allow(scanner, line))
        else:
            scanner.expect(r"function\b", "match, allow, function or }")
            _function(scanner, match)


def _pattern(scanner: Scanner) -> Pattern:
    found = []
    while scanner.take("/"):
        if scanner.take(r"\{"):
            name = scanner.expect(NAME, "the name of a wildcard")
            kind = scanner.expect(r"\*\*?", "* or **") if scanner.take("=") else "*"
            scanner.expect(r"\}", "}")
            found.append(Segment(name, wildcard=True, recursive=kind == "**"))
        else:
            segment = scanner.expect(r"\(default\)|[\w.%~-]+", "a segment of a path")
            found.append(Segment(unquote(segment)))
    if not found:
        raise scanner.error("expected a path")
    return tuple(found)


def _allow(scanner: Scanner, line: int) -> Allow:
    methods: list[str] = []
    while True:
        name = scanner.expect("(?i:" + "|".join(METHODS) + r")\b", "a method like read").lower()
        methods += [one for one in METHODS[name] if one not in methods]
        if not scanner.take(","):
            break
    condition, text = TRUE, "true"
    if scanner.take(":"):
        scanner.expect(r"if\b", "if")
        start = scanner.at
        condition = read_expression(scanner)
        text = scanner.text[start : scanner.token_end]
    scanner.take(";")
    return Allow(tuple(methods), condition, text, line)


def _function(scanner: Scanner, match: Match) -> None:
    match.functions.append(scanner.expect(NAME, "the name of a function"))
    scanner.expect(r"\(", "(")
    while scanner.take(NAME):
        if not scanner.take(","):
            break
    scanner.expect(r"\)", ")")
    scanner.expect(r"\{", "{")
    while scanner.take(r"let\b"):
        scanner.expect(NAME, "the name of a variable")
        scanner.expect("=", "'='")
        read_expression(scanner)
        scanner.expect(";", "';'")
    scanner.expect(r"return\b", "let or return")
    read_expression(scanner)
    scanner.take(";")
    scanner.expect(r"\}", "}")
