"""Evaluates conditions of which only the path is known, to see which can be true for a pattern.

Each condition becomes the set of its possible outcomes: "T", "F", and "E", an error, which denies.
What is not about the path may be all three. Where the rules engine may skip an error because the
other side of `&&` or `||` decides, both results are in the set, which only widens it.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from itertools import product

from deploy.rules.expressions import Expression
from deploy.rules.paths import Bindings

ANY = frozenset("TFE")
_PART = r"/([\w-]+|\[\^/\][+*])"
"""A part of a regular expression: one literal segment, or [^/]+ or [^/]* for any."""


class _Other(Enum):
    """What a value can be beside a string that is known."""

    UNKNOWN = auto()
    ABSENT = auto()
    """an index beyond the end of a path, which is an error"""


@dataclass(frozen=True)
class PathEvaluation:
    """Evaluates conditions for one way in which wildcards stand for segments.

    A list has no document: `string(path)` of a recursive wildcard then ends with a slash, and an
    index into it is an error in some versions of the language; it counts as unknown here.
    """

    bindings: Bindings
    listed: bool = False

    def may_be_true(self, condition: Expression) -> bool:
        """Returns False only if it denies whatever the request and the documents are."""
        return "T" in self.outcomes(condition)

    def outcomes(self, node: Expression) -> frozenset[str]:  # noqa: PLR0911  # one for each kind
        """Returns all outcomes that a condition can have."""
        match node.kind, node.parts:
            case "bool", _:
                return frozenset("T" if node.text == "true" else "F")
            case "!", (inner,):
                return _not(self.outcomes(inner))
            case "&&" | "||", (left, right):
                pairs = product(self.outcomes(left), self.outcomes(right))
                decides = "F" if node.kind == "&&" else "T"
                return frozenset().union(*(_both(decides, *pair) for pair in pairs))
            case "==", (left, right):
                return self._equal(left, right)
            case "!=", (left, right):
                return _not(self._equal(left, right))
            case "in", (item, Expression(kind="list", parts=members)):
                return _any([self._equal(item, one) for one in members])
            case "call", (Expression(kind="member", text="matches", parts=(subject,)), pattern):
                return self._matches(subject, pattern)
        return ANY

    def _equal(self, left: Expression, right: Expression) -> frozenset[str]:
        values = self._value(left), self._value(right)
        if _Other.ABSENT in values:
            return frozenset("E")
        if _Other.UNKNOWN in values:
            return ANY
        return frozenset("T" if values[0] == values[1] else "F")

    def _value(self, node: Expression) -> str | _Other:
        match node.kind, node.parts:
            case "string", _:
                return node.text
            case "name", _ if isinstance(found := self.bindings.get(node.text), str):
                return found
            case "index", (Expression(kind="name", text=name), Expression("number", number)):
                path = self.bindings.get(name)
                if isinstance(path, tuple) and number.isdecimal() and not self.listed:
                    if int(number) >= len(path):
                        return _Other.ABSENT
                    return path[int(number)] or _Other.UNKNOWN
        return _Other.UNKNOWN

    def _matches(self, subject: Expression, pattern: Expression) -> frozenset[str]:
        """True for `string(path).matches('/users/[^/]+/name/[^/]*')` if each segment fits."""
        match subject:
            case Expression("call", _, (Expression("name", "string"), Expression("name", name))):
                path = self.bindings.get(name)
                simple = pattern.kind == "string" and re.fullmatch(f"(?:{_PART})+", pattern.text)
                wanted = re.findall(_PART, pattern.text) if simple else []
                if isinstance(path, tuple) and path and len(path) == len(wanted):
                    fits = zip(path, wanted, strict=True)
                    ends = not self.listed or wanted[-1] == "[^/]*"
                    if ends and all(want[0] == "[" or want == segment for segment, want in fits):
                        return frozenset("T")
        return ANY


def _not(outcomes: frozenset[str]) -> frozenset[str]:
    return frozenset({"T": "F", "F": "T", "E": "E"}[one] for one in outcomes)


def _both(decides: str, left: str, right: str) -> frozenset[str]:
    """Outcomes of `&&` (decided by "F") or `||` (decided by "T") for one outcome of each side."""
    if left == decides:
        return frozenset(decides)
    if left == "E":
        return frozenset("E" + (decides if right == decides else ""))
    return frozenset(right)


def _any(each: list[frozenset[str]]) -> frozenset[str]:
    """Outcomes of `in`: true if one member is equal; an error if none can be compared."""
    if each and all(one == frozenset("E") for one in each):
        return frozenset("E")
    if any("E" in one for one in each):
        return ANY
    return frozenset("T") if frozenset("T") in each else frozenset("F")
